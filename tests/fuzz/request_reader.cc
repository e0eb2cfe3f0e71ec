/// Any bytes, cut anywhere: the same requests come through and the same refusal, none that RFC 9112
/// forbids, and nothing is held beyond the limits.
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "support/framing.h"
#include "support/request_reference.h"

namespace taskfeed {
namespace {

/// Limits that inputs of a fuzzer reach.
constexpr http::RequestLimits kSmall{.method_bytes_max = 8,
                                     .target_bytes_max = 32,
                                     .field_bytes_max = 48,
                                     .fields_max = 6,
                                     .head_bytes_max = 256,
                                     .body_bytes_max = 64,
                                     .chunk_line_bytes_max = 8,
                                     .chunk_extension_bytes_max = 16};

std::vector<std::string_view> cut(std::string_view stream, uint8_t seed) {
  std::vector<std::string_view> pieces;
  for (uint32_t state = seed + 1u; !stream.empty(); state = state * 1'664'525u + 1'013'904'223u) {
    pieces.push_back(stream.substr(0, (state >> 24) % 12));
    stream.remove_prefix(pieces.back().size());
  }
  return pieces;
}

void check_limits(const http::Request& request, const http::RequestLimits& limits) {
  TF_ASSERT(request.method.size() <= limits.method_bytes_max);
  TF_ASSERT(request.target.size() <= limits.target_bytes_max);
  TF_ASSERT(request.body.size() <= limits.body_bytes_max);
  TF_ASSERT(request.fields.size() <= limits.fields_max);
  size_t head = 0;
  for (const http::Field& field : request.fields) {
    TF_ASSERT(field.name.size() + field.value.size() < limits.field_bytes_max);
    head += field.name.size() + field.value.size();
  }
  TF_ASSERT(head <= limits.head_bytes_max);
}

/// Most bytes that a request may take: it is through or refused by then.
size_t bytes_most(const http::RequestLimits& limits) {
  return limits.head_bytes_max + limits.body_bytes_max * 16 + limits.chunk_extension_bytes_max +
         (limits.field_bytes_max + 2) * limits.fields_max + 16;
}

void check(std::string_view stream, uint8_t seed, const testing::FramingRules& rules) {
  const testing::Framing framing = testing::frame_whole(stream, rules);
  TF_ASSERT(testing::frame_pieces(cut(stream, seed), rules) == framing);
  TF_ASSERT(testing::frame_byte_by_byte(stream, rules) == framing);

  size_t at = 0;
  for (const http::Request& request : framing.requests) {
    const auto reference = testing::RequestReference(stream.substr(at)).read();
    TF_ASSERT_TEXT(reference.has_value(), "a request that RFC 9112 forbids came through");
    TF_ASSERT(reference->request == request);
    at += reference->bytes;
    check_limits(request, rules.limits);
  }
  TF_ASSERT(framing.body_bytes_held <= rules.limits.body_bytes_max);
  TF_ASSERT(framing.bytes_taken - at <= bytes_most(rules.limits));
  TF_ASSERT(framing.refusal || framing.bytes_taken == stream.size());
  if (framing.refusal) {
    TF_ASSERT(framing.refusal->status >= 400 && framing.refusal->status <= 505);
    TF_ASSERT(!framing.refusal->detail.empty());
  }
}

}  // namespace
}  // namespace taskfeed

/// The first byte steers the cuts and the limits, the rest is the stream.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace taskfeed;
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const uint8_t seed = bytes[0];
  const http::HostRule hosts =
      (seed & 1) != 0 ? http::HostRule::loopback() : http::HostRule::anything();
  check(stream, seed, {.limits = (seed & 2) != 0 ? kSmall : http::RequestLimits{}, .hosts = hosts});
  return 0;
}

#include "bridge/unwrap.h"

#include <cstdint>

namespace taskfeed::bridge {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kBinaryMagic =
    "\x89"
    "BIN\r\n\x1a\n"sv;

uint32_t big_endian(std::string_view bytes) {
  uint32_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

/// FastStream's binary form, version 1: magic, u16 version, u32 offset of the headers, u32 offset
/// of what was published, which goes on to the end.
Result<std::string_view> after_binary_head(std::string_view bytes) {
  constexpr size_t kHeadBytes = 18;
  if (bytes.size() < kHeadBytes) return {Errc::kInvalid, "a binary head that is cut off"};
  const uint32_t version = big_endian(bytes.substr(8, 2));
  if (version != 1) {
    return {Errc::kInvalid, "a binary head of version " + std::to_string(version)};
  }
  const uint32_t start = big_endian(bytes.substr(14, 4));
  if (start < kHeadBytes || start > bytes.size()) {
    return {Errc::kInvalid, "a binary head that points past the end"};
  }
  return bytes.substr(start);
}

bool names_a_type(const Json& json) {
  return find(json, "event_type") != nullptr || find(json, "type") != nullptr;
}

}  // namespace

Result<Json> unwrap(std::string_view bytes, int wrappers_max) {
  if (bytes.starts_with(kBinaryMagic)) {
    const Result<std::string_view> inner = after_binary_head(bytes);
    if (!inner) return inner.error();
    bytes = *inner;
  }
  Result<Json> json = parse_json(bytes);
  for (int layer = 0; json && layer < wrappers_max; ++layer) {
    const Json* inner = &*json;
    if (inner->is_object() && !names_a_type(*inner)) inner = find(*inner, "data");
    if (inner == nullptr || !inner->is_string()) break;
    const std::string text = inner->get<std::string>();
    json = parse_json(text);
  }
  return json;
}

}  // namespace taskfeed::bridge

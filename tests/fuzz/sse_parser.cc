/// Any bytes, cut anywhere: the parser gives what the standard gives for the whole stream.
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "support/sse_reference.h"

/// The first byte steers the cuts, the rest is the stream.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  std::vector<std::string_view> pieces;
  std::string_view rest = stream;
  for (uint32_t state = bytes[0] + 1u; !rest.empty(); state = state * 1'664'525u + 1'013'904'223u) {
    pieces.push_back(rest.substr(0, (state >> 24) % 12));
    rest.remove_prefix(pieces.back().size());
  }
  const auto expected = taskfeed::testing::parse_by_the_letter(stream);
  TF_ASSERT(taskfeed::testing::parse_pieces({stream}) == expected);
  TF_ASSERT(taskfeed::testing::parse_pieces(pieces) == expected);
  return 0;
}

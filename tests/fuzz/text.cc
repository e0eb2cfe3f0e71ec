/// Text, times, durations and ids from outside: safe to show, and what is read reads back.
#include "base/text.h"

#include <cstdint>

#include "base/assert.h"
#include "base/clock.h"
#include "base/ids.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace taskfeed;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const std::string repaired = to_utf8(text);
  TF_ASSERT(is_utf8(repaired));
  TF_ASSERT((repaired == text) == is_utf8(text));
  const std::string shown = escape_controls(text);
  TF_ASSERT(is_utf8(shown));
  TF_ASSERT(escape_controls(shown) == shown);
  for (size_t most = 0; most < 8; ++most) {
    const std::string_view prefix = utf8_prefix(repaired, most);
    TF_ASSERT(is_utf8(prefix) && prefix.size() <= most && repaired.starts_with(prefix));
  }
  TF_ASSERT(glob_match(text, text) || text.find_first_of("*?") != std::string_view::npos);
  TF_ASSERT(glob_match("*", text));

  if (const auto time = parse_rfc3339(text)) {
    TF_ASSERT(parse_rfc3339(format_rfc3339(*time)).ok());
  }
  if (const auto duration = parse_duration(text)) {
    TF_ASSERT(parse_duration(format_duration(*duration)).value() == *duration);
  }
  if (const auto name = TaskId::parse(text)) TF_ASSERT(name->str() == text);
  if (const auto uuid = Uuid::parse(text)) TF_ASSERT(Uuid::parse(uuid->str()).value() == *uuid);
  return 0;
}

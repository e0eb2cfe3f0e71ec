#include "runner/tools.h"

#include <algorithm>

namespace taskfeed::runner {

bool is_tool_name(std::string_view name) {
  constexpr size_t kBytesMax = 64;
  return !name.empty() && name.size() <= kBytesMax &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_' || c == '-';
         });
}

bool may_heal(const Error& failure) {
  return failure.code != Errc::kNotFound && failure.code != Errc::kForbidden;
}

}  // namespace taskfeed::runner

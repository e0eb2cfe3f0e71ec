#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace taskfeed {

void assertion_failed(const char* file, int line, const char* expression, std::string_view text) {
  // One call, so that lines of two threads that fail together do not mix.
  std::fprintf(stderr, "%s:%d: assertion failed: %s%s%.*s\n", file, line, expression,
               text.empty() ? "" : ": ", static_cast<int>(text.size()), text.data());
  std::abort();
}

}  // namespace taskfeed

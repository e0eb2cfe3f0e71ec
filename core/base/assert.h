/// Assertions that stay on in every build: a broken invariant stops the process, with its values,
/// before it can write something wrong to Redis.
///
/// Threads  Any.
/// Errors   None are reported: a failed assertion does not return.
/// Owns     Nothing.
#pragma once

#include <string_view>

namespace taskfeed {
/// Prints place, expression and text to stderr, then aborts.
[[noreturn]] void assertion_failed(const char* file, int line, const char* expression,
                                   std::string_view text);
}  // namespace taskfeed

#define TF_ASSERT(expression) TF_ASSERT_TEXT(expression, "")
#define TF_ASSERT_TEXT(expression, text)                                     \
  do {                                                                       \
    if (!(expression)) [[unlikely]]                                          \
      ::taskfeed::assertion_failed(__FILE__, __LINE__, #expression, (text)); \
  } while (false)

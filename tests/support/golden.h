/// Text that is compared with a file, which a person has read and approved.
///
/// Threads  One.
/// Errors   A difference fails the test and says how to update the file.
/// Owns     Nothing.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace taskfeed::testing {

/// `path` is relative to tests/golden. With TASKFEED_UPDATE_GOLDEN=1 in the environment the file is
/// written anew instead; then read the difference before you commit it.
inline void expect_golden(const std::string& path, const std::string& text) {
  const std::string file = std::string(TASKFEED_GOLDEN_DIR) + "/" + path;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody calls setenv.
  if (const char* update = std::getenv("TASKFEED_UPDATE_GOLDEN");
      update != nullptr && std::string(update) == "1") {
    std::ofstream(file, std::ios::binary) << text;
    return;
  }
  std::ostringstream expected;
  expected << std::ifstream(file, std::ios::binary).rdbuf();
  EXPECT_EQ(expected.str(), text)
      << "differs from tests/golden/" << path
      << "\nif this is what it should be, run the test again with TASKFEED_UPDATE_GOLDEN=1 and"
         "\nread the difference with git diff before you commit it";
}

}  // namespace taskfeed::testing

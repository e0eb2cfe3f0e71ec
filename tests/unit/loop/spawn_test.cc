/// A child that is spoken with: its standard input as a pipe.
#include "loop/spawn.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

namespace taskfeed::loop {
namespace {

/// All that comes until the other side closes.
std::string read_all(const Fd& fd) {
  std::string text;
  pollfd entry{fd.get(), POLLIN, 0};
  while (::poll(&entry, 1, 10'000) > 0) {
    char bytes[4096];
    const ssize_t count = ::read(fd.get(), bytes, sizeof bytes);
    if (count <= 0) break;
    text.append(bytes, static_cast<size_t>(count));
  }
  return text;
}

TEST(SpawnInput, IsAPipeWhereItWasAskedFor) {
  Result<Child> child = spawn({.argv = {"cat"}, .env = {"PATH=/usr/bin:/bin"}, .stdin_pipe = true});
  ASSERT_TRUE(child) << child.error().text;
  ASSERT_TRUE(child->in().open());
  ASSERT_EQ(::write(child->in().get(), "hello", 5), 5);
  child->in().close();
  EXPECT_EQ(read_all(child->out()), "hello");
}

TEST(SpawnInput, IsEmptyOtherwise) {
  Result<Child> child = spawn({.argv = {"cat"}, .env = {"PATH=/usr/bin:/bin"}});
  ASSERT_TRUE(child) << child.error().text;
  EXPECT_FALSE(child->in().open());
  EXPECT_EQ(read_all(child->out()), "");
}

}  // namespace
}  // namespace taskfeed::loop

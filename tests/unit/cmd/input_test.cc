#include "cmd/input.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace taskfeed::cmd {
namespace {

struct Source {
  explicit Source(int wake = -1) {
    EXPECT_EQ(::pipe(ends), 0);
    input.emplace(ends[0], wake);
  }
  ~Source() {
    ::close(ends[0]);
    end();
  }
  void write(std::string_view text) {
    EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void end() {
    if (ends[1] >= 0) ::close(std::exchange(ends[1], -1));
  }
  int ends[2] = {-1, -1};
  std::optional<Input> input;
};

TEST(InputLines, ComeOneByOneAndTheLastNeedsNoLineFeed) {
  Source source;
  source.write("one\n\nthree");
  source.end();
  EXPECT_EQ(source.input->line(100).value(), "one");
  EXPECT_EQ(source.input->line(100).value(), "");
  EXPECT_EQ(source.input->line(100).value(), "three");
  EXPECT_EQ(source.input->line(100).value(), std::nullopt);
  EXPECT_EQ(source.input->line(100).value(), std::nullopt);
}

TEST(InputLines, OverTheLimitAreRefused) {
  Source source;
  source.write(std::string(101, 'x') + "\n");
  const auto line = source.input->line(100);
  ASSERT_FALSE(line.ok());
  EXPECT_EQ(line.error().code, Errc::kTooLarge);
}

TEST(InputLines, AreSaidToBeThereOnlyWhenTheyAre) {
  Source source;
  EXPECT_FALSE(source.input->has_line());
  source.write("part");
  EXPECT_FALSE(source.input->has_line());
  source.write("\nnext");
  EXPECT_TRUE(source.input->has_line());
  EXPECT_EQ(source.input->line(100).value(), "part");
  EXPECT_FALSE(source.input->has_line());
  source.end();
  EXPECT_TRUE(source.input->has_line());
}

TEST(InputRest, IsAllThatIsLeft) {
  Source source;
  source.write("one\ntwo\n");
  source.end();
  EXPECT_EQ(source.input->line(100).value(), "one");
  EXPECT_EQ(source.input->rest(100, "the text").value(), "two\n");
}

TEST(InputRest, OverTheLimitIsRefusedByName) {
  Source source;
  source.write(std::string(11, 'x'));
  source.end();
  const auto rest = source.input->rest(10, "the goal");
  ASSERT_FALSE(rest.ok());
  EXPECT_EQ(rest.error().text, "the goal on stdin is longer than 10 bytes");
}

TEST(InputInterrupt, EndsAReadThatWaits) {
  const int wake = ::eventfd(1, 0);
  Source source(wake);
  EXPECT_FALSE(source.input->rest(10, "the goal").ok());
  ::close(wake);
}

}  // namespace
}  // namespace taskfeed::cmd

#include "cmd/output.h"

#include <csignal>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace taskfeed::cmd {
namespace {

struct Pipe {
  Pipe() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(::pipe(ends), 0);
  }
  ~Pipe() {
    close_reader();
    ::close(ends[1]);
  }
  void close_reader() {
    if (ends[0] >= 0) ::close(std::exchange(ends[0], -1));
  }
  int ends[2] = {-1, -1};
};

TEST(OutputPipe, IsBrokenOnceItsReaderHasLeft) {
  Pipe pipe;
  Output out(pipe.ends[1]);
  out.line("read");
  EXPECT_FALSE(out.broken());
  pipe.close_reader();
  out.line("unread");
  EXPECT_TRUE(out.broken());
  out.line("dropped");
}

TEST(OutputPipe, TellsAReaderThatLeftFromADiskThatIsFull) {
  Pipe pipe;
  pipe.close_reader();
  Output left(pipe.ends[1]);
  left.line("unread");
  EXPECT_EQ(left.fault(), EPIPE);
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  Output out(full);
  EXPECT_EQ(out.fault(), 0);
  out.line("lost");
  EXPECT_EQ(out.fault(), ENOSPC);
  ::close(full);
}

TEST(OutputPipe, NoticesThatItsReaderLeftWithoutWriting) {
  Pipe pipe;
  Output out(pipe.ends[1]);
  out.look();
  EXPECT_FALSE(out.broken());
  pipe.close_reader();
  out.look();
  EXPECT_TRUE(out.broken());
}

TEST(OutputPipe, WritesAllThroughANonBlockingDescriptorThatIsFull) {
  Pipe pipe;
  ASSERT_EQ(::fcntl(pipe.ends[1], F_SETFL, O_NONBLOCK), 0);
  constexpr size_t kBytes = 4 * 1024 * 1024;
  size_t got = 0;
  std::thread reader([&] {
    char bytes[64 * 1024];
    while (got < kBytes) {
      const ssize_t count = ::read(pipe.ends[0], bytes, sizeof bytes);
      if (count <= 0) break;
      got += static_cast<size_t>(count);
    }
  });
  Output out(pipe.ends[1]);
  out.write(std::string(kBytes, 'x'));
  out.flush();
  reader.join();
  EXPECT_FALSE(out.broken());
  EXPECT_EQ(got, kBytes);
}

TEST(OutputPipe, HasNoColumns) {
  Pipe pipe;
  const Output out(pipe.ends[1]);
  EXPECT_FALSE(out.is_terminal());
  EXPECT_FALSE(out.columns().has_value());
}

}  // namespace
}  // namespace taskfeed::cmd

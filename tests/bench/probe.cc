/// Asks `GET /health` again and again, each time on a connection of its own, and times the answers.
///
///   --address ADDRESS --every-ms N    until stdin closes, or ten minutes
///
/// Prints one line of JSON.
#include <cstdio>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/flags.h"
#include "bench/samples.h"
#include "bench/sockets.h"

namespace taskfeed::bench {
namespace {

constexpr std::string_view kAsk =
    "GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
constexpr int kPatienceMs = 10'000;
constexpr uint64_t kLifeNs = 600'000'000'000;

/// False where the answer is no 200, or does not come.
bool ask(const std::string& address, Samples& samples) {
  const uint64_t begin = now_ns();
  const int socket = connect_blocking(address);
  write_all(socket, kAsk);
  pollfd wait{socket, POLLIN, 0};
  char answer[4096];
  ssize_t size = 0;
  if (poll(&wait, 1, kPatienceMs) == 1) size = recv(socket, answer, sizeof answer, 0);
  close(socket);
  const bool fine = std::string_view(answer, static_cast<size_t>(std::max<ssize_t>(size, 0)))
                        .starts_with("HTTP/1.1 200");
  if (fine) samples.add_ns(now_ns() - begin);
  return fine;
}

}  // namespace
}  // namespace taskfeed::bench

int main(int count, char** words) {
  using namespace taskfeed::bench;
  const Flags flags(count, words);
  const std::string address = flags.text("address");
  const int every_ms = static_cast<int>(flags.number("every-ms", 10));
  const uint64_t begin = now_ns();
  Samples samples;
  size_t failures = 0;
  pollfd order{STDIN_FILENO, POLLIN, 0};
  while (poll(&order, 1, every_ms) == 0 && now_ns() - begin < kLifeNs) {
    if (!ask(address, samples)) ++failures;
  }
  std::printf(
      "{\"answers\":%zu,\"failures\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n",
      samples.size(), failures, samples.at(0.5), samples.at(0.99), samples.at(1));
  return 0;
}

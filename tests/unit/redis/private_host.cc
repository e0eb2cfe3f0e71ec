// A taskfeed process of the tests: `supervise DIR`, or `use DIR`, which holds the private server
// until its standard input ends, and says "ok PID" of the server, or why not.
#include <cstdio>
#include <string>

#include <unistd.h>

#include "redis/private_server.h"

int main(int argc, char** argv) {
  using namespace taskfeed;
  if (argc != 3) return 2;
  const std::string mode = argv[1];
  if (mode == "supervise") return redis::run_private_redis_supervisor(argv[2]);
  NullLog log;
  const auto server =
      redis::PrivateServer::ensure({argv[2], {"taskfeed-of-a-test", "supervise"}}, log);
  if (!server) {
    std::printf("%s\n", server.error().text.c_str());
    return 1;
  }
  std::printf("ok\n");
  std::fflush(stdout);
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return 0;
}

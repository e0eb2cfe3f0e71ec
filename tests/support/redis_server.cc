#include "support/redis_server.h"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/assert.h"

namespace taskfeed::testing {
namespace {

void print(const redisReply* reply, std::string& out) {
  switch (reply->type) {
    case REDIS_REPLY_INTEGER:
      out += std::to_string(reply->integer) + "\n";
      break;
    case REDIS_REPLY_ARRAY:
      for (size_t i = 0; i < reply->elements; ++i) print(reply->element[i], out);
      break;
    case REDIS_REPLY_NIL:
      out += "\n";
      break;
    default:
      out.append(reply->str, reply->len).append("\n");
  }
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> arguments) : arguments_(std::move(arguments)) {
  std::string pattern = std::filesystem::temp_directory_path() / "taskfeed-test-XXXXXX";
  TF_ASSERT(mkdtemp(pattern.data()) != nullptr);
  folder_ = pattern;
  start();
}

RedisServer::~RedisServer() {
  if (pid_ > 0) kill();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisServer::start() {
  TF_ASSERT(pid_ < 0);
  std::vector<std::string> words{"redis-server", "--port",    "0",
                                 "--unixsocket", socket(),    "--unixsocketperm",
                                 "700",          "--dir",     folder_,
                                 "--save",       "",          "--appendonly",
                                 "yes",          "--logfile", folder_ + "/redis.log"};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  TF_ASSERT(posix_spawnp(&pid_, "redis-server", nullptr, nullptr, argv.data(), environ) == 0);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!answers()) {
    if (std::chrono::steady_clock::now() > deadline || waitpid(pid_, nullptr, WNOHANG) == pid_) {
      std::fprintf(stderr, "redis-server does not start; its log:\n");
      (void)!std::system(("cat " + folder_ + "/redis.log >&2").c_str());
      TF_ASSERT_TEXT(false, "redis-server does not start");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

bool RedisServer::answers() const {
  redisContext* context = redisConnectUnix(socket().c_str());
  if (context == nullptr) return false;
  bool fine = false;
  if (context->err == 0) {
    auto* reply = static_cast<redisReply*>(redisCommand(context, "PING"));
    // One that wants a password answers too.
    fine = reply != nullptr && std::string_view(reply->str, reply->len).find("LOADING") != 0;
    if (reply != nullptr) freeReplyObject(reply);
  }
  redisFree(context);
  return fine;
}

void RedisServer::kill() {
  TF_ASSERT(pid_ > 0);
  ::kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::stop() {
  TF_ASSERT(pid_ > 0);
  ::kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void RedisServer::forget_data() {
  TF_ASSERT(pid_ < 0);
  std::filesystem::remove_all(folder_ + "/appendonlydir");
}

void RedisServer::freeze() {
  ::kill(pid_, SIGSTOP);
}
void RedisServer::thaw() {
  ::kill(pid_, SIGCONT);
}

std::string RedisServer::command(const std::vector<std::string>& words) const {
  redisContext* context = redisConnectUnix(socket().c_str());
  TF_ASSERT(context != nullptr && context->err == 0);
  std::vector<const char*> argv;
  std::vector<size_t> sizes;
  for (const std::string& word : words) {
    argv.push_back(word.data());
    sizes.push_back(word.size());
  }
  auto* reply = static_cast<redisReply*>(
      redisCommandArgv(context, static_cast<int>(argv.size()), argv.data(), sizes.data()));
  TF_ASSERT(reply != nullptr);
  std::string out;
  print(reply, out);
  freeReplyObject(reply);
  redisFree(context);
  if (!out.empty()) out.pop_back();
  return out;
}

}  // namespace taskfeed::testing

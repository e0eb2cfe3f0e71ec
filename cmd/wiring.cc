#include "wiring.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "client/http_tasks.h"
#include "http_stream.h"
#include "inputs.h"
#include "redis/private_folder.h"
#include "redis_core.h"
#include "redis_stream.h"
#include "token_files.h"

namespace taskfeed::cmd {
namespace {

/// For a stream that could not be begun: StreamSource reports its errors in open().
class NoStream final : public StreamSource {
 public:
  explicit NoStream(Error why) : why_(std::move(why)) {}
  Result<void> open(const StreamRequest&) override { return why_; }
  std::optional<StreamItem> next(std::optional<MonoTime>) override { return std::nullopt; }
  void wake() override {}

 private:
  const Error why_;
};

class ServerBackend final : public Backend {
 public:
  ServerBackend(client::Endpoint endpoint, std::string origin)
      : endpoint_(std::move(endpoint)), origin_(std::move(origin)), tasks_(endpoint_) {}

  service::Tasks& tasks() override { return tasks_; }
  std::unique_ptr<StreamSource> stream() override {
    return std::make_unique<HttpStream>(endpoint_, tasks_);
  }
  bool lacks_worker() const override { return false; }
  Result<void> start_worker(const TaskId& /*task*/) override {
    return {Errc::kConflict, "the daemon at " + endpoint_.str() + " executes its tasks itself"};
  }
  std::string origin_options() const override { return origin_; }

 private:
  const client::Endpoint endpoint_;
  const std::string origin_;
  client::HttpTasks tasks_;
};

class RedisBackend final : public Backend {
 public:
  RedisBackend(RedisPlace place, const WiringPorts& ports, std::string origin)
      : place_(std::move(place)),
        ports_{ports.clock, ports.ids, ports.log},
        origin_(std::move(origin)),
        core_(place_.url, service::default_queue(), ports_) {}

  service::Tasks& tasks() override { return core_.tasks; }
  std::unique_ptr<StreamSource> stream() override {
    auto made =
        RedisStream::start(place_.url, {core_.tasks, core_.places}, ports_.clock, ports_.log);
    if (!made) return std::make_unique<NoStream>(made.error());
    return *std::move(made);
  }
  /// A Redis that was named has workers of its own, and tasks of others that are not ours to run.
  bool lacks_worker() const override { return place_.own != nullptr; }
  Result<void> start_worker(const TaskId& task) override {
    WorkersOptions options;
    options.only = task;
    options.concurrency = 1;
    // The person waits for this process to end.
    options.take_wait = Milliseconds(100);
    options.limits.drain = Milliseconds(3'000);
    options.limits.drain_stop = Milliseconds(3'000);
    workers_ = std::make_unique<LocalWorkers>(core_, options, ports_);
    workers_->start();
    return {};
  }
  std::string origin_options() const override { return origin_; }

 private:
  const RedisPlace place_;
  const CorePorts ports_;
  const std::string origin_;
  RedisCore core_;
  std::unique_ptr<LocalWorkers> workers_;
};

/// " --state-dir DIR" where the next call would not find it by itself.
std::string state_dir_option(const WiringPorts& ports) {
  if (!ports.globals.place_typed) return {};
  return " --state-dir " + shell_word(ports.globals.state_dir);
}

/// Whether a daemon accepts connections there.
bool daemon_listens(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  const redis::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.get() < 0) return false;
  const auto* where = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(socket.get(), where, sizeof address) == 0) return true;
  return errno == EAGAIN;  // Its backlog is full: it is there.
}

Result<std::unique_ptr<Backend>> open_server(const WiringPorts& ports) {
  const Globals& globals = ports.globals;
  Result<client::Endpoint> endpoint = client::Endpoint::parse(globals.server);
  if (!endpoint) return Error{Errc::kInvalid, "--server: " + endpoint.error().text};
  std::string origin = " --server " + shell_word(globals.server);
  if (!globals.token_file.empty()) {
    Result<std::string> token = read_token(globals.token_file);
    if (!token) return token.error();
    endpoint->token = *std::move(token);
    origin += " --token-file " + shell_word(globals.token_file);
  }
  return std::unique_ptr<Backend>(
      std::make_unique<ServerBackend>(*endpoint, globals.place_typed ? origin : ""));
}

Result<RedisPlace> named_redis(const WiringPorts& ports) {
  Result<redis::Url> url = redis::Url::parse(ports.globals.redis);
  if (!url) return Error{Errc::kInvalid, "--redis: " + url.error().text};
  return RedisPlace{*std::move(url), nullptr};
}

Result<RedisPlace> private_redis(const WiringPorts& ports) {
  if (auto ready = prepare_state_dir(ports.globals.state_dir); !ready) return ready.error();
  auto own = redis::PrivateServer::ensure(
      {ports.globals.state_dir, {"taskfeed", "__private-redis"}}, ports.log);
  if (!own) return own.error();
  redis::Url url = (*own)->url();
  return RedisPlace{std::move(url), *std::move(own)};
}

}  // namespace

Result<void> prepare_state_dir(const std::string& state_dir) {
  std::error_code failed;
  std::filesystem::create_directories(std::filesystem::path(state_dir).parent_path(), failed);
  // Whatever went wrong there goes wrong here too, with the right words.
  if (auto folder = redis::open_private_folder(state_dir); !folder) return folder.error();
  return {};
}

Result<RedisPlace> open_redis(const WiringPorts& ports) {
  return ports.globals.redis.empty() ? private_redis(ports) : named_redis(ports);
}

Result<std::unique_ptr<Backend>> open_backend(const WiringPorts& ports) {
  if (!ports.globals.server.empty()) return open_server(ports);
  std::string origin;
  if (!ports.globals.redis.empty()) {
    Result<RedisPlace> place = named_redis(ports);
    if (!place) return place.error();
    if (ports.globals.place_typed) {
      origin = " --redis " + shell_word(place->url.str());
    }
    return std::unique_ptr<Backend>(
        std::make_unique<RedisBackend>(*std::move(place), ports, std::move(origin)));
  }
  origin = state_dir_option(ports);
  if (auto ready = prepare_state_dir(ports.globals.state_dir); !ready) return ready.error();
  if (daemon_listens(ports.globals.local_socket())) {
    client::Endpoint local;
    local.unix_path = ports.globals.local_socket();
    return std::unique_ptr<Backend>(
        std::make_unique<ServerBackend>(std::move(local), std::move(origin)));
  }
  Result<RedisPlace> place = private_redis(ports);
  if (!place) return place.error();
  return std::unique_ptr<Backend>(
      std::make_unique<RedisBackend>(*std::move(place), ports, std::move(origin)));
}

}  // namespace taskfeed::cmd

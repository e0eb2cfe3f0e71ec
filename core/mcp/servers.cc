#include "mcp/servers.h"

#include <thread>

#include "mcp/side_by_side.h"

namespace taskfeed::mcp {
namespace {

constexpr std::string_view kDefaultPath = "/usr/local/bin:/usr/bin:/bin";

/// A server whose declaration names a variable that is not set.
class AbsentLink final : public Link {
 public:
  explicit AbsentLink(Error why) : why_(std::move(why)) {}
  Result<void> open() override { return why_; }
  bool alive() const override { return false; }
  bool rested() const override { return false; }
  void agree(const std::string&, bool) override {}
  Reply request(const Request&, std::stop_token) override {
    Reply reply;
    reply.kind = Reply::Kind::kFault;
    reply.fault = why_;
    return reply;
  }
  Result<void> notify(const std::string&, const Json&) override { return why_; }
  bool take_tools_changed() override { return false; }
  bool hears_changes() const override { return false; }
  void close(bool) override {}

 private:
  const Error why_;
};

std::unique_ptr<Link> absent(const std::string& variable) {
  return std::make_unique<AbsentLink>(
      Error{Errc::kInvalid, "the environment variable " + variable +
                                " is not set where the worker runs; set it, or take it out of the "
                                "agent's mcp"});
}

std::string or_else(std::string value, std::string_view otherwise) {
  return value.empty() ? std::string(otherwise) : value;
}

}  // namespace

Servers::Servers(const Clock& clock, Log& log, Variables variables, const ServersLimits& limits)
    : clock_(clock),
      log_(log),
      variables_(std::move(variables)),
      limits_(limits),
      notes_(log, limits.notes_max) {}

Servers::~Servers() {
  std::vector<std::thread> closing;
  for (const auto& [key, client] : clients_) {
    side_by_side(closing, [&one = *client] { one.close(); });
  }
  for (std::thread& thread : closing) thread.join();
}

std::unique_ptr<Link> Servers::http_link_for(const runner::McpServer& server,
                                             runner::Secrets& secrets) const {
  Result<HttpPlan> plan = http_plan(server.url);
  if (!plan) return std::make_unique<AbsentLink>(plan.error());
  for (const auto& [header, variable] : server.headers_env) {
    std::string value = variables_(variable);
    if (value.empty()) return absent(variable);
    if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      return std::make_unique<AbsentLink>(Error{
          Errc::kInvalid,
          "the environment variable " + variable + " holds a line break, which no header may"});
    }
    secrets.add(value);
    plan->headers.emplace(header, std::move(value));
  }
  return std::make_unique<HttpLink>(*std::move(plan), limits_.http);
}

std::unique_ptr<Link> Servers::link_for(const runner::McpServer& server,
                                        runner::Secrets& secrets) const {
  if (!server.url.empty()) return http_link_for(server, secrets);
  loop::SpawnPlan plan{.argv = server.argv, .env = {}, .cwd = server.cwd, .stdin_pipe = true};
  std::map<std::string, std::string> values = server.env;
  values.emplace("PATH", or_else(variables_("PATH"), kDefaultPath));
  values.emplace("HOME", or_else(variables_("HOME"), "/"));
  for (const std::string& name : server.pass_env) {
    std::string value = variables_(name);
    if (value.empty()) return absent(name);
    secrets.add_variable(name, value);
    values[name] = std::move(value);
  }
  for (const auto& [name, value] : values) plan.env.push_back(name + "=" + value);
  return std::make_unique<PipeLink>(server.name, std::move(plan), secrets, log_, limits_.pipe);
}

std::shared_ptr<Client> Servers::client_for(const runner::McpServer& server,
                                            const std::string& task) {
  const std::string key = dump_json(runner::mcp_to_json({server})) + (server.per_task ? task : "");
  const auto found = clients_.find(key);
  if (found != clients_.end()) return found->second;
  ClientPlan plan;
  plan.name = server.name;
  plan.protocol = server.protocol;
  plan.timeout = server.timeout;
  std::unique_ptr<Link> link = link_for(server, plan.secrets);
  auto client =
      std::make_shared<Client>(std::move(plan), std::move(link), clock_, log_, limits_.client);
  clients_.emplace(key, client);
  return client;
}

void Servers::forget_unused(std::vector<std::shared_ptr<Client>>& forgotten) {
  for (auto entry = clients_.begin(); entry != clients_.end();) {
    const std::shared_ptr<Client>& client = entry->second;
    if (client.use_count() == 1 && clock_.mono() - client->used() >= limits_.forget_after) {
      forgotten.push_back(client);
      entry = clients_.erase(entry);
    } else {
      ++entry;
    }
  }
}

std::unique_ptr<runner::Toolbox> Servers::toolbox(const std::vector<runner::McpServer>& servers,
                                                  const std::string& task) {
  std::vector<std::shared_ptr<Client>> forgotten;  // Ended after the lock is free.
  std::vector<ServerTools::Seat> seats;
  const std::lock_guard lock(mutex_);
  for (const runner::McpServer& server : servers) {
    seats.push_back({server, client_for(server, task)});
  }
  forget_unused(forgotten);
  return std::make_unique<ServerTools>(std::move(seats), task, notes_, log_);
}

}  // namespace taskfeed::mcp

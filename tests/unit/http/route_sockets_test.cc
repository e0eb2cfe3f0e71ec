/// Each route of the table over a real socket, under each of its names and with each method.
#include <algorithm>
#include <set>

#include "support/http_world.h"
#include "support/raw_client.h"

namespace taskfeed {
namespace {

using testing::HttpWorld;
using testing::RawClient;

constexpr std::array<std::string_view, 6> kMethods{"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"};

using Methods = std::set<std::string>;

/// A path as clients may write it, and the methods that the table has for it.
struct Name {
  std::string path;  ///< With "{agent}" and "{task}".
  std::string pattern;
  Methods methods;
};

std::vector<std::string> paths_of(const http::Route& route) {
  const std::string pattern(route.pattern);
  if (!pattern.starts_with(http::kOfTask)) return {pattern};
  std::vector<std::string> paths;
  for (const std::string_view root : http::kTaskRoots) {
    paths.push_back(std::string(root) + pattern.substr(http::kOfTask.size()));
  }
  return paths;
}

std::vector<Name> names_of_all_routes() {
  std::vector<Name> names;
  const auto add = [&names](const std::string& path, const http::Route& route) {
    auto at = std::find_if(names.begin(), names.end(),
                           [&path](const Name& name) { return name.path == path; });
    if (at == names.end()) at = names.insert(at, {path, std::string(route.pattern), {}});
    at->methods.emplace(route.method);
    if (route.method == "GET") at->methods.emplace("HEAD");
  };
  for (const http::Route& route : http::routes()) {
    for (const std::string& path : paths_of(route)) {
      const std::vector<std::string> prefixes =
          route.probe ? std::vector<std::string>{""} : std::vector<std::string>{"/api/v1", "/v1"};
      for (const std::string& prefix : prefixes) {
        for (const std::string_view slash : {"", "/"})
          add(prefix + path + std::string(slash), route);
      }
    }
  }
  return names;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const size_t at = text.find(what);
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

class Sockets {
 public:
  /// Of a new task, and on a new connection: whatever others did.
  RawClient::Answer ask(std::string_view method, const Name& name) {
    // Perhaps it was deleted by the one before.
    TF_ASSERT(world.tasks.put_agent(HttpWorld::external_agent("agent-1")).ok());
    const Task task = world.create_task();
    std::string path = replaced(name.path, "{agent}", task.spec.agent.str());
    path = replaced(path, "{task}", task.id.str());
    const bool has_body = method == "POST" || method == "PUT" || method == "PATCH";
    const std::string body = has_body ? body_of(name) : "";
    std::string text = std::string(method) + " " + path + " HTTP/1.1\r\nHost: localhost\r\n";
    if (has_body) {
      text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n";
    }
    RawClient client(world.address);
    client.send(text + "\r\n" + body);
    return client.read_answer(method != "HEAD");
  }

  HttpWorld world;

 private:
  static std::string body_of(const Name& name) {
    if (name.pattern == "/agents" || name.pattern == "/agents/{agent}") {
      return R"({"id":"agent-1","runner":"external"})";
    }
    if (name.pattern == "{task}/input") return R"({"text":"x"})";
    return name.pattern == "{task}/events" ? R"({"event_type":"note"})" : "{}";
  }
};

std::string field(const std::string& head, std::string_view name) {
  const std::string mark = "\r\n" + std::string(name) + ": ";
  const size_t at = head.find(mark);
  if (at == std::string::npos) return "";
  const size_t begin = at + mark.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

Methods listed(std::string allow) {
  Methods methods;
  allow += ", ";
  for (size_t at = 0, end = 0; (end = allow.find(", ", at)) != std::string::npos; at = end + 2) {
    EXPECT_TRUE(methods.insert(allow.substr(at, end - at)).second) << allow;
  }
  return methods;
}

TEST(RouteSockets, AnswerEachMethodOfTheTableAndRefuseTheOthers) {
  Sockets sockets;
  const std::vector<Name> names = names_of_all_routes();
  ASSERT_GT(names.size(), 90u);
  for (const Name& name : names) {
    for (const std::string_view method : kMethods) {
      SCOPED_TRACE(std::string(method) + " " + name.path);
      const RawClient::Answer answer = sockets.ask(method, name);
      const bool known = name.methods.count(std::string(method)) == 1;
      EXPECT_EQ(answer.status == 405, !known) << answer.head << answer.body;
      if (known) {
        // What the state forbids is 409: a task is new, and agent-1 there already.
        EXPECT_TRUE(answer.status < 300 || answer.status == 409) << answer.head << answer.body;
        continue;
      }
      Methods allowed = name.methods;
      allowed.insert("OPTIONS");
      EXPECT_EQ(listed(field(answer.head, "Allow")), allowed);
      EXPECT_EQ(field(answer.head, "Content-Type"), "application/problem+json");
    }
  }
}

TEST(RouteSockets, SayInOptionsWhatIsPossible) {
  Sockets sockets;
  for (const Name& name : names_of_all_routes()) {
    SCOPED_TRACE(name.path);
    const RawClient::Answer answer = sockets.ask("OPTIONS", name);
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.body, "");
    Methods expected = name.methods;
    expected.insert("OPTIONS");
    EXPECT_EQ(listed(field(answer.head, "Allow")), expected);
  }
}

TEST(RouteSockets, AnswerAHeadAsTheirGetWithoutTheBody) {
  Sockets sockets;
  for (const Name& name : names_of_all_routes()) {
    if (name.methods.count("GET") == 0) continue;
    SCOPED_TRACE(name.path);
    const RawClient::Answer got = sockets.ask("GET", name);
    const RawClient::Answer head = sockets.ask("HEAD", name);
    EXPECT_EQ(head.status, got.status);
    EXPECT_EQ(field(head.head, "Content-Type"), field(got.head, "Content-Type"));
    EXPECT_EQ(field(head.head, "Content-Length").empty(),
              field(got.head, "Content-Length").empty());
    EXPECT_EQ(head.body, "");
  }
}

TEST(RouteSockets, SendNothingAfterTheHeadOfAHead) {
  Sockets sockets;
  for (const Name& name : names_of_all_routes()) {
    if (name.methods.count("GET") == 0) continue;
    SCOPED_TRACE(name.path);
    const Task task = sockets.world.create_task();
    std::string path = replaced(name.path, "{agent}", task.spec.agent.str());
    path = replaced(path, "{task}", task.id.str());
    RawClient client(sockets.world.address);
    client.send("HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const std::string all = client.read_all();
    EXPECT_EQ(all.find("\r\n\r\n"), all.size() - 4) << all;
  }
}

}  // namespace
}  // namespace taskfeed

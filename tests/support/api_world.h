/// The HTTP API without sockets: a request as a client writes it, and the answer as it is sent.
///
/// Requests go through RequestReader and Answerer, as a connection's do; the broker is in memory
/// and time stands still.
///
/// Threads  One.
/// Errors   A request that the reader refuses, and an answer that is none, fail the test.
/// Owns     All of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "broker/memory_broker.h"
#include "engine/local_engine.h"
#include "event/json.h"
#include "http/answer.h"
#include "service/task_service.h"
#include "support/clock.h"
#include "support/fake_health.h"
#include "support/framing.h"
#include "support/ids.h"

namespace taskfeed::testing {

struct Ask {
  std::string method = "GET";
  std::string target;
  std::string body = {};
  std::vector<http::Field> fields = {};  ///< Beside Host and what a body needs.
  std::string content_type = "application/json";
};

struct Told {
  int status = 0;
  std::string phrase;
  std::vector<http::Field> fields;
  std::string body;
  std::optional<http::StreamDecision> stream;
  bool close = false;
  std::optional<http::Wait> wait{};

  /// Empty where it is absent; a field that stands twice fails the test.
  std::string field(std::string_view name) const {
    std::optional<std::string> found;
    for (const http::Field& each : fields) {
      if (!http::same_name(each.name, name)) continue;
      EXPECT_FALSE(found.has_value()) << name << " stands twice";
      found = each.value;
    }
    return found.value_or("");
  }
  Json json() const {
    const Result<Json> parsed = parse_json(body);
    EXPECT_TRUE(parsed.ok()) << body;
    return parsed ? *parsed : Json::object();
  }
  std::vector<std::string> keys() const {
    std::vector<std::string> names;
    const Json document = json();
    for (const auto& [key, value] : document.items()) names.push_back(key);
    return names;
  }
};

class ApiWorld {
 public:
  /// `instead`: of the TaskService over the broker.
  explicit ApiWorld(service::Tasks* instead = nullptr)
      : api({instead != nullptr ? *instead : tasks, health, "1.2.3", clock, places}) {
    TF_ASSERT(tasks.put_agent(agent_config("builder", runner::RunnerKind::kCommand)).ok());
    TF_ASSERT(tasks.put_agent(agent_config("outside", runner::RunnerKind::kExternal)).ok());
  }
  ApiWorld(const ApiWorld&) = delete;
  ApiWorld& operator=(const ApiWorld&) = delete;

  static runner::AgentConfig agent_config(std::string_view id, runner::RunnerKind kind) {
    runner::AgentConfig config{.id = testing::agent(id),
                               .description = "An agent of the tests",
                               .runner = kind,
                               .steps = {},
                               .retry = {}};
    if (kind == runner::RunnerKind::kCommand) {
      runner::CommandStep step;
      step.name = "one";
      step.argv = {"true"};
      config.steps.push_back(step);
    }
    return config;
  }

  /// What a connection makes of it.
  Told ask(const Ask& ask) {
    const Framing framing = frame_whole(text_of(ask), {.limits = {}, .hosts = access->hosts});
    EXPECT_FALSE(framing.refusal.has_value()) << framing.refusal->detail << "\n" << ask.target;
    EXPECT_EQ(framing.requests.size(), 1u);
    if (framing.requests.size() != 1) return {};
    return told(answerer.answer(framing.requests.front(), circumstances()));
  }
  Told get(std::string_view target) { return ask({.target = std::string(target)}); }
  Told post(std::string_view target, std::string_view body = "") {
    return ask({.method = "POST", .target = std::string(target), .body = std::string(body)});
  }
  /// What it makes of the head alone, while the body is still to come; nothing: it waits.
  std::optional<Told> ask_before_body(const Ask& ask) {
    Framing framing = frame_whole(text_of(ask), {.limits = {}, .hosts = access->hosts});
    TF_ASSERT(framing.requests.size() == 1);
    framing.requests.front().body.clear();
    const auto answer = answerer.before_body(framing.requests.front(), circumstances());
    return answer ? std::optional(told(*answer)) : std::nullopt;
  }

  Task create(std::string_view agent_id = "builder", std::string_view description = "a goal") {
    return tasks
        .create({.agent = testing::agent(agent_id),
                 .description = std::string(description),
                 .user_id = {},
                 .parameters = Json::object(),
                 .labels = {}})
        .value();
  }
  Task execute(const TaskId& task) { return tasks.execute(task, {}).value(); }
  Cursor publish(const TaskId& task, std::string_view type, const Json& payload = Json::object()) {
    return tasks.publish(task, {{std::string(type), payload, false}}).value().front();
  }
  /// A task of a program elsewhere, which has ended.
  Task ended(std::string_view type = "WorkflowCompleted",
             const Json& payload = {{"final_response", "done"}}) {
    const Task task = create("outside");
    publish(task.id, "WorkflowStarted");
    publish(task.id, type, payload);
    return tasks.get(task.id).value();
  }
  static std::string path(const Task& task, std::string_view below = "") {
    return "/api/v1/agents/" + task.spec.agent.str() + "/tasks/" + task.id.str() +
           std::string(below);
  }

  ManualClock clock;
  SeededIdSource ids;
  broker::MemoryBroker broker{clock};
  engine::LocalEngine engine{broker, broker, broker, ids, clock};
  service::TaskService tasks{{broker, broker, broker, engine, ids, clock}};
  service::ManyPlaces places{broker, broker, clock};
  FakeHealth health;
  http::Api api;
  http::Answerer answerer{api};
  std::shared_ptr<http::Access> access = std::make_shared<http::Access>();

 private:
  http::Circumstances circumstances() const { return {.access = access, .request_id = "req-1"}; }
  static std::string text_of(const Ask& ask) {
    std::string text = ask.method + " " + ask.target + " HTTP/1.1\r\nHost: localhost:8000\r\n";
    for (const http::Field& field : ask.fields) text += field.name + ": " + field.value + "\r\n";
    if (!ask.body.empty()) {
      if (!ask.content_type.empty()) text += "Content-Type: " + ask.content_type + "\r\n";
      text += "Content-Length: " + std::to_string(ask.body.size()) + "\r\n";
    }
    return text + "\r\n" + ask.body;
  }
  /// Splits what was sent, and checks what holds for every answer.
  static Told told(const http::Answer& answer) {
    Told told{.stream = answer.stream, .close = answer.close, .wait = answer.wait};
    const size_t end = answer.bytes.find("\r\n\r\n");
    if (end == std::string::npos || !answer.bytes.starts_with("HTTP/1.1 ")) {
      ADD_FAILURE() << "no answer: " << answer.bytes;
      return told;
    }
    std::string_view head = std::string_view(answer.bytes).substr(0, end + 2);
    told.body = answer.bytes.substr(end + 4);
    told.status = std::stoi(std::string(head.substr(9, 3)));
    told.phrase = head.substr(13, head.find("\r\n") - 13);
    head.remove_prefix(head.find("\r\n") + 2);
    while (!head.empty()) {
      const std::string_view line = head.substr(0, head.find("\r\n"));
      head.remove_prefix(line.size() + 2);
      const size_t colon = line.find(": ");
      EXPECT_NE(colon, std::string_view::npos) << line;
      EXPECT_TRUE(http::is_token(line.substr(0, colon))) << line;
      told.fields.push_back(
          {std::string(line.substr(0, colon)), std::string(line.substr(colon + 2))});
    }
    EXPECT_EQ(told.field("X-Request-Id"), "req-1");
    EXPECT_EQ(told.field("X-Content-Type-Options"), "nosniff");
    EXPECT_FALSE(told.field("Date").empty());
    return told;
  }
};

/// A problem document (RFC 9457) of that status and code, complete.
inline void expect_problem(const Told& told, int status, std::string_view code) {
  EXPECT_EQ(told.status, status) << told.body;
  EXPECT_EQ(told.field("Content-Type"), "application/problem+json");
  EXPECT_EQ(told.field("Content-Length"), std::to_string(told.body.size()));
  EXPECT_FALSE(told.stream.has_value());
  const Json json = told.json();
  EXPECT_EQ(int_at(json, "status"), status);
  EXPECT_EQ(string_at(json, "code"), code);
  EXPECT_EQ(string_at(json, "type"), "urn:taskfeed:problem:" + std::string(code));
  EXPECT_EQ(string_at(json, "title"), told.phrase);
  EXPECT_FALSE(string_at(json, "detail").empty()) << told.body;
  EXPECT_EQ(string_at(json, "request_id"), "req-1");
  EXPECT_TRUE(string_at(json, "instance").starts_with("/")) << told.body;
}

/// A JSON answer of that status.
inline Json expect_json(const Told& told, int status) {
  EXPECT_EQ(told.status, status) << told.body;
  EXPECT_EQ(told.field("Content-Type"), "application/json");
  EXPECT_EQ(told.field("Content-Length"), std::to_string(told.body.size()));
  EXPECT_EQ(told.field("Cache-Control"), "no-store");
  EXPECT_FALSE(told.stream.has_value());
  return told.json();
}

}  // namespace taskfeed::testing

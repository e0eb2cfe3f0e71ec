/// An agent's loop without an engine: each step's events are folded, and the next step sees them.
///
/// Threads  The runner's, and those of its tool calls.
/// Errors   None: what a step came to is kept.
/// Owns     The fake server, the tools, and all that was emitted.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "chat_world.h"
#include "llm/openai_runner.h"
#include "support/clock.h"
#include "support/fake_peer.h"
#include "support/ids.h"
#include "support/recording_log.h"
#include "support/recording_sink.h"

namespace taskfeed::llm {

using runner::Outcome;
using testing::FakePeer;
using workflow::AskedCall;

/// Tools that a test wrote down.
class FakeTools final : public runner::Toolbox {
 public:
  using Act = std::function<runner::ToolResult(const Json& arguments)>;
  void add(runner::Tool tool, Act act) {
    acts_[tool.name] = std::move(act);
    tools_.push_back(std::move(tool));
  }
  Result<std::vector<runner::Tool>> list(std::stop_token) override {
    if (failure) return *failure;
    return tools_;
  }
  runner::ToolResult call(const runner::ToolCall& call, runner::OutputSink& output,
                          std::stop_token) override {
    {
      const std::lock_guard lock(mutex_);
      called_.push_back(call.id);
    }
    if (output.streaming()) {
      output.emit(types::kToolCallOutput, Json{{"tool_call_id", call.id}, {"text", "at work\n"}});
    }
    return acts_.at(call.name)(call.arguments);
  }
  std::vector<std::string> called() const {
    const std::lock_guard lock(mutex_);
    return called_;
  }

  std::optional<Error> failure;  ///< list()'s.

 private:
  std::vector<runner::Tool> tools_;
  std::map<std::string, Act> acts_;
  mutable std::mutex mutex_;
  std::vector<std::string> called_;
};

class LoopWorld {
 public:
  LoopWorld() {
    config.runner = runner::RunnerKind::kOpenAi;
    runner::ModelServer server;
    server.base_url = HttpUrl::parse(peer.url() + "/v1").value();
    server.model = "m-1";
    server.instructions = "Be brief.";
    server.prices = {{"m-1*", {.input = kDollar, .cached_input = kDollar, .output = kDollar}}};
    config.model_server = server;
  }

  /// What the server answers to the next request that has no answer yet: frames, or a whole answer.
  void answers(std::string body, int status = 200, std::string fields = {}) {
    const std::lock_guard lock(mutex_);
    answers_.push_back({std::move(body), status, std::move(fields)});
  }
  void says(const std::string& text, int prompt = 10, int completion = 5) {
    answers(event(delta(R"({"content":")" + text + "\"}")) + event(finish("stop")) +
            event(usage(prompt, completion)) + event("[DONE]"));
  }
  /// {id, name, arguments} each.
  void calls(const std::vector<std::array<std::string, 3>>& wanted) {
    std::string body;
    for (size_t i = 0; i < wanted.size(); ++i) {
      const Json call{{"index", i},
                      {"id", wanted[i][0]},
                      {"type", "function"},
                      {"function", {{"name", wanted[i][1]}, {"arguments", wanted[i][2]}}}};
      body += event(delta(R"({"tool_calls":[)" + dump_json(call) + "]}"));
    }
    answers(body + event(finish("tool_calls")) + event(usage(10, 5)) + event("[DONE]"));
  }

  Outcome step(int index, bool streaming = true, int attempt = 1) {
    testing::RecordingSink sink(streaming);
    sink.on_emit = [this] { clock.advance(each_event_takes); };
    const workflow::Conversation before = conversation;
    const runner::Activity activity{.task = testing::task("t1"),
                                    .execution = ExecutionId(ids.uuid7()),
                                    .agent = config,
                                    .query = "the goal",
                                    .parameters = parameters,
                                    .step = index,
                                    .attempt = attempt,
                                    .previous_response = "before",
                                    .questions = questions,
                                    .conversation = &before,
                                    .open_calls = open_calls,
                                    .spent = spent,
                                    .budget_warned = budget_warned};
    OpenAiRunner runner({ids, clock, log, [](std::string_view) { return std::string(kKey); },
                         [this](const runner::AgentConfig&, const TaskId&) {
                           return std::make_unique<Borrowed>(tools);
                         }},
                        limits);
    const Outcome outcome = runner.run(activity, sink, stop.get_token());
    for (const auto& emitted : sink.emitted()) {
      const Event event{ids.uuid7(),    EventType::parse(emitted.type).value(),
                        clock.wall(),   testing::task("t1"),
                        std::nullopt,   std::nullopt,
                        emitted.payload};
      workflow::take(conversation, event);
      workflow::take(open_calls, event);
      spent.usd += dollars_from_json(find(emitted.payload, "cost"));
      budget_warned = budget_warned || emitted.type == types::kBudgetWarning;
      events.push_back(emitted);
    }
    return outcome;
  }
  Json last(std::string_view type) const {
    Json found;
    for (const auto& each : events) {
      if (each.type == type) found = each.payload;
    }
    return found;
  }
  size_t count(std::string_view type) const {
    return static_cast<size_t>(std::count_if(
        events.begin(), events.end(), [type](const auto& each) { return each.type == type; }));
  }
  Json request(size_t at) const { return parse_json(peer.requests().at(at).body).value(); }

  static constexpr std::string_view kKey = "sk-planted-0123456789";
  static constexpr NanoDollars kDollar = kNanoDollarsPerDollar;

 private:
  class Borrowed final : public runner::Toolbox {
   public:
    explicit Borrowed(FakeTools& tools) : tools_(tools) {}
    Result<std::vector<runner::Tool>> list(std::stop_token stop) override {
      return tools_.list(stop);
    }
    runner::ToolResult call(const runner::ToolCall& call, runner::OutputSink& output,
                            std::stop_token stop) override {
      return tools_.call(call, output, stop);
    }

   private:
    FakeTools& tools_;
  };
  struct Answer {
    std::string body;
    int status = 200;
    std::string fields;
  };
  void answer(FakePeer::Line& line) {
    Answer next{"no answer is left", 500, {}};
    {
      const std::lock_guard lock(mutex_);
      if (!answers_.empty()) {
        next = answers_.front();
        answers_.pop_front();
      }
    }
    const bool stream = next.body.starts_with("data:");
    line.send("HTTP/1.1 " + std::to_string(next.status) + " X\r\ncontent-type: " +
              (stream ? "text/event-stream" : "application/json") + "\r\n" + next.fields +
              "content-length: " + std::to_string(next.body.size()) + "\r\n\r\n" + next.body);
  }
  std::mutex mutex_;
  std::deque<Answer> answers_;

 public:
  FakePeer peer{[this](const FakePeer::Request&, FakePeer::Line& line) { answer(line); }};
  testing::SeededIdSource ids;
  testing::ManualClock clock;
  Milliseconds each_event_takes{0};
  testing::RecordingLog log;
  FakeTools tools;
  LoopLimits limits;
  std::stop_source stop;
  runner::AgentConfig config{.id = testing::agent("helper")};
  Json parameters = Json::object();
  std::vector<Question> questions;
  workflow::Conversation conversation;
  std::vector<workflow::OpenModelCall> open_calls;
  workflow::Spent spent;
  bool budget_warned = false;
  std::vector<testing::RecordingSink::Emitted> events;
};

}  // namespace taskfeed::llm

/// An agent that calls a model and tools, on a worker that dies at any call to the broker: the next
/// one goes on from the last outcome on record. The model is a real server's side of a socket.
#include <map>
#include <mutex>

#include <gtest/gtest.h>

#include "llm/openai_runner.h"
#include "sim/engine_oracle.h"
#include "support/fake_peer.h"

namespace taskfeed::engine {
namespace {

using testing::EngineWorld;
using testing::FakePeer;
using testing::open_gate;
using testing::Passage;
using testing::SimWorker;

constexpr std::string_view kFinal = "All is done.";

/// Answers by how many answers of its own stand in the request: two calls, one call, a text.
class Model {
 public:
  explicit Model(std::function<void(size_t turn)> on_request)
      : on_request_(std::move(on_request)),
        peer_([this](const FakePeer::Request& request, FakePeer::Line& line) {
          answer(request, line);
        }) {}
  std::string url() const { return peer_.url() + "/v1"; }

 private:
  static std::string call(int index, std::string_view id, std::string_view tool) {
    return R"({"index":)" + std::to_string(index) + R"(,"id":")" + std::string(id) +
           R"(","type":"function","function":{"name":")" + std::string(tool) +
           R"(","arguments":"{}"}})";
  }
  static std::string answer_at(size_t turn) {
    if (turn == 0) {
      return R"("tool_calls":[)" + call(0, "a", "write") + "," + call(1, "b", "read") + "]";
    }
    if (turn == 1) return R"("tool_calls":[)" + call(0, "c", "write") + "]";
    return R"("content":")" + std::string(kFinal) + "\"";
  }
  void answer(const FakePeer::Request& request, FakePeer::Line& line) {
    const Json body = parse_json(request.body).value();
    size_t turn = 0;
    for (const Json& said : body["messages"]) turn += said["role"] == "assistant" ? 1 : 0;
    on_request_(turn);
    const bool stream = bool_at(body, "stream");
    const std::string part = stream ? "delta" : "message";
    const std::string choice = R"({"choices":[{"index":0,")" + part + R"(":{"role":"assistant",)" +
                               answer_at(turn) + R"(},"finish_reason":"stop"}],)" +
                               R"("usage":{"prompt_tokens":10,"completion_tokens":5}})";
    const std::string text = stream ? "data: " + choice + "\n\ndata: [DONE]\n\n" : choice;
    line.send("HTTP/1.1 200 OK\r\ncontent-type: " +
              std::string(stream ? "text/event-stream" : "application/json") +
              "\r\ncontent-length: " + std::to_string(text.size()) + "\r\n\r\n" + text);
  }

  const std::function<void(size_t)> on_request_;
  FakePeer peer_;
};

/// `write` does harm when it is repeated, `read` does not.
class Tools final : public runner::Toolbox {
 public:
  explicit Tools(std::function<void(const std::string& id)> on_call)
      : on_call_(std::move(on_call)) {}
  Result<std::vector<runner::Tool>> list(std::stop_token) override {
    std::vector<runner::Tool> tools(2);
    tools[0].name = "write";
    tools[1].name = "read";
    tools[1].idempotent = true;
    return tools;
  }
  runner::ToolResult call(const runner::ToolCall& call, runner::OutputSink&,
                          std::stop_token) override {
    on_call_(call.id);
    return {.text = "result of " + call.id};
  }

 private:
  const std::function<void(const std::string&)> on_call_;
};

class AgentRun final : private runner::Runners {
 public:
  explicit AgentRun(bool streaming) : world_(0, streaming) {
    runner::AgentConfig config{.id = testing::agent("agent-1")};
    config.runner = runner::RunnerKind::kOpenAi;
    config.enable_streaming = streaming;
    runner::ModelServer server;
    server.base_url = HttpUrl::parse(model_.url()).value();
    server.model = "m";
    server.prices = {{"*", {.input = 1'000'000, .output = 1'000'000}}};
    config.model_server = server;
    config.retry.maximum_attempts = 100;
    world_.set_agent(config);
    world_.runners = this;
    world_.limits.commit_patience = Milliseconds(0);
    world_.submit();
  }
  EngineWorld& world() { return world_; }
  size_t written(const std::string& id) const {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(std::count(called_.begin(), called_.end(), id));
  }

 private:
  runner::Runner* find(runner::RunnerKind) override { return &runner_; }

  size_t recorded(std::string_view type, std::string_view key, std::string_view value) {
    size_t found = 0;
    for (const StoredEvent& stored : world_.events()) {
      if (stored.type != type) continue;
      const Event event = decode_event(stored.json).value();
      found += value.empty() || string_at(event.payload, key) == value ? 1 : 0;
    }
    return found;
  }
  void asked(size_t turn) {
    EXPECT_LE(recorded(types::kLlmCallCompleted, {}, {}), turn) << "paid for twice";
    EXPECT_GE(recorded(types::kLlmCallStarted, {}, {}), turn + 1) << "begun unseen";
  }
  void called(const std::string& id) {
    EXPECT_EQ(recorded(types::kToolCallCompleted, "tool_call_id", id), 0u) << "called twice " << id;
    EXPECT_GE(recorded(types::kToolCallStarted, "tool_call_id", id), 1u) << "begun unseen " << id;
    const std::lock_guard lock(mutex_);
    called_.push_back(id);
  }

  EngineWorld world_;
  mutable std::mutex mutex_;
  std::vector<std::string> called_;
  Model model_{[this](size_t turn) { asked(turn); }};
  llm::OpenAiRunner runner_{
      {world_.ids, world_.clock, world_.log, [](std::string_view) { return std::string(); },
       [this](const runner::AgentConfig&, const TaskId&) {
         return std::make_unique<Tools>([this](const std::string& id) { called(id); });
       }},
      {}};
};

/// Whatever was begun has one end, and is charged for.
void expect_every_call_paid(EngineWorld& world) {
  std::map<std::string, int> ends;
  NanoDollars total = 0;
  for (const StoredEvent& stored : world.events()) {
    const Json payload = decode_event(stored.json).value().payload;
    const std::string call = string_at(payload, "call_id");
    if (stored.type == types::kLlmCallStarted) {
      EXPECT_TRUE(ends.emplace(call, 0).second) << "begun twice: " << stored.json;
    } else if (stored.type == types::kLlmCallCompleted || stored.type == types::kLlmCallFailed) {
      EXPECT_EQ(++ends[call], 1) << stored.json;
      EXPECT_GT(dollars_from_json(find(payload, "cost")), 0) << stored.json;
      total += dollars_from_json(find(payload, "cost"));
    }
  }
  for (const auto& [call, count] : ends) EXPECT_EQ(count, 1) << "without an end: " << call;
  EXPECT_EQ(world.stored().task.total_cost, total);
}

class EngineAgents : public ::testing::TestWithParam<bool> {};

/// Killed at each of the first `calls` calls to the broker; how many of them it came to.
size_t kill_at_each_call(bool streaming, Passage how, size_t calls) {
  size_t killed = 0;
  for (size_t kill_at = 1; kill_at <= calls; ++kill_at) {
    SCOPED_TRACE("killed at call " + std::to_string(kill_at));
    AgentRun run(streaming);
    size_t call = 0;
    SimWorker victim(run.world(), "victim", [&](std::string_view) {
      ++call;
      if (call == kill_at) return how;
      return call > kill_at ? Passage::kDead : Passage::kOpen;
    });
    while (call < kill_at && !run.world().ended() && victim.turn()) {
    }
    killed += call >= kill_at ? 1 : 0;
    SimWorker heir(run.world(), "heir", open_gate);
    EXPECT_TRUE(run.world().finish(heir));
    testing::expect_one_story(run.world(), TaskStatus::kCompleted);
    EXPECT_EQ(run.world().stored().task.result, std::string(kFinal));
    EXPECT_LE(run.written("a"), 1u);
    EXPECT_LE(run.written("c"), 1u);
    EXPECT_LE(run.written("b"), 2u);
    EXPECT_EQ(run.world().count(types::kLlmCallCompleted), 3u);
    expect_every_call_paid(run.world());
  }
  return killed;
}

TEST_P(EngineAgents, GoOnFromTheLastOutcomeWhereverTheirWorkerDies) {
  EXPECT_GE(kill_at_each_call(GetParam(), Passage::kDead, 25), 10u);
}

TEST_P(EngineAgents, GoOnWhereTheirWorkerDiesWithoutKnowingWhatWasWritten) {
  EXPECT_GE(kill_at_each_call(GetParam(), Passage::kReplyLost, 25), 10u);
}

TEST_P(EngineAgents, AreChargedForEveryCallWhereverTheyAreCancelled) {
  size_t cancelled = 0;
  for (size_t kill_at = 1; kill_at <= 25; ++kill_at) {
    SCOPED_TRACE("killed at call " + std::to_string(kill_at));
    AgentRun run(GetParam());
    size_t call = 0;
    SimWorker victim(run.world(), "victim", [&](std::string_view) {
      return ++call >= kill_at ? Passage::kDead : Passage::kOpen;
    });
    while (call < kill_at && !run.world().ended() && victim.turn()) {
    }
    if (run.world().ended()) break;
    EXPECT_TRUE(run.world().signal(broker::SignalKind::kCancel).ok());
    SimWorker heir(run.world(), "heir", open_gate);
    EXPECT_TRUE(run.world().finish(heir));
    testing::expect_one_story(run.world(), TaskStatus::kCancelled);
    expect_every_call_paid(run.world());
    ++cancelled;
  }
  EXPECT_GE(cancelled, 10u);
}

TEST_P(EngineAgents, AreChargedForEveryCall) {
  AgentRun run(GetParam());
  SimWorker worker(run.world(), "worker", open_gate);
  EXPECT_TRUE(run.world().finish(worker));
  EXPECT_EQ(run.world().stored().task.total_cost, 3 * (10 + 5));
  EXPECT_EQ(run.written("a") + run.written("b") + run.written("c"), 3u);
}

INSTANTIATE_TEST_SUITE_P(BatchAndStreaming, EngineAgents, ::testing::Bool(), [](const auto& info) {
  return std::string(info.param ? "streaming" : "batch");
});

}  // namespace
}  // namespace taskfeed::engine

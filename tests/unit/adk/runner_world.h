/// A runner of ADK's agents, and what api_server does of sessions.
///
/// Threads  The test's, and the fake peer's.
/// Errors   None.
/// Owns     The runner's world; each test its peers.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "adk/adk_runner.h"
#include "support/fake_peer.h"
#include "support/recording_sink.h"

namespace taskfeed::adk {

using runner::Outcome;
using testing::answer_of;
using testing::FakePeer;
using testing::kSseHead;
using testing::RecordingSink;

inline constexpr std::string_view kPartial =
    R"({"author":"w","partial":true,"content":{"role":"model","parts":[{"text":"Sunny"}]}})";
inline constexpr std::string_view kFull =
    R"({"author":"w","content":{"role":"model","parts":[{"text":"Sunny."}]},"modelVersion":"m",)"
    R"("usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}})";

inline std::string json_answer(int status, std::string_view body) {
  return answer_of(status, "application/json", body);
}
inline std::string frame(std::string_view json) {
  return "data: " + std::string(json) + "\n\n";
}

class AdkRunnerTest : public ::testing::Test {
 protected:
  AdkRunnerTest() {
    options_.settle_interval = Milliseconds(5);
    options_.settle_max = Milliseconds(2'000);
  }

  /// What api_server does of sessions; `run` answers the rest.
  FakePeer::Answer server(FakePeer::Answer run) {
    return [this, run = std::move(run)](const FakePeer::Request& request, FakePeer::Line& line) {
      if (request.target.find("/sessions/") == std::string::npos) return run(request, line);
      if (request.method == "GET") {
        line.send(json_answer(200, session_));
      } else if (session_exists_) {
        line.send(json_answer(400, R"({"error":"Session already exists: task-1"})"));
      } else {
        session_exists_ = true;
        line.send(json_answer(200, R"({"id":"task-1","events":[]})"));
      }
    };
  }
  static FakePeer::Answer says(std::string bytes) {
    return [bytes = std::move(bytes)](const FakePeer::Request&, FakePeer::Line& line) {
      line.send(bytes);
    };
  }
  static FakePeer::Answer streams(std::string frames, bool ends = true) {
    return [frames = std::move(frames), ends](const FakePeer::Request&, FakePeer::Line& line) {
      line.send(kSseHead);
      line.chunk(frames);
      if (ends) line.send("0\r\n\r\n");
    };
  }

  runner::Activity activity(const FakePeer& peer, int attempt = 1, bool continued = false) {
    server_.base_url = HttpUrl::parse(peer.url()).value();
    server_.app = "weather";
    agent_.adk = server_;
    return {.task = *TaskId::parse("task-1"),
            .execution = ids_.uuid7(),
            .agent = agent_,
            .query = "How is it in Oslo?",
            .step = 0,
            .attempt = attempt,
            .previous_response = {},
            .questions = questions_,
            .continued = continued,
            .open_calls = open_calls_,
            .spent = spent_};
  }
  Outcome run(const FakePeer& peer, int attempt = 1, bool continued = false) {
    AdkRunner runner(ids_, clock_, options_);
    return runner.run(activity(peer, attempt, continued), *sink_, stop_.get_token());
  }
  void settle(const FakePeer& peer) {
    AdkRunner(ids_, clock_, options_).settle(activity(peer), *sink_);
  }
  /// The calls that were begun and have no end, after what was emitted.
  std::vector<std::string> left_open() const {
    std::vector<std::string> open;
    for (const auto& [type, payload] : sink_->emitted()) {
      const std::string call = string_at(payload, "call_id");
      if (type == types::kLlmCallStarted) open.push_back(call);
      if (type == types::kLlmCallCompleted || type == types::kLlmCallFailed) {
        std::erase(open, call);
      }
    }
    return open;
  }
  size_t count(std::string_view type) const {
    const auto types = sink_->types();
    return static_cast<size_t>(std::count(types.begin(), types.end(), type));
  }
  Outcome run(FakePeer::Answer answer) {
    const FakePeer peer(server(std::move(answer)));
    return run(peer);
  }
  void in_batch() { sink_.emplace(false); }

  SystemClock clock_;
  SystemIdSource ids_{clock_};
  runner::AgentConfig agent_{.id = *AgentId::parse("weather"), .runner = runner::RunnerKind::kAdk};
  runner::AdkServer server_;
  std::optional<RecordingSink> sink_{std::in_place, true};
  std::stop_source stop_;
  AdkOptions options_;
  std::string session_ = R"({"id":"task-1","events":[]})";
  bool session_exists_ = false;
  std::vector<Question> questions_;
  std::vector<workflow::OpenModelCall> open_calls_;
  workflow::Spent spent_;
};

inline std::vector<FakePeer::Request> runs_of(const FakePeer& peer) {
  std::vector<FakePeer::Request> runs = peer.requests();
  std::erase_if(runs, [](const auto& request) { return !request.target.starts_with("/run"); });
  return runs;
}

/// The session after a run whose connection was lost: our message, and what followed.
inline std::string session_with(const std::string& events) {
  return R"({"id":"task-1","events":[{"author":"user","content":{"role":"user","parts":)"
         R"([{"text":"How is it in Oslo?"}]}})" +
         (events.empty() ? "" : "," + events) + "]}";
}

}  // namespace taskfeed::adk

#include <limits>

#include "event/json_time.h"
#include "workflow/state.h"

namespace taskfeed::workflow {
namespace {

Error wrong(std::string_view key, std::string_view what) {
  return {Errc::kInvalid, "state: \"" + std::string(key) + "\" " + std::string(what)};
}

Result<void> read_time(const Json& json, std::string_view key, std::optional<WallTime>& into) {
  const Result<std::optional<WallTime>> time = time_at(json, key);
  if (!time) return wrong(key, time.error().text);
  into = *time;
  return {};
}

/// Nothing where it is no count.
std::optional<int> count_at(const Json& json, std::string_view key) {
  const int64_t count = int_at(json, key);
  if (count < 0 || count > std::numeric_limits<int>::max()) return std::nullopt;
  return static_cast<int>(count);
}

Result<Step> step_from_json(const Json& json) {
  const Json* const found = find(json, "step");
  if (found == nullptr || !found->is_object()) return wrong("step", "must be an object");
  const auto index = count_at(*found, "index");
  const auto attempt = count_at(*found, "attempt");
  if (!index || !attempt) return wrong("step", "must have counts");
  Step step;
  step.index = *index;
  step.attempt = *attempt;
  step.open = bool_at(*found, "open");
  step.suspended = bool_at(*found, "suspended");
  step.calls_cost = int_at(*found, "calls_cost_nano");
  step.retry_after = Milliseconds(int_at(*found, "retry_after_ms"));
  if (auto read = read_time(*found, "failed_at", step.failed_at); !read) return read.error();
  return step;
}

}  // namespace

Json state_to_json(const State& state) {
  Json json = Json::object();
  json["status"] = to_string(state.status);
  json["streaming"] = state.streaming;
  json["goal"] = state.goal;
  json["step"] = Json{{"index", state.step.index},
                      {"attempt", state.step.attempt},
                      {"open", state.step.open},
                      {"suspended", state.step.suspended},
                      {"failed_at", time_to_json(state.step.failed_at)}};
  if (state.step.calls_cost != 0) json["step"]["calls_cost_nano"] = state.step.calls_cost;
  if (state.step.retry_after > Milliseconds(0)) {
    json["step"]["retry_after_ms"] = state.step.retry_after.count();
  }
  json["questions"] = questions_to_json(state.questions);
  json["steps_completed"] = state.steps_completed;
  json["last_step_done"] = state.last_step_done;
  json["response"] = state.response;
  json["error"] = state.failure
                      ? Json{{"kind", state.failure->kind}, {"message", state.failure->message}}
                      : Json(nullptr);
  json["total_cost"] = dollars_to_json(state.total_cost);
  json["total_cost_nano"] = state.total_cost;  // Exact, whatever the amount.
  if (state.model_calls > 0 || state.answers > 0 || state.usage != Usage{}) {
    json["model"] = Json{{"calls", state.model_calls},
                         {"answers", state.answers},
                         {"usage", usage_to_json(state.usage)}};
  }
  if (state.budget_warned) json["budget_warned"] = true;
  if (state.conversation) json["conversation"] = conversation_to_json(*state.conversation);
  if (!state.open_calls.empty()) json["open_calls"] = open_calls_to_json(state.open_calls);
  json["started_at"] = time_to_json(state.started_at);
  json["completed_at"] = time_to_json(state.completed_at);
  json["retry"] = retry_to_json(state.retry);
  json["folded"] = state.folded.str();
  return json;
}

Result<State> state_from_json(const Json& json) {
  if (!json.is_object()) return {Errc::kInvalid, "state: must be a JSON object"};
  State state;
  const std::optional<TaskStatus> status = parse_status(string_at(json, "status"));
  if (!status) return wrong("status", "is not one of a task's statuses");
  state.status = *status;
  state.streaming = bool_at(json, "streaming");
  state.goal = string_at(json, "goal");
  Result<Step> step = step_from_json(json);
  if (!step) return step.error();
  state.step = *step;
  Result<std::vector<Question>> questions = questions_from_json(find(json, "questions"));
  if (!questions) return wrong("questions", questions.error().text);
  state.questions = *std::move(questions);
  const auto steps = count_at(json, "steps_completed");
  if (!steps) return wrong("steps_completed", "must be a count");
  state.steps_completed = *steps;
  state.last_step_done = bool_at(json, "last_step_done");
  state.response = string_at(json, "response");
  if (const Json* const error = find(json, "error"); error != nullptr && error->is_object()) {
    state.failure = TaskFailure{string_at(*error, "kind"), string_at(*error, "message")};
  }
  const Json* const nano = find(json, "total_cost_nano");
  state.total_cost = nano != nullptr && nano->is_number_integer()
                         ? nano->get<NanoDollars>()
                         : dollars_from_json(find(json, "total_cost"));
  if (auto read = read_time(json, "started_at", state.started_at); !read) return read.error();
  if (auto read = read_time(json, "completed_at", state.completed_at); !read) return read.error();
  if (const Json* const model = find(json, "model")) {
    state.model_calls = int_at(*model, "calls");
    state.answers = int_at(*model, "answers");
    state.usage = usage_from_json(find(*model, "usage"));
  }
  state.budget_warned = bool_at(json, "budget_warned");
  if (const Json* const found = find(json, "conversation")) {
    Result<Conversation> conversation = conversation_from_json(*found);
    if (!conversation) return wrong("conversation", conversation.error().text);
    state.conversation = *std::move(conversation);
  }
  state.open_calls = open_calls_from_json(find(json, "open_calls"));
  const Json* const retry = find(json, "retry");
  if (retry == nullptr) return wrong("retry", "is missing");
  Result<RetryPolicy> policy = retry_from_json(*retry);
  if (!policy) return wrong("retry", policy.error().text);
  state.retry = *std::move(policy);
  const Result<Cursor> folded = Cursor::parse(string_at(json, "folded"));
  if (!folded) return wrong("folded", folded.error().text);
  state.folded = *folded;
  return state;
}

}  // namespace taskfeed::workflow

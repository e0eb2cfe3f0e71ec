#include "llm/model_step.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "llm/dialogue.h"
#include "llm/outcomes.h"
#include "runner/lost_calls.h"

namespace taskfeed::llm {
namespace {

using runner::Outcome;
using workflow::Budget;
using workflow::BudgetUse;
using workflow::Usage;
using namespace std::literals;

constexpr std::string_view kBudgetKind = "budget_exceeded";

/// A task's own budget lifts no bound of the operator's, nor this one in its place.
Budget bounded(const ModelStep::Model& model, const LoopLimits& limits) {
  Budget budget = model.asked.budget;
  if (model.server.budget.steps) return budget;
  budget.steps = std::min(budget.steps.value_or(limits.answers_max), limits.answers_max);
  return budget;
}

/// Whether a call that failed so may have been paid for: the server was at work.
bool was_at_work(const ChatFailure& failure) {
  constexpr std::array kKinds{"stream_broken"sv,      "timeout_idle"sv, "timeout"sv,
                              "timeout_first_byte"sv, "stopped"sv,      "too_large"sv};
  return std::find(kKinds.begin(), kKinds.end(), failure.kind) != kKinds.end();
}

Json error_of(const ChatFailure& failure) {
  Json error{
      {"kind", failure.kind}, {"message", failure.message}, {"retryable", failure.retryable}};
  if (failure.http_status != 0) error["http_status"] = failure.http_status;
  if (failure.retry_after) error["retry_after_ms"] = failure.retry_after->count();
  return error;
}

}  // namespace

ModelStep::ModelStep(const runner::Activity& activity, const Ports& ports, const LoopLimits& limits,
                     const Model& model, std::stop_token stop)
    : activity_(activity),
      ports_(ports),
      limits_(limits),
      stop_(std::move(stop)),
      server_(model.server),
      asked_(model.asked),
      meter_(activity, bounded(model, limits), model.server.prices, ports.clock) {}

Outcome ModelStep::carry_out(std::map<std::string, std::string> headers,
                             std::vector<runner::Tool> tools) {
  runner::ModelServer bounded = server_;
  ChatRequest request{
      .server = bounded,
      .headers = std::move(headers),
      .model = asked_.model,
      .parameters = asked_.parameters,
      .max_tokens = asked_.max_tokens,
      .messages = dialogue(asked_.instructions, activity_.query, *activity_.conversation),
      .tools = std::move(tools),
      .streaming = ports_.output.streaming()};
  prompt_estimate_ = estimate_tokens(request);
  if (const auto use = meter_.used_up()) return exceeded(*use, {});
  const auto price = runner::price_of(server_.prices, {}, asked_.model);
  const NanoDollars estimate = price ? runner::cost_of(*price, {.prompt = prompt_estimate_}) : 0;
  if (const auto next = meter_.no_room_for({estimate, prompt_estimate_})) {
    return over_budget(runner::no_room_payload(*next, activity_.step), runner::no_room_text(*next),
                       {});
  }
  bounded.timeout = std::clamp(meter_.time_left(), Milliseconds(1), bounded.timeout);
  if (!announce(request)) return stopped();
  begun_ = ports_.clock.mono();
  return conclude(chat(request, *this, ports_.clock, stop_, limits_.chat));
}

void ModelStep::settle_interrupted() {
  for (Json& payload : runner::charge_lost_calls(activity_.open_calls, activity_.step, meter_)) {
    ports_.output.emit(types::kLlmCallFailed, std::move(payload));
  }
}

bool ModelStep::announce(const ChatRequest& request) {
  call_id_ = ports_.ids.uuid7().str();
  meter_.call_begins();
  Json payload{{"call_id", call_id_}, {"model", request.model}};
  payload["provider"] = server_.base_url.host;
  const auto price = runner::price_of(server_.prices, {}, request.model);
  payload["estimated_cost"] =
      price ? dollars_to_json(runner::cost_of(*price, {.prompt = prompt_estimate_}))
            : Json(nullptr);
  payload["prompt_tokens_estimate"] = prompt_estimate_;
  payload["step"] = activity_.step;
  return ports_.output.emit(types::kLlmCallStarted, std::move(payload)) && ports_.output.persist();
}

/// False ends the call: nobody reads, or the budget is used up by what came.
bool ModelStep::gather(std::string_view kind, std::string_view text) {
  streamed_bytes_ += static_cast<int64_t>(text.size());
  if (kind != gathered_kind_ && !flush_chunk()) return false;
  const MonoTime now = ports_.clock.mono();
  gathered_kind_ = kind;
  gathered_ += text;
  const bool due = gathered_.size() >= limits_.chunk_bytes_max ||
                   now - flushed_at_ >= limits_.chunk_interval || next_chunk_ == 0;
  if (due && !flush_chunk()) return false;
  const Usage so_far{.prompt = prompt_estimate_,
                     .completion = workflow::tokens_of_bytes(streamed_bytes_)};
  const auto price = runner::price_of(server_.prices, {}, asked_.model);
  if (!ports_.output.streaming()) return true;
  cut_by_ = meter_.used_up({price ? runner::cost_of(*price, so_far) : 0, so_far.total()});
  return !cut_by_;
}

bool ModelStep::flush_chunk() {
  if (gathered_.empty()) return true;
  std::string text;
  text.swap(gathered_);
  flushed_at_ = ports_.clock.mono();
  if (!ports_.output.streaming()) return true;
  Json payload{{"call_id", call_id_}, {"index", next_chunk_++}, {"kind", gathered_kind_}};
  payload["text"] = std::move(text);
  return ports_.output.emit(types::kLlmCallChunk, std::move(payload));
}

Usage ModelStep::usage_of(const ChatEnd& end) const {
  if (end.answer.usage) return *end.answer.usage;
  int64_t bytes = std::max(
      streamed_bytes_, static_cast<int64_t>(end.answer.text.size() + end.answer.reasoning.size()));
  for (const workflow::AskedCall& call : end.answer.calls) {
    bytes += static_cast<int64_t>(call.tool.size() + call.arguments.size());
  }
  return {.prompt = prompt_estimate_,
          .completion = workflow::tokens_of_bytes(bytes),
          .estimated = true};
}

void ModelStep::charge(Json& payload, const ChatAnswer& answer, const Usage& usage) {
  const bool known = meter_.charge({answer.model, asked_.model, usage, answer.cost}, payload);
  const bool said = activity_.spent.steps > 0 || activity_.attempt > 1;
  if (known || said) return;
  ports_.log.warn("no price is known for the model \"" + answer.model +
                  "\": its calls count as free; give one in [[agent.prices]]");
}

Outcome ModelStep::conclude(ChatEnd end) {
  if (!flush_chunk()) return stopped();
  // It came whole before it could be cut: what it really took is known.
  const bool whole = end.answer.usage && !end.answer.finish_reason.empty();
  if (cut_by_ && whole) {
    cut_by_.reset();
    end.failure.reset();
  }
  if (cut_by_) {
    return failed_call(end,
                       {.kind = std::string(kBudgetKind), .message = "cut: the budget is used up"});
  }
  if (end.failure) return failed_call(end, *end.failure);
  const ChatAnswer& answer = end.answer;
  if (answer.text.empty() && answer.calls.empty()) {
    return failed_call(end, {.kind = "empty_answer",
                             .message = "the model answered with neither text nor a tool call",
                             .retryable = answer.finish_reason != "length"});
  }
  Json payload{{"call_id", call_id_}, {"model", answer.model}, {"text", answer.text}};
  if (!answer.reasoning.empty()) {
    payload["reasoning"] = utf8_prefix(answer.reasoning, limits_.reasoning_bytes_max);
  }
  payload["tool_calls"] = workflow::asked_to_json(answer.calls);
  payload["finish_reason"] = answer.finish_reason;
  if (dump_json(payload).size() > limits_.answer_event_bytes_max) {
    return failed_call(end, {.kind = "too_large",
                             .message = "the answer is over " +
                                        std::to_string(limits_.answer_event_bytes_max / 1024) +
                                        " KiB; bound it with max_tokens"});
  }
  charge(payload, answer, usage_of(end));
  payload["duration_ms"] = (ports_.clock.mono() - begun_).count();
  if (end.time_to_first_token) {
    payload["time_to_first_token_ms"] = end.time_to_first_token->count();
  }
  if (!answer.request_id.empty()) payload["request_id"] = answer.request_id;
  payload["step"] = activity_.step;
  if (!ports_.output.emit(types::kLlmCallCompleted, std::move(payload))) return stopped();
  warn_of_budget();
  Outcome outcome = answered({answer.text, answer.finish_reason, answer.calls});
  outcome.cost = meter_.cost();
  return outcome;
}

Outcome ModelStep::failed_call(const ChatEnd& end, ChatFailure failure) {
  const bool stopped_by_us = failure.kind == "stopped";
  const bool out_of_time = failure.kind == "timeout" && meter_.time_left() == Milliseconds(0);
  if (stopped_by_us) failure.message = "the task was stopped while the model answered";
  Json payload{{"call_id", call_id_}, {"model", end.answer.model}};
  payload["error"] = error_of(failure);
  const bool answered = !end.failure || end.answer.usage || streamed_bytes_ > 0;
  if (answered || was_at_work(failure)) charge(payload, end.answer, usage_of(end));
  payload["duration_ms"] = (ports_.clock.mono() - begun_).count();
  if (!end.answer.request_id.empty()) payload["request_id"] = end.answer.request_id;
  payload["step"] = activity_.step;
  if (!ports_.output.emit(types::kLlmCallFailed, std::move(payload))) return stopped();
  if (stopped_by_us) {
    ports_.output.persist();
    return stopped();
  }
  if (cut_by_) return exceeded(*cut_by_, end.answer.text);
  if (out_of_time) {
    if (const auto use = meter_.used_up()) return exceeded(*use, end.answer.text);
  }
  Outcome outcome = failed(failure.kind, failure.message, end.answer.text);
  outcome.retryable = failure.retryable;
  outcome.retry_after = failure.retry_after;
  outcome.cost = meter_.cost();
  return outcome;
}

Outcome ModelStep::exceeded(const BudgetUse& use, std::string response) {
  return over_budget(workflow::budget_payload(use, activity_.step), runner::used_up_text(use),
                     std::move(response));
}

Outcome ModelStep::over_budget(Json payload, std::string why, std::string response) {
  ports_.output.emit(types::kBudgetExceeded, std::move(payload));
  if (response.empty()) response = activity_.previous_response;
  Outcome outcome = failed(std::string(kBudgetKind), std::move(why), std::move(response));
  outcome.cost = meter_.cost();
  return outcome;
}

void ModelStep::warn_of_budget() {
  meter_.call_answered();
  if (const auto use = meter_.warning()) {
    ports_.output.emit(types::kBudgetWarning, workflow::budget_payload(*use, activity_.step));
  }
}

Outcome answered(const workflow::Turn& turn) {
  if (turn.finish_reason == "length" && turn.calls.empty()) {
    return failed("length", "the answer was cut off by max_tokens", turn.text);
  }
  Outcome outcome;
  outcome.last = turn.calls.empty();
  outcome.response = turn.text;
  return outcome;
}

}  // namespace taskfeed::llm

#include "adk/run_reader.h"

#include <algorithm>

#include "base/text.h"
#include "event/event_type.h"

namespace taskfeed::adk {
namespace {

using Kind = AdkPart::Kind;

/// The words of the other runners, where there is one.
std::string finish_reason(const AdkEvent& event) {
  if (event.has(Kind::kCall)) return "tool_calls";
  if (event.finish_reason.empty() || event.finish_reason == "STOP") return "stop";
  if (event.finish_reason == "MAX_TOKENS") return "length";
  std::string reason = event.finish_reason;
  for (char& c : reason) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return reason;
}

std::string cut(const std::string& text, size_t bytes_max, bool& truncated) {
  const std::string_view fits = utf8_prefix(text, bytes_max);
  truncated = truncated || fits.size() < text.size();
  return std::string(fits);
}

/// "fan" of "fan.left".
std::string_view parent_of(std::string_view branch) {
  const size_t dot = branch.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : branch.substr(0, dot);
}

/// ADK's word for a tool that threw: nothing but `error`.
bool is_error(const Json& response) {
  return response.is_object() && response.size() == 1 && response.contains("error");
}

}  // namespace

RunReader::RunReader(const Ports& ports, const RunLimits& limits, int step)
    : ports_(ports), limits_(limits), step_(step), begun_(ports.clock.mono()) {}

void RunReader::emit(std::string_view type, Json payload) {
  if (!ports_.output.emit(type, std::move(payload))) unwanted_ = true;
}

void RunReader::refuse(RunFailure failure) {
  if (!refusal_) refusal_ = std::move(failure);
}

Json RunReader::origin(const LaneName& name) const {
  Json payload = Json::object();
  payload["step"] = step_;
  payload["author"] = name.second;
  if (!name.first.empty()) payload["branch"] = name.first;
  if (recovered_) payload["recovered"] = true;
  return payload;
}

/// What is too large for an event becomes the beginning of its JSON.
Json RunReader::bounded(const Json& value, bool& truncated) const {
  const std::string text = dump_json(value);
  if (text.size() <= limits_.value_bytes_max) return value;
  return cut(text, limits_.value_bytes_max, truncated);
}

RunReader::Lane* RunReader::lane_of(const AdkEvent& event) {
  const LaneName name{event.branch, event.author};
  const auto found = lanes_.find(name);
  if (found != lanes_.end()) return &found->second;
  if (lanes_.size() == limits_.lanes_max) {
    refuse(final_failure("limit", "the run has more than " + std::to_string(limits_.lanes_max) +
                                      " agents and branches"));
    return nullptr;
  }
  Lane& lane = lanes_[name];
  lane.waiting_since = lanes_.size() == 1 ? begun_ : ports_.clock.mono();
  return &lane;
}

bool RunReader::take(const AdkEvent& event) {
  if (refusal_ || unwanted_) return false;
  if (!event.failure.empty()) {
    refuse(failure_of_agent({}, event.failure));
    flush();
    return false;
  }
  waiting_.take(event);
  if (event.author == "user") return true;  // Our own message, in a session that is read back.
  Lane* const lane = lane_of(event);
  if (lane == nullptr) return false;
  if (event.partial) {
    take_partial(event, *lane);
    return !unwanted_ && !refusal_;
  }
  error_.reset();
  const bool of_tools = event.from_user || event.has(Kind::kResponse);
  if (!event.error_code.empty()) {
    take_error(event, *lane);
  } else if (event.is_answer()) {
    take_answer(event, *lane);
  }
  begin_tools(event);
  if (of_tools) end_tools(event);
  if (event.is_final()) take_final(event);
  return !unwanted_ && !refusal_;
}

void RunReader::open_call(const AdkEvent& event, Lane& lane) {
  if (!lane.call_id.empty()) return;
  // What has been spent is told whatever its number.
  if (++model_calls_ > limits_.model_calls_max && !recovered_) {
    return refuse(final_failure("limit", "the run has made more than " +
                                             std::to_string(limits_.model_calls_max) +
                                             " model calls (max_model_calls)"));
  }
  lane.next_index = 0;
  lane.first_chunk.reset();
  lane.streamed_bytes = 0;
  if (told_before_ == 0 && take_over(event, lane)) return;
  lane.call_id = ports_.ids.uuid7().str();
  if (ports_.meter != nullptr && told_before_ == 0) ports_.meter->call_begins();
  Json payload{{"call_id", lane.call_id}};
  const std::string& model = event.model.empty() ? lane.model : event.model;
  if (!model.empty()) payload["model"] = model;
  payload["provider"] = "adk";
  payload["inferred"] = true;
  if (told_before_ > 0) payload["told"] = true;
  payload.update(origin({event.branch, event.author}));
  emit(types::kLlmCallStarted, std::move(payload));
}

/// Of a call that a lost attempt had begun.
bool RunReader::take_over(const AdkEvent& event, Lane& lane) {
  const auto call = std::find_if(lost_.begin(), lost_.end(), [&event](const auto& each) {
    return each.author == event.author && each.branch == event.branch;
  });
  if (call == lost_.end()) return false;
  lane.call_id = call->id;
  lane.streamed_bytes = call->streamed_bytes;
  lost_.erase(call);
  return true;
}

void RunReader::take_partial(const AdkEvent& event, Lane& lane) {
  if (!event.has(Kind::kText) && !event.has(Kind::kThought)) return;
  open_call(event, lane);
  if (refusal_) return;
  if (!lane.first_chunk) lane.first_chunk = ports_.clock.mono();
  for (const AdkPart& part : event.parts) {
    if (part.kind != Kind::kText && part.kind != Kind::kThought) continue;
    const bool fits = lane.gathered.size() + part.text.size() <= limits_.chunk_bytes_max;
    if (!fits || part.kind != lane.gathered_kind) flush_lane({event.branch, event.author}, lane);
    lane.gathered_kind = part.kind;
    lane.gathered += part.text;
    lane.streamed_bytes += static_cast<int64_t>(part.text.size());
    if (part.kind == Kind::kText && partial_text_.size() < limits_.text_bytes_max) {
      partial_text_ += part.text;
    }
  }
}

void RunReader::flush_lane(const LaneName& name, Lane& lane) {
  std::string text = std::exchange(lane.gathered, {});
  if (text.empty() || lane.call_id.empty() || !ports_.output.streaming()) return;
  for (std::string_view rest = text; !rest.empty();) {
    if (chunk_bytes_ >= limits_.chunks_bytes_max) return;
    std::string_view piece = utf8_prefix(rest, limits_.chunk_bytes_max);
    rest.remove_prefix(piece.size());
    chunk_bytes_ += piece.size();
    Json payload{{"call_id", lane.call_id}, {"index", lane.next_index++}};
    payload["kind"] = lane.gathered_kind == Kind::kThought ? "reasoning" : "text";
    payload["text"] = piece;
    if (chunk_bytes_ >= limits_.chunks_bytes_max) payload["truncated"] = true;
    payload.update(origin(name));
    emit(types::kLlmCallChunk, std::move(payload));
  }
}

void RunReader::flush() {
  for (auto& [name, lane] : lanes_) {
    if (!lane.gathered.empty()) flush_lane(name, lane);
  }
}

void RunReader::take_answer(const AdkEvent& event, Lane& lane) {
  const LaneName name{event.branch, event.author};
  open_call(event, lane);
  if (refusal_) return;
  flush_lane(name, lane);
  if (!event.model.empty()) lane.model = event.model;
  const MonoTime now = ports_.clock.mono();
  bool truncated = false;
  Json payload{{"call_id", lane.call_id}};
  if (!lane.model.empty()) payload["model"] = lane.model;
  payload["text"] = cut(event.text(), limits_.text_bytes_max, truncated);
  if (event.has(Kind::kThought)) {
    payload["reasoning"] = cut(event.text(Kind::kThought), limits_.value_bytes_max, truncated);
  }
  payload["tool_calls"] = Json::array();
  size_t room = limits_.text_bytes_max;  // All of them together, beside the text.
  for (const AdkPart& part : event.parts) {
    if (part.kind != Kind::kCall) continue;
    Json arguments = bounded(part.value, truncated);
    const size_t bytes = dump_json(arguments).size() + part.name.size() + part.id.size();
    if (bytes > room) {
      truncated = true;
      break;
    }
    room -= bytes;
    payload["tool_calls"].push_back(
        {{"id", part.id}, {"name", part.name}, {"arguments", std::move(arguments)}});
  }
  payload["finish_reason"] = finish_reason(event);
  charge(event, lane, payload);
  payload["duration_ms"] = (now - lane.waiting_since).count();
  if (lane.first_chunk) {
    payload["time_to_first_token_ms"] = (*lane.first_chunk - lane.waiting_since).count();
  }
  if (truncated) payload["truncated"] = true;
  payload.update(origin(name));
  emit(types::kLlmCallCompleted, std::move(payload));
  answer_counted();
  hold_to_budget(event.is_final());
  lane.call_id.clear();
  lane.waiting_since = now;
  partial_text_ = cut(event.text(), limits_.text_bytes_max, truncated);
}

void RunReader::charge(const AdkEvent& event, const Lane& lane, Json& payload) {
  if (told_before_ > 0) {
    payload["told"] = true;
    if (event.usage) payload["usage"] = workflow::usage_to_json(*event.usage);
    return;
  }
  charge(event.usage.value_or(guess(lane, event.text().size())), lane, payload);
}

void RunReader::charge(const workflow::Usage& usage, const Lane& lane, Json& payload) {
  if (ports_.meter == nullptr) {
    payload["usage"] = workflow::usage_to_json(usage);
    return;
  }
  ports_.meter->charge({lane.model, {}, usage, {}}, payload);
}

workflow::Usage RunReader::guess(const Lane& lane, size_t answer_bytes) {
  const int64_t bytes = std::max(lane.streamed_bytes, static_cast<int64_t>(answer_bytes));
  return {.completion = workflow::tokens_of_bytes(bytes), .estimated = true};
}

void RunReader::answer_counted() {
  if (told_before_ > 0) {
    --told_before_;
  } else if (ports_.meter != nullptr) {
    ports_.meter->call_answered();
  }
}

/// What ADK's server has begun goes on there: only that we listen no more can be decided here.
void RunReader::hold_to_budget(bool last) {
  if (ports_.meter == nullptr || recovered_) return;
  if (const auto use = ports_.meter->warning()) {
    emit(types::kBudgetWarning, workflow::budget_payload(*use, step_));
  }
  const auto use = ports_.meter->used_up();
  if (!use || last) return;
  emit(types::kBudgetExceeded, workflow::budget_payload(*use, step_));
  refuse(used_up_failure(*use));
}

Json RunReader::failed_payload(const LaneName& name, const Lane& lane,
                               const RunFailure& failure) const {
  Json payload{{"call_id", lane.call_id}};
  payload["error"] = Json{{"kind", failure.failure.kind},
                          {"message", failure.failure.message},
                          {"retryable", failure.retryable}};
  if (failure.http_status != 0) payload["error"]["http_status"] = failure.http_status;
  payload.update(origin(name));
  return payload;
}

void RunReader::take_error(const AdkEvent& event, Lane& lane) {
  const LaneName name{event.branch, event.author};
  error_ = failure_of_agent(event.error_code, event.error_message);
  open_call(event, lane);
  if (refusal_) return;
  flush_lane(name, lane);
  Json payload = failed_payload(name, lane, *error_);
  charge(event, lane, payload);
  emit(types::kLlmCallFailed, std::move(payload));
  lane.call_id.clear();
  lane.waiting_since = ports_.clock.mono();
}

void RunReader::begin_tools(const AdkEvent& event) {
  for (const AdkPart& part : event.parts) {
    if (part.kind != Kind::kCall) continue;
    if (part.name.starts_with(kOwnCalls)) continue;
    if (open_tools_.size() == limits_.open_tools_max) {
      return refuse(final_failure("limit", "more than " + std::to_string(limits_.open_tools_max) +
                                               " tool calls are under way"));
    }
    const std::string id = part.id.empty() ? ports_.ids.uuid7().str() : part.id;
    open_tools_.emplace_back(id, OpenTool{part.name, ports_.clock.mono()});
    bool truncated = false;
    Json payload{{"tool_call_id", id}, {"tool", part.name}};
    payload["arguments"] = bounded(part.value, truncated);
    if (truncated) payload["truncated"] = true;
    payload.update(origin({event.branch, event.author}));
    emit(types::kToolCallStarted, std::move(payload));
  }
}

void RunReader::end_tools(const AdkEvent& event) {
  const MonoTime now = ports_.clock.mono();
  for (const AdkPart& part : event.parts) {
    if (part.kind != Kind::kResponse || part.name.starts_with(kOwnCalls)) continue;
    // By its id; where the server gives none, the oldest of that name.
    const auto open = std::find_if(open_tools_.begin(), open_tools_.end(), [&](const auto& each) {
      return part.id.empty() ? each.second.name == part.name : each.first == part.id;
    });
    bool truncated = false;
    Json payload = Json::object();
    payload["tool_call_id"] = open != open_tools_.end() ? open->first : part.id;
    payload["tool"] = part.name;
    payload["result"] = bounded(part.value, truncated);
    payload["is_error"] = is_error(part.value);
    if (open != open_tools_.end()) {
      payload["duration_ms"] = (now - open->second.begun).count();
      open_tools_.erase(open);
    }
    payload["truncated"] = truncated;
    payload.update(origin({event.branch, event.author}));
    emit(types::kToolCallCompleted, std::move(payload));
  }
  if (const auto lane = lanes_.find({event.branch, event.author}); lane != lanes_.end()) {
    lane->second.waiting_since = now;
  }
}

/// Branches that ran side by side answer together; whoever speaks after them speaks for all.
void RunReader::take_final(const AdkEvent& event) {
  std::string text = event.text();
  if (event.skip_summarization && text.empty()) {
    for (const AdkPart& part : event.parts) {
      if (part.kind == Kind::kResponse) text += (text.empty() ? "" : "\n") + dump_json(part.value);
    }
  }
  const std::string_view parent = parent_of(event.branch);
  const bool beside =
      !parent.empty() && !finals_.empty() && parent_of(finals_.back().lane.first) == parent;
  if (!beside) finals_.clear();
  const LaneName name{event.branch, event.author};
  std::erase_if(finals_, [&name](const Final& each) { return each.lane == name; });
  finals_.push_back({name, std::move(text)});
}

RunVerdict RunReader::verdict(bool properly) const {
  RunVerdict verdict;
  bool cut_short = false;
  for (const Final& each : finals_) {
    verdict.response += (verdict.response.empty() || each.text.empty() ? "" : "\n\n") + each.text;
  }
  if (verdict.response.empty()) verdict.response = partial_text_;
  verdict.response = cut(verdict.response, limits_.text_bytes_max, cut_short);
  if (cut_short) verdict.response += "\n[cut]";
  verdict.waiting = waiting_.calls();
  if (refusal_) {
    verdict.failure = refusal_;
  } else if (!properly) {
    verdict.failure = final_failure("stream_broken", "the run's answer was cut");
  } else if (error_) {
    verdict.failure = error_;
  } else if (waiting_.calls().empty() && (finals_.empty() || under_way())) {
    verdict.failure = final_failure("no_response", "the run ended without a final response");
  }
  return verdict;
}

bool RunReader::under_way() const {
  return !open_tools_.empty() || std::any_of(lanes_.begin(), lanes_.end(), [](const auto& each) {
    return !each.second.call_id.empty();
  });
}

void RunReader::fail_open_calls(const RunFailure& failure) {
  for (auto& [name, lane] : lanes_) {
    if (lane.call_id.empty()) continue;
    flush_lane(name, lane);
    Json payload = failed_payload(name, lane, failure);
    charge(guess(lane, 0), lane, payload);
    emit(types::kLlmCallFailed, std::move(payload));
    lane.call_id.clear();
  }
}

void RunReader::recover(int64_t told, std::vector<workflow::OpenModelCall> open) {
  recovered_ = true;
  told_before_ = told;
  lost_ = std::move(open);
}

void RunReader::settle(const std::vector<AdkEvent>& events) {
  for (const AdkEvent& event : events) {
    if (refusal_ || unwanted_) return;
    if (!event.is_answer()) continue;
    if (told_before_ > 0) {
      --told_before_;
    } else if (Lane* const lane = lane_of(event)) {
      take_answer(event, *lane);
    }
  }
  partial_text_.clear();
}

}  // namespace taskfeed::adk

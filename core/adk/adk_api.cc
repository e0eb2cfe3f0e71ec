#include "adk/adk_api.h"

#include "base/text.h"
#include "event/sse_parser.h"

namespace taskfeed::adk {
namespace {

Json parts_of(const RunMessage& message) {
  Json parts = Json::array();
  if (message.responses.empty()) parts.push_back({{"text", message.text}});
  for (const AdkPart& response : message.responses) {
    Json call{{"id", response.id}, {"name", response.name}, {"response", response.value}};
    parts.push_back({{"functionResponse", std::move(call)}});
  }
  return parts;
}

/// Both editions say so in words, with different statuses.
bool exists_already(const peer::WholeAnswer& answer) {
  return answer.head.status == 409 ||
         (answer.head.status == 400 && answer.body.find("already exists") != std::string::npos);
}

RunFailure no_event(const Error& error) {
  return final_failure("protocol", "the server sent what is no event of ADK: " + error.text);
}

}  // namespace

AdkApi::AdkApi(const runner::AdkServer& server, std::map<std::string, std::string> headers,
               std::string session, const ApiLimits& limits, std::stop_token stop)
    : server_(server),
      headers_(std::move(headers)),
      session_(std::move(session)),
      limits_(limits),
      stop_(std::move(stop)) {}

std::string AdkApi::session_path() const {
  return "/apps/" + percent_encode(server_.app) + "/users/" + percent_encode(server_.user) +
         "/sessions/" + percent_encode(session_);
}

std::string AdkApi::run_body(const RunMessage& message, bool streaming) const {
  Json body{{"appName", server_.app}, {"userId", server_.user}, {"sessionId", session_}};
  body["newMessage"] = Json{{"role", "user"}, {"parts", parts_of(message)}};
  body["streaming"] = streaming;
  return dump_json(body);
}

peer::CallLimits AdkApi::call_limits(size_t body_bytes_max) const {
  peer::CallLimits limits;
  limits.connect_timeout = server_.connect_timeout;
  limits.first_byte_timeout = server_.first_byte_timeout;
  limits.silence_timeout = server_.silence_timeout;
  limits.whole_timeout = server_.timeout;
  limits.body_bytes_max = body_bytes_max;
  return limits;
}

peer::CallRequest AdkApi::request(std::string method, std::string target, std::string body) const {
  peer::CallRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  request.headers = headers_;
  return request;
}

Ended AdkApi::ended(const peer::Failure& failure) const {
  return {failure.fault == peer::Fault::kStopped, failure_of(failure)};
}

std::optional<Ended> AdkApi::ensure_session() {
  peer::CallLimits limits = call_limits(limits_.small_bytes_max);
  limits.first_byte_timeout = limits.silence_timeout = limits_.small_timeout;
  // An empty body: what a state in it means differs between the editions.
  const peer::WholeAnswer answer =
      peer::fetch(server_.base_url, request("POST", session_path(), "{}"), limits, stop_);
  const bool told = answer.end.answered && answer.head.status >= 200 && answer.head.status < 300;
  // Its answer may hold all of the session, and does not matter.
  if (told && (!answer.end.failure || answer.end.failure->fault == peer::Fault::kTooLarge))
    return {};
  if (answer.end.failure) return ended(*answer.end.failure);
  if (exists_already(answer)) return {};
  return Ended{false, failure_of(answer.head, answer.body)};
}

std::variant<std::vector<AdkEvent>, Ended> AdkApi::session_events() {
  return session_events(call_limits(limits_.batch_bytes_max));
}

std::variant<std::vector<AdkEvent>, Ended> AdkApi::session_events(Milliseconds within) {
  peer::CallLimits limits = call_limits(limits_.batch_bytes_max);
  limits.connect_timeout = std::min(limits.connect_timeout, within / 2);
  limits.whole_timeout = within / 2;
  return session_events(limits);
}

std::variant<std::vector<AdkEvent>, Ended> AdkApi::session_events(const peer::CallLimits& limits) {
  const peer::WholeAnswer answer =
      peer::fetch(server_.base_url, request("GET", session_path(), {}), limits, stop_);
  if (answer.end.failure) return ended(*answer.end.failure);
  if (answer.head.status != 200) return Ended{false, failure_of(answer.head, answer.body)};
  const Result<Json> json = parse_json(answer.body);
  if (!json) return Ended{false, no_event(json.error())};
  std::vector<AdkEvent> events;
  const Json* const list = find(*json, "events");
  if (list == nullptr || !list->is_array()) return events;
  for (const Json& each : *list) {
    Result<AdkEvent> event = adk_event_from(each);
    if (!event) return Ended{false, no_event(event.error())};
    events.push_back(*std::move(event));
  }
  return events;
}

AdkApi::RunEnd AdkApi::run_batch(const RunMessage& message, const Reader& reader) {
  peer::CallLimits limits = call_limits(limits_.batch_bytes_max);
  // Nothing comes before everything is done.
  limits.first_byte_timeout = server_.timeout;
  const peer::WholeAnswer answer = peer::fetch(
      server_.base_url, request("POST", "/run", run_body(message, false)), limits, stop_);
  if (answer.end.failure) return {ended(*answer.end.failure)};
  const bool ok = answer.head.status == 200 && answer.head.content_type == "application/json";
  if (!ok) return {Ended{false, failure_of(answer.head, answer.body)}};
  const Result<Json> json = parse_json(answer.body);
  if (!json) return {Ended{false, no_event(json.error())}};
  if (!json->is_array()) {
    return {Ended{false, no_event({Errc::kInvalid, "/run answered no list of events"})}};
  }
  for (const Json& each : *json) {
    const Result<AdkEvent> event = adk_event_from(each);
    if (!event) return {Ended{false, no_event(event.error())}};
    if (!reader.on_event(*event)) return {};
  }
  return {std::nullopt, answer.end.proper};
}

AdkApi::RunEnd AdkApi::run_streaming(const RunMessage& message, const Reader& reader) {
  peer::CallRequest asked = request("POST", "/run_sse", run_body(message, true));
  asked.accept = "text/event-stream";
  peer::AnswerHead head;
  std::string refusal;
  std::optional<RunFailure> unreadable;
  bool wanted = true;
  sse::Parser parser(
      [&](sse::Message&& frame) {
        if (!wanted || unreadable) return;
        const Result<Json> json = parse_json(frame.data);
        // The oldest Python editions write an error's text without escaping it.
        if (!json && frame.data.starts_with("{\"error\"")) {
          unreadable = failure_of_agent({}, std::string_view(frame.data).substr(9, 4'096));
          return;
        }
        const Result<AdkEvent> event = json ? adk_event_from(*json) : json.error();
        if (event) {
          wanted = reader.on_event(*event);
        } else {
          unreadable = no_event(event.error());
        }
      },
      {.line_bytes_max = limits_.frame_bytes_max, .event_bytes_max = limits_.frame_bytes_max});
  const auto streams = [&head] {
    return head.status == 200 && head.content_type == "text/event-stream";
  };
  const peer::AnswerReader bytes_reader{
      [&](const peer::AnswerHead& answered) {
        head = answered;
        return true;
      },
      [&](std::string_view bytes) {
        if (!streams()) {
          refusal.append(bytes.substr(0, limits_.small_bytes_max - refusal.size()));
          return refusal.size() < limits_.small_bytes_max;
        }
        const Result<void> fed = parser.feed(bytes);
        if (!fed) unreadable = final_failure("too_large", fed.error().text);
        reader.on_pause();
        return fed.ok() && wanted && !unreadable;
      }};
  const peer::CallEnd end = peer::run_call(server_.base_url, asked,
                                           call_limits(limits_.run_bytes_max), bytes_reader, stop_);
  if (unreadable) return {Ended{false, *unreadable}};
  if (end.failure) return {ended(*end.failure)};
  if (!streams()) return {Ended{false, failure_of(head, refusal)}};
  return {std::nullopt, end.proper};
}

}  // namespace taskfeed::adk

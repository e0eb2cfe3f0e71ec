/// What a handler is given and what it gives back: HTTP without sockets and without cpp-httplib.
///
/// Threads  Values.
/// Errors   A refusal is a Reply too: refused().
/// Owns     Its text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "http/problem.h"
#include "http/request.h"
#include "hub/hub.h"

namespace taskfeed::http {

inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kNdjsonType = "application/x-ndjson";
inline constexpr std::string_view kEventStreamType = "text/event-stream";

struct Call {
  std::string method;
  std::string path;          ///< Percent-decoded, without the query.
  std::vector<Field> query;  ///< Decoded, in the order of their names.
  std::string content_type;  ///< Lower case, without parameters.
  std::string accept;
  std::string last_event_id;                   ///< The header.
  std::optional<std::string> idempotency_key;  ///< The header; without the quotes of a text.
  size_t body_bytes = 0;                       ///< As framed, known before `body` is.
  std::string body;
  std::string request_id;

  /// The first value of that name, which may be empty.
  std::optional<std::string_view> parameter(std::string_view name) const;
  /// Whether Accept names `type`; an absent Accept and wildcards name none.
  bool accepts(std::string_view type) const;
};

/// Instead of a body: the connection becomes a Sink of that task's events.
struct StreamDecision {
  TaskId task;
  hub::StreamOptions options;
  bool heartbeat_event = false;  ///< A named event, which scripts can see, instead of a comment.
  bool chunked = false;  ///< As the client's HTTP/1.1 has it; whoever writes the head sets it.
  /// Instead of `task` and `options`: of many tasks.
  std::shared_ptr<const hub::ManyOptions> many{};
};

/// Beside a body that says how things stand: whoever asked would rather wait for the task's end.
/// The same is then asked again, at the end or after `interval`, and that is the answer.
struct WaitDecision {
  TaskId task;
  Milliseconds interval;
};

struct Route;

struct Reply {
  int status = 200;
  std::string body;
  std::string content_type;   ///< Empty: no body.
  std::vector<Field> fields;  ///< Beside Content-Type and what every reply carries.
  std::optional<StreamDecision> stream;
  std::optional<WaitDecision> wait;
  const Route* route = nullptr;  ///< Of the table, whose handler gave it; for the numbers.
};

Reply json_reply(int status, const Json& json);
Reply refused(const Problem& problem, const Call& call);
Reply refused(const Error& error, const Call& call);
Reply refused(int status, std::string_view detail, const Call& call);

}  // namespace taskfeed::http

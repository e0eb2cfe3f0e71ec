/// One request to the server of an agent's peer (a model, ADK, MCP), and its answer as it comes.
///
/// cpp-httplib writes the request and takes the answer's framing apart, over a Wire of ours: it
/// never owns a socket. What it would swallow is bounded before it sees it (a status line, a head,
/// a frame of a chunk without end).
///
/// Threads  run_call() blocks its caller; `stop` may be asked for from any thread, and ends it at
///          once.
/// Errors   CallEnd::failure. Any HTTP status is an answer.
/// Owns     Nothing between calls: each has a connection of its own.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "peer/wire.h"

namespace taskfeed::peer {

struct CallLimits {
  Milliseconds connect_timeout{10'000};
  /// From the request to the first byte of the answer's body.
  Milliseconds first_byte_timeout{120'000};
  Milliseconds silence_timeout{120'000};  ///< Between two pieces of the body.
  /// Of the whole call after connecting, whatever comes; 0: as long as something comes.
  Milliseconds whole_timeout{0};
  size_t head_bytes_max = 64 * 1024;         ///< Of the answer; also of what frames a chunk.
  size_t status_line_bytes_max = 1024;       ///< cpp-httplib matches it by a recursive expression.
  size_t body_bytes_max = 64 * 1024 * 1024;  ///< Of an answer, whole.
};

struct CallRequest {
  std::string method = "POST";
  std::string target;  ///< Below the URL's path; encoded.
  std::string body;
  std::string content_type = "application/json";
  std::string accept = "*/*";
  std::map<std::string, std::string> headers;  ///< Never shown, never logged.
};

struct AnswerHead {
  int status = 0;
  std::string content_type;                   ///< The media type alone, in lower case.
  std::map<std::string, std::string> fields;  ///< Names in lower case; the first of each name.
  std::string field(std::string_view name) const;
};

struct AnswerReader {
  /// False ends the call there.
  std::function<bool(const AnswerHead&)> on_head;
  std::function<bool(std::string_view bytes)> on_bytes;
  /// Once for each time that nothing came for `quiet_interval` after a piece of the body: whoever
  /// gathers pieces has to hand over what he holds.
  std::function<void()> on_quiet = nullptr;
  Milliseconds quiet_interval{50};
};

struct CallEnd {
  std::optional<Failure> failure;
  bool answered = false;  ///< A head came.
  bool ended_by_reader = false;
  /// The answer's own framing says that this was all of it: the last chunk, or as many bytes as
  /// Content-Length. An answer that lasts until the connection ends never has this.
  bool proper = false;
};

CallEnd run_call(const HttpUrl& url, const CallRequest& request, const CallLimits& limits,
                 const AnswerReader& reader, const std::stop_token& stop);

/// The whole answer, where it is small.
struct WholeAnswer {
  CallEnd end;
  AnswerHead head;
  std::string body;
};
WholeAnswer fetch(const HttpUrl& url, const CallRequest& request, const CallLimits& limits,
                  const std::stop_token& stop);

}  // namespace taskfeed::peer

/// From a framed request to the bytes of its answer: what a worker does, between the loop's two
/// halves.
///
/// Threads  Safe from any thread at once.
/// Errors   Each becomes a problem document; an exception of a library becomes 500.
/// Owns     The adapter to cpp-httplib. Borrows the Api.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/api.h"
#include "http/head_rules.h"
#include "http/httplib_adapter.h"
#include "http/token_book.h"

namespace taskfeed::http {

/// Whom a listening socket answers.
struct Access {
  /// Names in `Host`; others get 421. On unix sockets any will do.
  HostRule hosts = HostRule::loopback();
  /// Origins of other sites whose scripts may call ("https://app.example"), beside the same origin.
  std::vector<std::string> origins;
  /// Null: whoever reaches the socket may call.
  std::shared_ptr<const TokenBook> tokens{};
};

/// What belongs to a request and does not stand in it.
struct Circumstances {
  std::shared_ptr<const Access> access;
  std::string request_id;
};

/// The same request is to be asked again: at the task's end, or after the interval.
struct Wait {
  WaitDecision until;
  Request request;
};

struct Answer {
  std::string bytes;  ///< Head and body; of a stream, the head alone.
  bool close = false;
  std::optional<StreamDecision> stream;
  std::optional<Wait> wait{};
  int status = 0;
  const Route* route = nullptr;  ///< None: refused before one was found.

  /// No further request on this connection, whatever this one asked for (RFC 9112, 9.6). What is
  /// known only once the answer is there: the daemon has begun to stop.
  void say_close();
};

class Answerer {
 public:
  explicit Answerer(const Api& api) : api_(api) {}

  Answer answer(Request request, const Circumstances& circumstances) const;
  /// Of a request whose body is still to come: the answer, if none of the body is needed for it.
  std::optional<Answer> before_body(Request head, const Circumstances& circumstances) const;

 private:
  enum class Known { kAll, kHead };
  std::optional<Answer> run(Request request, const Circumstances& circumstances, Known known) const;
  std::optional<Reply> refuse_without_token(const Call& call, std::string_view authorization,
                                            const Access& access) const;
  /// Takes the request's body.
  std::optional<Reply> reply_to(Request& request, const Circumstances& circumstances,
                                Known known) const;

  const Api& api_;
  HttplibAdapter adapter_;
};

/// An answer without a request that could be read, or without a worker to read it.
Answer refusal_answer(int status, std::string_view detail, std::string_view request_id);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110, 5.6.7).
std::string http_date(WallTime time);

}  // namespace taskfeed::http

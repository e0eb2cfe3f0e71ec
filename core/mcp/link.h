/// The port to one server: a way to ask it something and hear the answer, whatever carries it.
///
/// A Link knows no method but the ones that belong to its transport (cancellation, `ping`). What is
/// asked, in which era of the protocol and after which failure, is the Client's to decide.
///
/// Threads  request() and notify() from several threads at once; they block their caller. open()
///          and agree() from one, while nothing is under way. `stop` from any.
/// Errors   Reply says which of four things happened; nothing throws.
/// Owns     Its process or its session.
#pragma once

#include <functional>
#include <stop_token>

#include "base/clock.h"
#include "mcp/message.h"

namespace taskfeed::mcp {

struct Request {
  std::string method;
  Json params = Json::object();
  std::string name = {};                ///< Of the tool, for a header of the stateless era.
  Milliseconds silence_max{60'000};     ///< Nothing about this request; progress begins it anew.
  Milliseconds total_max{30 * 60'000};  ///< Progress or not.
  bool cancellable = true;              ///< The handshake is not (MCP 2025-11-25, cancellation).
  /// Params of notifications/progress, on the thread of request(); false: give up, as by `stop`.
  std::function<bool(const Json& params)> on_progress = {};
};

struct Reply {
  enum class Kind {
    kResult,
    kRefusal,  ///< The server understood, and said no.
    kLost,     ///< Not carried out: the session or the program is gone. `fault` says how.
    kFault,    ///< No answer: kTimeout, kUnavailable, kTooLarge, kInvalid, kUnauthorised.
    kStopped,
  };
  Kind kind = Kind::kStopped;
  Json result = {};
  RpcError refusal = {};
  Error fault = {};
  int http_status = 0;  ///< Of a kRefusal or kFault, where there is one.
};

class Link {
 public:
  virtual ~Link() = default;
  /// Starts the program, or forgets the session. What was under way has ended before.
  virtual Result<void> open() = 0;
  /// False where the next request needs an open() first.
  virtual bool alive() const = 0;
  /// True where it ended by itself after a time without use, which is no failure.
  virtual bool rested() const = 0;
  /// What the handshake found; from now on it is said with each request, where it has to be.
  virtual void agree(const std::string& version, bool stateless) = 0;
  virtual Reply request(const Request& request, std::stop_token stop) = 0;
  virtual Result<void> notify(const std::string& method, const Json& params) = 0;
  /// True once after the server said that its tools are others.
  virtual bool take_tools_changed() = 0;
  /// The server tells of changed tools by itself, so that a list holds until it does.
  virtual bool hears_changes() const = 0;
  /// Ends it, and whatever is under way. Not gently: within a second.
  virtual void close(bool gently) = 0;
};

}  // namespace taskfeed::mcp

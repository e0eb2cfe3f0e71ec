#include "mcp/client.h"

#include <algorithm>
#include <array>

namespace taskfeed::mcp {
namespace {

constexpr std::array<std::string_view, 4> kKnownVersions{"2024-11-05", "2025-03-26", "2025-06-18",
                                                         kHandshakeVersion};

Error stopped() {
  return {Errc::kUnavailable, "stopped"};
}

/// What a server says that knows no handshake. -32602: it misses the stateless era's `_meta`.
bool knows_no_handshake(const Reply& reply) {
  constexpr int64_t kInvalidParams = -32602;
  if (reply.kind == Reply::Kind::kRefusal) {
    return reply.refusal.code == kMethodNotFound || reply.refusal.code == kUnsupportedVersion ||
           reply.refusal.code == kInvalidParams || reply.http_status == 400 ||
           reply.http_status == 404;
  }
  return reply.kind == Reply::Kind::kFault &&
         (reply.http_status == 400 || reply.http_status == 404);
}

/// Why there is no result; "it" is the server.
Error cause(const Reply& reply, const std::string& method) {
  switch (reply.kind) {
    case Reply::Kind::kRefusal:
      return {Errc::kInvalid, "it refused " + method + ": " + reply.refusal.text + " (" +
                                  std::to_string(reply.refusal.code) + ")"};
    case Reply::Kind::kLost:
    case Reply::Kind::kFault:
      return reply.fault;
    default:
      return stopped();
  }
}

}  // namespace

Client::Client(ClientPlan plan, std::unique_ptr<Link> link, const Clock& clock, Log& log,
               const ClientLimits& limits)
    : plan_(std::move(plan)),
      link_(std::move(link)),
      clock_(clock),
      log_(log),
      limits_(limits),
      used_(clock.mono()) {}

MonoTime Client::used() const {
  const std::lock_guard lock(mutex_);
  return used_;
}

void Client::close() {
  link_->close(true);
}

Request Client::request(std::string method, Json params) const {
  Request request;
  request.method = std::move(method);
  request.params = std::move(params);
  request.silence_max = plan_.timeout;
  request.total_max = std::max(plan_.timeout, limits_.call_total_max);
  return request;
}

Error Client::named(const Error& error) const {
  return {error.code, "mcp server \"" + plan_.name + "\": " + plan_.secrets.hide(error.text)};
}

void Client::note_failure_locked(const Error& error, Teller teller) {
  state_ = State::kAway;
  tools_.reset();
  failure_ = error;
  ++failures_;
  // The first death is mended at once. From the second on somebody has to look after it.
  Milliseconds delay{0};
  if (failures_ > 1) {
    delay = limits_.retry_first * (1 << std::min(failures_ - 2, 16));
    delay = std::min(delay, limits_.retry_max);
  }
  retry_at_ = clock_.mono() + delay;
  if (teller == Teller::kCaller) return;
  log_.warn("mcp server \"" + plan_.name + "\" failed: " + plan_.secrets.hide(error.text));
}

/// The number of the connection that stands.
Result<uint64_t> Client::connect(Teller teller, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [this] { return state_ != State::kConnecting; });
  if (stop.stop_requested()) return stopped();
  used_ = clock_.mono();
  if (state_ == State::kConnected) {
    if (link_->alive()) return connection_;
    state_ = State::kAway;
    if (!link_->rested()) note_failure_locked({Errc::kUnavailable, "it ended"}, Teller::kClient);
  }
  if (failures_ > 1 && clock_.mono() < retry_at_) {
    return Error{failure_.code, "it is not available (" + failure_.text +
                                    "); it is tried again in " +
                                    format_duration(retry_at_ - clock_.mono())};
  }
  state_ = State::kConnecting;
  lock.unlock();
  const Result<void> done = shake_hands(stop);
  if (!done) link_->close(false);
  lock.lock();
  state_ = State::kAway;
  changed_.notify_all();
  if (done) {
    state_ = State::kConnected;
    tools_.reset();
    return ++connection_;
  }
  if (!stop.stop_requested()) note_failure_locked(done.error(), teller);
  return done.error();
}

Result<void> Client::shake_hands(const std::stop_token& stop) {
  if (auto opened = link_->open(); !opened) return opened;
  bool ask_stateless = plan_.protocol == runner::McpProtocol::kStateless;
  if (!ask_stateless) {
    if (auto done = initialize(stop, ask_stateless); done || !ask_stateless) return done;
  }
  return discover(stop);
}

Result<void> Client::initialize(const std::stop_token& stop, bool& ask_stateless) {
  Request hello = request("initialize", Json{{"protocolVersion", kHandshakeVersion},
                                             {"capabilities", Json::object()},
                                             {"clientInfo", client_info()}});
  hello.cancellable = false;
  hello.silence_max = std::max(plan_.timeout, limits_.start_max);
  const Reply reply = link_->request(hello, stop);
  if (reply.kind != Reply::Kind::kResult) {
    ask_stateless = plan_.protocol == runner::McpProtocol::kAuto && knows_no_handshake(reply);
    return cause(reply, hello.method);
  }
  const std::string version = string_at(reply.result, "protocolVersion");
  if (std::find(kKnownVersions.begin(), kKnownVersions.end(), version) == kKnownVersions.end()) {
    return Error{Errc::kInvalid, "it speaks the protocol's version \"" + version.substr(0, 40) +
                                     "\", which is not known here"};
  }
  link_->agree(version, false);
  return link_->notify("notifications/initialized", {});
}

Result<void> Client::discover(const std::stop_token& stop) {
  link_->agree(std::string(kStatelessVersion), true);
  Request hello = request("server/discover");
  hello.cancellable = false;
  hello.silence_max = std::max(plan_.timeout, limits_.start_max);
  const Reply reply = link_->request(hello, stop);
  if (reply.kind != Reply::Kind::kResult) return cause(reply, hello.method);
  const Json* const versions = find(reply.result, "supportedVersions");
  const bool known =
      versions != nullptr && versions->is_array() &&
      std::find(versions->begin(), versions->end(), kStatelessVersion) != versions->end();
  if (!known) {
    return Error{Errc::kInvalid, "it does not speak " + std::string(kStatelessVersion) +
                                     ", nor a handshake that is known here"};
  }
  return {};
}

void Client::lost(uint64_t connection) {
  const std::lock_guard lock(mutex_);
  if (connection == connection_ && state_ == State::kConnected) {
    state_ = State::kAway;
    tools_.reset();
  }
}

void Client::died(uint64_t connection, const Error& how, Teller teller) {
  const std::lock_guard lock(mutex_);
  if (connection == connection_ && state_ == State::kConnected) note_failure_locked(how, teller);
}

/// On a connection; where that turns out to be lost before anything happened, on a second one.
Reply Client::ask(const Request& request, Teller teller, const std::stop_token& stop) {
  Reply reply;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const Result<uint64_t> connection = connect(teller, stop);
    if (!connection) {
      reply.kind = stop.stop_requested() ? Reply::Kind::kStopped : Reply::Kind::kFault;
      reply.fault = connection.error();
      return reply;
    }
    reply = link_->request(request, stop);
    if (reply.kind != Reply::Kind::kLost) {
      const bool fault = reply.kind == Reply::Kind::kFault;
      if (fault && !link_->alive()) died(*connection, reply.fault, teller);
      break;
    }
    lost(*connection);
  }
  return reply;
}

Result<ToolPage> Client::list_page(const std::string& cursor, const std::stop_token& stop) {
  Json params = Json::object();
  if (!cursor.empty()) params["cursor"] = cursor;
  Request page = request("tools/list", std::move(params));
  page.silence_max = std::max(plan_.timeout, limits_.start_max);
  Reply reply = ask(page, Teller::kCaller, stop);
  if (reply.kind == Reply::Kind::kRefusal && reply.refusal.code == kMethodNotFound) {
    return ToolPage{};  // A server without tools.
  }
  if (reply.kind != Reply::Kind::kResult) return cause(reply, "tools/list");
  return tools_from(std::move(reply.result), limits_.content);
}

Result<std::vector<RemoteTool>> Client::list(const std::stop_token& stop) {
  std::vector<RemoteTool> tools;
  size_t left_out = 0;
  std::string cursor;
  for (size_t pages = 0; pages < limits_.content.pages_max; ++pages) {
    Result<ToolPage> page = list_page(cursor, stop);
    if (!page) return page.error();
    left_out += page->left_out;
    for (RemoteTool& tool : page->tools) {
      if (tools.size() < limits_.content.tools_max) {
        tools.push_back(std::move(tool));
      } else {
        ++left_out;
      }
    }
    if (page->next_cursor.empty() || page->next_cursor == cursor) break;
    cursor = std::move(page->next_cursor);
  }
  if (left_out > 0) {
    log_.warn("mcp server \"" + plan_.name + "\": " + std::to_string(left_out) +
              " tools are left out, for want of a name or a schema, or because they are too many");
  }
  return tools;
}

Result<std::vector<RemoteTool>> Client::tools(const std::stop_token& stop) {
  if (const auto connection = connect(Teller::kCaller, stop); !connection) {
    return named(connection.error());
  }
  const bool changed = link_->take_tools_changed();
  {
    const std::lock_guard lock(mutex_);
    const bool fresh = link_->hears_changes() || clock_.mono() - listed_at_ < limits_.list_age_max;
    if (tools_ && fresh && !changed) return *tools_;
  }
  Result<std::vector<RemoteTool>> listed = list(stop);
  if (!listed) return named(listed.error());
  const std::lock_guard lock(mutex_);
  tools_ = *listed;
  listed_at_ = clock_.mono();
  return listed;
}

void Client::note_answer(bool silent) {
  const std::lock_guard lock(mutex_);
  used_ = clock_.mono();
  silent_calls_ = silent ? silent_calls_ + 1 : 0;
  if (!silent) failures_ = 0;
  if (silent_calls_ < limits_.silent_calls_max || state_ != State::kConnected) return;
  silent_calls_ = 0;
  note_failure_locked({Errc::kTimeout, "it answers no call any more"},  // Ended by the next open().
                      Teller::kClient);
}

runner::ToolResult Client::call(const std::string& tool, const Json& arguments,
                                const OnProgress& on_progress, const std::stop_token& stop) {
  if (!arguments.is_object()) return failed_call("the arguments are not a JSON object");
  Request call = request("tools/call", Json{{"name", tool}, {"arguments", arguments}});
  if (dump_json(call.params).size() > limits_.arguments_bytes_max) {
    return failed_call("the arguments are over " + std::to_string(limits_.arguments_bytes_max) +
                       " bytes");
  }
  call.name = tool;
  call.on_progress = [&](const Json& params) {
    const std::string line = progress_line(params);
    return line.empty() || on_progress(plan_.secrets.hide(line));
  };
  const Reply reply = ask(call, Teller::kClient, stop);
  runner::ToolResult result;
  switch (reply.kind) {
    case Reply::Kind::kResult:
      note_answer(false);
      result = result_from(reply.result, limits_.content);
      break;
    case Reply::Kind::kRefusal:
      note_answer(false);
      result = failed_call(reply.refusal.text + " (" + std::to_string(reply.refusal.code) + ")");
      break;
    case Reply::Kind::kStopped:
      return failed_call("the call was stopped; how far it came is not known");
    default:
      if (reply.fault.code == Errc::kTimeout) note_answer(true);
      result = failed_call(named(cause(reply, call.method)).text);
  }
  result.text = plan_.secrets.hide(result.text);
  return result;
}

}  // namespace taskfeed::mcp

#include "http/answer.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace taskfeed::http {
namespace {

constexpr std::string_view kClose = "Connection: close\r\n";
constexpr std::string_view kKeepAlive = "Connection: keep-alive\r\n";
constexpr std::string_view kCorsMethods = "GET, HEAD, POST, PUT, DELETE, OPTIONS";
constexpr std::string_view kCorsFields =
    "Authorization, Content-Type, Idempotency-Key, Last-Event-ID";

bool is_own_origin(std::string_view origin, std::string_view host) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return same_name(origin.substr(scheme.size()), host);
  }
  return false;
}

bool is_listed(std::string_view origin, const std::vector<std::string>& origins) {
  return std::any_of(origins.begin(), origins.end(),
                     [origin](const std::string& each) { return same_name(each, origin); });
}

/// No slash of a segment's own, and no NUL: routing is done on the decoded path.
bool hides_a_separator(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  for (size_t at = path.find('%'); at != std::string_view::npos; at = path.find('%', at + 1)) {
    const std::string_view code = path.substr(at + 1, 2);
    if (same_name(code, "2f") || same_name(code, "5c") || code == "00") return true;
  }
  return false;
}

void add_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

struct HeadStyle {
  std::string_view request_id;
  int minor = 1;
  bool close = false;
};

std::string head_of(const Reply& reply, const HeadStyle& style) {
  std::string head = "HTTP/1.1 " + std::to_string(reply.status) + " ";
  head.append(phrase_of(reply.status)).append("\r\n");
  add_field(head, "Date", http_date(SystemClock().wall()));
  if (!style.request_id.empty()) add_field(head, "X-Request-Id", style.request_id);
  add_field(head, "X-Content-Type-Options", "nosniff");
  if (reply.stream) {
    // X-Accel-Buffering: nginx would hold the events back.
    add_field(head, "Cache-Control", "no-store, no-transform");
    add_field(head, "X-Accel-Buffering", "no");
    // Readers that wait for so many bytes of a body take a chunk as it comes, and its end is known.
    if (style.minor > 0) add_field(head, "Transfer-Encoding", "chunked");
  } else {
    add_field(head, "Cache-Control", "no-store");
  }
  if (!reply.content_type.empty()) add_field(head, "Content-Type", reply.content_type);
  for (const Field& field : reply.fields) add_field(head, field.name, field.value);
  // RFC 9110, 8.6: none with 204.
  if (!reply.stream && reply.status != 204) {
    add_field(head, "Content-Length", std::to_string(reply.body.size()));
  }
  // The last field: say_close() puts its own in this place.
  if (style.close) {
    head += kClose;
  } else if (style.minor == 0) {
    head += kKeepAlive;
  }
  return head;
}

/// What the browser asks for, and the Fetch standard's answers to it.
void allow_origin(Reply& reply, std::string_view origin) {
  reply.fields.push_back({"Access-Control-Allow-Origin", std::string(origin)});
  reply.fields.push_back({"Vary", "Origin"});
  reply.fields.push_back({"Access-Control-Expose-Headers",
                          "Content-Location, Idempotency-Replayed, Link, Location, X-Request-Id"});
}

/// RFC 6750, 3: what the caller lacks, in words that programs know.
Reply refuse_caller(const Error& why, const Call& call, bool had_token) {
  Reply reply = refused(why, call);
  std::string challenge = "Bearer realm=\"taskfeed\"";
  if (why.code == Errc::kForbidden) {
    challenge += ", error=\"insufficient_scope\"";
  } else if (had_token) {
    challenge += ", error=\"invalid_token\"";
  }
  reply.fields.push_back({"WWW-Authenticate", std::move(challenge)});
  return reply;
}

void answer_preflight(Reply& reply) {
  reply.fields.push_back({"Access-Control-Allow-Methods", std::string(kCorsMethods)});
  reply.fields.push_back({"Access-Control-Allow-Headers", std::string(kCorsFields)});
  reply.fields.push_back({"Access-Control-Max-Age", "600"});
}

}  // namespace

std::string http_date(WallTime time) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text;
  // Not strftime(): the names are English whatever the locale.
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 kDays[static_cast<size_t>(parts.tm_wday)], parts.tm_mday,
                                 kMonths[static_cast<size_t>(parts.tm_mon)], parts.tm_year + 1900,
                                 parts.tm_hour, parts.tm_min, parts.tm_sec);
  return {text.data(), static_cast<size_t>(size)};
}

void Answer::say_close() {
  if (close) return;
  close = true;
  const size_t end = bytes.find("\r\n\r\n") + 2;
  const bool kept = bytes.compare(end - kKeepAlive.size(), kKeepAlive.size(), kKeepAlive) == 0;
  const size_t at = kept ? end - kKeepAlive.size() : end;
  bytes.replace(at, end - at, kClose);
}

std::optional<Reply> Answerer::refuse_without_token(const Call& call,
                                                    std::string_view authorization,
                                                    const Access& access) const {
  if (!access.tokens) return std::nullopt;
  const std::optional<Scope> needed = api_.scope_of(call);
  if (!needed) return std::nullopt;
  const Result<void> checked = access.tokens->check(authorization, *needed, SystemClock().wall());
  if (checked) return std::nullopt;
  return refuse_caller(checked.error(), call, !authorization.empty());
}

std::optional<Reply> Answerer::reply_to(Request& request, const Circumstances& circumstances,
                                        Known known) const {
  const std::string_view origin = request.field("Origin");
  const bool foreign = !origin.empty() && !is_own_origin(origin, request.field("Host"));
  Call bare;
  bare.path = request.target.substr(0, request.target.find('?'));
  bare.request_id = circumstances.request_id;
  if (foreign && !is_listed(origin, circumstances.access->origins)) {
    return refused(403, "scripts of another site may not call; allow its origin to let them", bare);
  }
  if (hides_a_separator(request.target)) {
    return refused(404, "there is no such path; the API stands under /api/v1", bare);
  }
  const std::string method = request.method;
  const bool preflight =
      foreign && method == "OPTIONS" && !request.field("Access-Control-Request-Method").empty();
  const std::string allowed(foreign ? origin : "");
  const std::string authorization(request.field("Authorization"));
  std::optional<Call> call = adapter_.call_of(request);
  if (!call) return refused(501, "the method " + method + " is unknown here", bare);
  call->request_id = circumstances.request_id;
  // Of a body that is still to come, its length does not matter yet.
  if (known == Known::kHead) call->body_bytes = 1;
  std::optional<Reply> reply = refuse_without_token(*call, authorization, *circumstances.access);
  if (!reply) reply = known == Known::kAll ? api_.handle(*call) : api_.before_body(*call);
  if (reply && foreign) allow_origin(*reply, allowed);
  if (reply && preflight) answer_preflight(*reply);
  return reply;
}

std::optional<Answer> Answerer::run(Request request, const Circumstances& circumstances,
                                    Known known) const {
  const bool head_only = request.method == "HEAD";
  const bool close = !request.keep_alive || known == Known::kHead;
  const int minor = request.minor;
  std::optional<Reply> reply = reply_to(request, circumstances, known);
  if (!reply) return std::nullopt;
  // A stream ends with its connection; it has no length.
  Answer answer{.bytes = {},
                .close = close || reply->stream.has_value(),
                .stream = {},
                .status = reply->status,
                .route = reply->route};
  answer.bytes = head_of(*reply, {circumstances.request_id, minor, answer.close}) + "\r\n";
  if (head_only) return answer;
  answer.bytes += reply->body;
  answer.stream = std::move(reply->stream);
  if (answer.stream) answer.stream->chunked = minor > 0;
  if (reply->wait) answer.wait = Wait{*std::move(reply->wait), std::move(request)};
  return answer;
}

Answer Answerer::answer(Request request, const Circumstances& circumstances) const {
  return *run(std::move(request), circumstances, Known::kAll);
}

std::optional<Answer> Answerer::before_body(Request head,
                                            const Circumstances& circumstances) const {
  return run(std::move(head), circumstances, Known::kHead);
}

Answer refusal_answer(int status, std::string_view detail, std::string_view request_id) {
  Call call;
  call.request_id = request_id;
  const Reply reply = refused(status, detail, call);
  return {.bytes = head_of(reply, {request_id, 1, true}) + "\r\n" + reply.body,
          .close = true,
          .stream = {},
          .status = status};
}

}  // namespace taskfeed::http

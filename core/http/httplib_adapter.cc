#include "http/httplib_adapter.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <httplib.h>

#include "http/head_rules.h"

namespace taskfeed::http {
namespace {

/// What the API reads. Others stay behind: of some cpp-httplib makes work of its own (Range,
/// Expect), and a field that fills RequestReader's limit is over cpp-httplib's.
constexpr std::array<std::string_view, 3> kFields{"Accept", "Content-Type", "Last-Event-ID"};

std::string head_of(const Request& request) {
  std::string head = request.method + " " + request.target + " HTTP/1.1\r\n";
  for (const std::string_view name : kFields) {
    const std::string_view value = request.field(name);
    if (value.empty()) continue;
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return head += "\r\n";
}

/// The head to read from; what is written is dropped. No `override`: later versions of cpp-httplib
/// ask for more of these, and for other ones.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string_view text) : rest_(text) {}

  // NOLINTBEGIN(modernize-use-override)
  bool is_readable() const { return true; }
  bool is_writable() const { return true; }
  bool wait_readable() const { return true; }
  bool wait_writable() const { return true; }
  ssize_t read(char* into, size_t size) {
    const size_t taken = rest_.copy(into, size);
    rest_.remove_prefix(taken);
    return static_cast<ssize_t>(taken);
  }
  ssize_t write(const char*, size_t size) { return static_cast<ssize_t>(size); }
  void get_remote_ip_and_port(std::string&, int&) const {}
  void get_local_ip_and_port(std::string&, int&) const {}
  time_t duration() const { return 0; }
  /// Never 0, as BufferStream's: that is stdin.
  socket_t socket() const { return INVALID_SOCKET; }
  // NOLINTEND(modernize-use-override)

 private:
  std::string_view rest_;
};

std::string media_type(std::string_view content_type) {
  std::string type(trim_ows(content_type.substr(0, content_type.find(';'))));
  std::transform(type.begin(), type.end(), type.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return type;
}

/// Some clients send the field as a Structured Field's text (RFC 9651), which has quotes around it.
std::string unquoted(std::string_view value) {
  value = trim_ows(value);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return std::string(value);
}

Call from(const httplib::Request& parsed) {
  Call call;
  call.method = parsed.method;
  call.path = parsed.path;
  for (const auto& [name, value] : parsed.params) call.query.push_back({name, value});
  call.content_type = media_type(parsed.get_header_value("Content-Type"));
  call.accept = parsed.get_header_value("Accept");
  call.last_event_id = parsed.get_header_value("Last-Event-ID");
  return call;
}

}  // namespace

class HttplibAdapter::Parser final : public httplib::Server {
 public:
  Parser() {
    // Before any of its routing, and instead of it.
    set_pre_routing_handler(
        [](const httplib::Request&, httplib::Response&) { return HandlerResponse::Handled; });
  }

  std::optional<Call> parse(std::string_view head) {
    MemoryStream stream(head);
    std::optional<Call> call;
    bool closed = false;
    const std::function<void(httplib::Request&)> take = [&call](httplib::Request& parsed) {
      call = from(parsed);
    };
    process(*this, stream, closed, take);
    return call;
  }

 private:
  /// process_request() has taken the addresses of both ends since 0.18; which it takes here is
  /// asked of the compiler, since CPPHTTPLIB_VERSION is a text that #if cannot compare.
  template <class Self>
  static void process(Self& self, httplib::Stream& stream, bool& closed,
                      const std::function<void(httplib::Request&)>& take) {
    if constexpr (requires { self.process_request(stream, true, closed, take); }) {
      self.process_request(stream, true, closed, take);
    } else {
      self.process_request(stream, std::string(), 0, std::string(), 0, true, closed, take);
    }
  }
};

HttplibAdapter::HttplibAdapter() : parser_(std::make_unique<Parser>()) {}

HttplibAdapter::~HttplibAdapter() = default;

std::optional<Call> HttplibAdapter::call_of(Request& request) const {
  std::optional<Call> call;
  try {
    call = parser_->parse(head_of(request));
  } catch (const std::exception&) {
    return std::nullopt;
  }
  if (!call) return std::nullopt;
  // One that is empty is there, and wrong; the parser would leave it out.
  for (const Field& field : request.fields) {
    if (same_name(field.name, "Idempotency-Key")) call->idempotency_key = unquoted(field.value);
  }
  call->body_bytes = request.body.size();
  call->body = std::move(request.body);
  return call;
}

}  // namespace taskfeed::http

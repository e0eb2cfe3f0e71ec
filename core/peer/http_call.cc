#include "peer/http_call.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <httplib.h>

namespace taskfeed::peer {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

std::string media_type(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  return lower(content_type);
}

AnswerHead head_of(const httplib::Response& response) {
  AnswerHead head;
  head.status = response.status;
  for (const auto& [name, value] : response.headers) head.fields.emplace(lower(name), value);
  head.content_type = media_type(head.field("content-type"));
  return head;
}

/// What cpp-httplib reads and writes: the wire, with the time kept and the bytes counted. No
/// `override`: later versions ask for more of these, and for other ones.
class CallStream final : public httplib::Stream {
 public:
  CallStream(Wire& wire, const CallLimits& limits, const AnswerReader& reader)
      : wire_(wire), limits_(limits), reader_(reader) {}

  // NOLINTBEGIN(modernize-use-override)
  bool is_readable() const { return true; }
  bool is_writable() const { return true; }
  bool wait_readable() const { return true; }
  bool wait_writable() const { return true; }
  ssize_t write(const char* bytes, size_t size) {
    if (failure_) return -1;
    failure_ = wire_.send(std::string_view(bytes, size), limits_.first_byte_timeout);
    asked_at_ = mono_now();
    return failure_ ? -1 : static_cast<ssize_t>(size);
  }
  ssize_t read(char* into, size_t size) {
    if (failure_) return -1;
    if (begin_ == end_ && !fill()) return failure_ ? -1 : 0;
    size_t taken = std::min(size, end_ - begin_);
    if (!check_limits(taken)) return -1;
    std::memcpy(into, buffer_.data() + begin_, taken);
    begin_ += taken;
    return static_cast<ssize_t>(taken);
  }
  void get_remote_ip_and_port(std::string&, int&) const {}
  void get_local_ip_and_port(std::string&, int&) const {}
  time_t duration() const { return 0; }
  socket_t socket() const { return INVALID_SOCKET; }
  // NOLINTEND(modernize-use-override)

  /// A piece of the body has been handed on.
  void piece_came() {
    body_began_ = true;
    unclaimed_ = 0;
  }
  std::optional<Failure>& failure() { return failure_; }

 private:
  bool fill() {
    MonoTime until =
        body_began_ ? mono_now() + limits_.silence_timeout : asked_at_ + limits_.first_byte_timeout;
    Fault late = body_began_ ? Fault::kSilenceTimeout : Fault::kFirstByteTimeout;
    if (limits_.whole_timeout.count() > 0 && asked_at_ + limits_.whole_timeout < until) {
      until = asked_at_ + limits_.whole_timeout;
      late = Fault::kWholeTimeout;
    }
    const Wire::Received got = receive(until, late);
    failure_ = got.failure;
    begin_ = 0;
    end_ = got.bytes;
    return !failure_ && got.bytes > 0;
  }
  Wire::Received receive(MonoTime until, Fault late) {
    const MonoTime quiet = mono_now() + reader_.quiet_interval;
    if (body_began_ && reader_.on_quiet && quiet < until) {
      Wire::Received got = wire_.receive(buffer_.data(), buffer_.size(), quiet, late);
      if (!got.failure || got.failure->fault != late) return got;
      reader_.on_quiet();
    }
    return wire_.receive(buffer_.data(), buffer_.size(), until, late);
  }
  /// Bytes that are no body: of the status line, of the head, around a chunk.
  bool check_limits(size_t& taken) {
    if (!status_line_over_) {
      // Byte by byte, as cpp-httplib reads a line: its end is seen here first.
      taken = 1;
      status_line_over_ = buffer_[begin_] == '\n';
      if (++status_line_bytes_ > limits_.status_line_bytes_max) {
        failure_ = {Fault::kProtocol, "the server's answer begins with no HTTP status line"};
        return false;
      }
    }
    unclaimed_ += taken;
    // What cpp-httplib reads of a body in one piece comes on top.
    if (unclaimed_ <= limits_.head_bytes_max + CPPHTTPLIB_RECV_BUFSIZ) return true;
    failure_ = {Fault::kTooLarge, "the head of the server's answer is over " +
                                      std::to_string(limits_.head_bytes_max) + " bytes"};
    return false;
  }

  Wire& wire_;
  const CallLimits& limits_;
  const AnswerReader& reader_;
  std::array<char, 16 * 1024> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  MonoTime asked_at_ = mono_now();
  bool body_began_ = false;
  bool status_line_over_ = false;
  size_t status_line_bytes_ = 0;
  size_t unclaimed_ = 0;
  std::optional<Failure> failure_;
};

/// cpp-httplib's client, for its framing alone.
class Framing final : public httplib::ClientImpl {
 public:
  explicit Framing(const HttpUrl& url) : ClientImpl(url.host, url.port) {
    set_follow_location(false);
    set_decompress(false);
    set_url_encode(false);
  }
  bool exchange(httplib::Stream& stream, httplib::Request& request, httplib::Response& response) {
    httplib::Error error = httplib::Error::Success;
    return process_request(stream, request, response, true, error);
  }
};

httplib::Request request_of(const HttpUrl& url, const CallRequest& request) {
  httplib::Request made;
  made.method = request.method;
  made.path = url.path + request.target;
  made.headers.emplace("Host", url.host_field());
  made.headers.emplace("Accept", request.accept);
  made.headers.emplace("Accept-Encoding", "identity");
  made.headers.emplace("User-Agent", "taskfeed");
  if (!request.body.empty() || request.method == "POST") {
    made.headers.emplace("Content-Type", request.content_type);
  }
  for (const auto& [name, value] : request.headers) {
    made.headers.erase(name);
    made.headers.emplace(name, value);
  }
  made.body = request.body;
  return made;
}

bool frames_itself(const AnswerHead& head) {
  return lower(head.field("transfer-encoding")) == "chunked" ||
         !head.field("content-length").empty() || head.status == 204;
}

class Exchange {
 public:
  Exchange(const HttpUrl& url, const CallRequest& request, const CallLimits& limits,
           const AnswerReader& reader, const std::stop_token& stop)
      : url_(url), request_(request), limits_(limits), reader_(reader), wire_(url, stop) {}

  CallEnd run() {
    end_.failure = wire_.connect(limits_.connect_timeout);
    if (end_.failure) return end_;
    CallStream stream(wire_, limits_, reader_);
    bool whole = false;
    try {
      whole = exchange(stream);
    } catch (const std::exception& thrown) {
      end_.failure = {Fault::kProtocol,
                      "the answer of " + url_.str() + " cannot be read: " + thrown.what()};
      return end_;
    }
    if (end_.ended_by_reader) return end_;
    if (stream.failure()) {
      end_.failure = stream.failure();
    } else if (!whole && !end_.failure) {
      end_.failure = broken();
    }
    end_.proper = whole && !end_.failure && frames_itself(head_);
    return end_;
  }

 private:
  bool exchange(CallStream& stream) {
    httplib::Request made = request_of(url_, request_);
    made.response_handler = [this](const httplib::Response& response) { return head(response); };
    made.content_receiver = [this, &stream](const char* bytes, size_t size, uint64_t, uint64_t) {
      stream.piece_came();
      return piece(std::string_view(bytes, size));
    };
    httplib::Response response;
    const bool whole = Framing(url_).exchange(stream, made, response);
    // cpp-httplib does not call the handler for an answer that has no body, such as 204.
    if (whole && !end_.answered) head(response);
    return whole;
  }
  bool head(const httplib::Response& response) {
    end_.answered = true;
    head_ = head_of(response);
    end_.ended_by_reader = reader_.on_head && !reader_.on_head(head_);
    return !end_.ended_by_reader;
  }
  bool piece(std::string_view bytes) {
    body_bytes_ += bytes.size();
    if (body_bytes_ > limits_.body_bytes_max) {
      end_.failure = {Fault::kTooLarge, "the answer of " + url_.str() + " is over " +
                                            std::to_string(limits_.body_bytes_max) + " bytes"};
      return false;
    }
    end_.ended_by_reader = reader_.on_bytes && !reader_.on_bytes(bytes);
    return !end_.ended_by_reader;
  }
  Failure broken() const {
    if (end_.answered) {
      return {Fault::kCut, "the connection to " + url_.str() + " ended within the answer"};
    }
    return {Fault::kConnect, url_.str() + " closed the connection without an answer of HTTP"};
  }

  const HttpUrl& url_;
  const CallRequest& request_;
  const CallLimits& limits_;
  const AnswerReader& reader_;
  Wire wire_;
  AnswerHead head_;
  CallEnd end_;
  size_t body_bytes_ = 0;
};

}  // namespace

std::string AnswerHead::field(std::string_view name) const {
  const auto found = fields.find(std::string(name));
  return found == fields.end() ? std::string() : found->second;
}

CallEnd run_call(const HttpUrl& url, const CallRequest& request, const CallLimits& limits,
                 const AnswerReader& reader, const std::stop_token& stop) {
  return Exchange(url, request, limits, reader, stop).run();
}

WholeAnswer fetch(const HttpUrl& url, const CallRequest& request, const CallLimits& limits,
                  const std::stop_token& stop) {
  WholeAnswer answer;
  const AnswerReader reader{[&answer](const AnswerHead& head) {
                              answer.head = head;
                              return true;
                            },
                            [&answer](std::string_view bytes) {
                              answer.body.append(bytes);
                              return true;
                            }};
  answer.end = run_call(url, request, limits, reader, stop);
  return answer;
}

}  // namespace taskfeed::peer

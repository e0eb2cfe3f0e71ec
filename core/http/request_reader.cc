#include "http/request_reader.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace taskfeed::http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Fields that decide on framing or routing: never taken from a trailer (RFC 9110, 6.5.1).
bool is_forbidden_trailer(std::string_view name) {
  for (const std::string_view each :
       {"transfer-encoding", "content-length", "host", "content-encoding", "content-type",
        "connection", "expect", "trailer", "authorization", "te"}) {
    if (same_name(name, each)) return true;
  }
  return false;
}

}  // namespace

std::string_view Request::field(std::string_view name) const {
  for (const Field& each : fields) {
    if (same_name(each.name, name)) return each.value;
  }
  return {};
}

size_t RequestReader::feed(std::string_view bytes) {
  size_t at = 0;
  while (at < bytes.size() && state_ != State::kDone && state_ != State::kRefused) {
    if (step_ == Step::kSized || step_ == Step::kChunk) {
      at += take_body(bytes.substr(at));
    } else {
      take_byte(bytes[at]);
      ++at;
    }
  }
  return at;
}

bool RequestReader::take_continue() {
  return std::exchange(continue_wanted_, false);
}

Request RequestReader::take() {
  TF_ASSERT(state_ == State::kDone);
  Request taken = std::move(request_);
  *this = RequestReader(*limits_, *hosts_);
  return taken;
}

void RequestReader::refuse(int status, std::string_view detail) {
  if (state_ == State::kRefused) return;
  state_ = State::kRefused;
  refusal_ = {status, std::string(detail)};
  text_ = {};
}

bool RequestReader::expect(bool holds, std::string_view detail) {
  if (!holds) refuse(400, detail);
  return holds;
}

void RequestReader::take_byte(char c) {
  if (state_ == State::kBody) {
    if (in_trailer_) {
      take_field_byte(c);
    } else {
      take_chunk_byte(c);
    }
    return;
  }
  if (++head_bytes_ > limits_->head_bytes_max) {
    return refuse(431, "the head is over " + std::to_string(limits_->head_bytes_max) + " bytes");
  }
  if (step_ < Step::kFieldStart) {
    take_line_byte(c);
  } else {
    take_field_byte(c);
  }
}

/// method SP target SP "HTTP/" DIGIT "." DIGIT CR LF, with exactly these spaces.
void RequestReader::take_line_byte(char c) {
  switch (step_) {
    case Step::kBeforeLine:
      if (c == '\r' && !empty_line_seen_) {
        empty_line_seen_ = true;
        step_ = Step::kBeforeLineLf;
        return;
      }
      step_ = Step::kMethod;
      [[fallthrough]];
    case Step::kMethod:
      if (c == ' ' && !text_.empty()) {
        request_.method = std::exchange(text_, {});
        step_ = Step::kTarget;
        return;
      }
      if (!expect(is_token_char(c), "the method is not a token followed by one space")) return;
      text_ += c;
      // RFC 9112, 3: as any method that is longer than all that are known.
      if (text_.size() > limits_->method_bytes_max) refuse(501, "the method is too long");
      return;
    case Step::kBeforeLineLf:
      if (expect(c == '\n', "a bare CR stands before the request line")) step_ = Step::kBeforeLine;
      return;
    case Step::kTarget:
      if (c == ' ' && !text_.empty()) {
        request_.target = std::exchange(text_, {});
        const bool star = request_.target == "*" && request_.method == "OPTIONS";
        // CONNECT's is an authority (RFC 9112, 3.2.3): a path is none, and no tunnel begins here.
        const bool path = request_.method != "CONNECT" && is_origin_form(request_.target);
        expect(star || path,
               "the request target is not a path that starts with / and is percent-encoded");
        step_ = Step::kVersion;
        return;
      }
      if (!expect(c > ' ' && c < 0x7f, "the request target holds a control character or a space")) {
        return;
      }
      text_ += c;
      if (text_.size() > limits_->target_bytes_max) {
        refuse(414, "the request target is over " + std::to_string(limits_->target_bytes_max) +
                        " bytes");
      }
      return;
    case Step::kVersion:
      if (c == '\r') return end_version();
      if (!expect(c > ' ' && c < 0x7f && text_.size() < 8,
                  "the request line must end in HTTP/1.1")) {
        return;
      }
      text_ += c;
      return;
    case Step::kLineLf:
      if (expect(c == '\n', "a bare CR ends the request line")) step_ = Step::kFieldStart;
      return;
    default:
      TF_ASSERT_TEXT(false, "a byte of the request line in another step");
  }
}

void RequestReader::end_version() {
  const bool version = text_.size() == 8 && text_.starts_with("HTTP/") && text_[6] == '.' &&
                       hex_value(text_[5]) >= 0 && hex_value(text_[5]) <= 9 &&
                       hex_value(text_[7]) >= 0 && hex_value(text_[7]) <= 9;
  if (!expect(version, "the request line must end in HTTP/1.1")) return;
  if (text_ != "HTTP/1.1" && text_ != "HTTP/1.0") {
    return refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
  }
  request_.minor = text_[7] - '0';
  text_.clear();
  step_ = Step::kLineLf;
}

/// A field line of the head or of the trailers, and the empty line that ends them.
void RequestReader::take_field_byte(char c) {
  switch (step_) {
    case Step::kFieldStart:
    case Step::kTrailerStart:
      if (c == '\r') {
        step_ = in_trailer_ ? Step::kTrailerLf : Step::kHeadLf;
        return;
      }
      if (!expect(c != ' ' && c != '\t', "a field line is folded")) return;
      if (++fields_ > limits_->fields_max) {
        return refuse(431, "more than " + std::to_string(limits_->fields_max) + " fields");
      }
      line_bytes_ = 0;
      request_.fields.emplace_back();
      step_ = Step::kFieldName;
      [[fallthrough]];
    case Step::kFieldName:
    case Step::kFieldValue:
      if (c != '\r' && ++line_bytes_ > limits_->field_bytes_max) {
        return refuse(431,
                      "a field is over " + std::to_string(limits_->field_bytes_max) + " bytes");
      }
      if (step_ == Step::kFieldName) {
        if (c == ':' && !text_.empty()) {
          request_.fields.back().name = std::exchange(text_, {});
          step_ = Step::kFieldValue;
        } else if (expect(is_token_char(c), "a field's name is not a token followed by a colon")) {
          text_ += c;
        }
        return;
      }
      if (c == '\r') {
        step_ = Step::kFieldLf;
      } else if (expect(is_field_value_char(c), "a field's value holds a control character")) {
        text_ += c;
      }
      return;
    case Step::kFieldLf:
      if (!expect(c == '\n', "a bare CR stands in a field")) return;
      end_field();
      return;
    case Step::kHeadLf:
      if (expect(c == '\n', "a bare CR ends the head")) end_head();
      return;
    case Step::kTrailerLf:
      if (expect(c == '\n', "a bare CR ends the trailers")) finish();
      return;
    default:
      TF_ASSERT_TEXT(false, "a byte of a field in another step");
  }
}

void RequestReader::end_field() {
  Field& field = request_.fields.back();
  field.value = trim_ows(text_);
  text_.clear();
  step_ = Step::kFieldStart;
  if (!in_trailer_) return;
  step_ = Step::kTrailerStart;
  expect(!is_forbidden_trailer(field.name), "a trailer holds a field that belongs into the head");
  request_.fields.pop_back();  // Nothing here reads trailers.
}

void RequestReader::end_head() {
  check_host();
  if (state_ == State::kRefused) return;
  request_.keep_alive = request_.minor == 1;
  bool closing = false;
  for (const Field& field : request_.fields) {
    if (same_name(field.name, "connection")) {
      std::string_view rest = field.value;
      while (!rest.empty()) {
        const size_t comma = std::min(rest.find(','), rest.size());
        const std::string_view option = trim_ows(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        // RFC 9112, 9.3: close wins over keep-alive, wherever it stands.
        if (same_name(option, "close")) closing = true;
        // What HTTP/1.0 asks for it with (RFC 9112, C.2.2).
        if (same_name(option, "keep-alive")) request_.keep_alive = true;
        // A connection option names fields of this hop; framing is not an option's to remove.
        if (same_name(option, "host") || same_name(option, "content-length") ||
            same_name(option, "transfer-encoding")) {
          return refuse(400, "Connection names a field that frames the request");
        }
      }
    } else if (same_name(field.name, "content-encoding")) {
      return refuse(415, "request bodies are taken without Content-Encoding only");
    } else if (same_name(field.name, "expect") && request_.minor == 1) {
      if (!same_name(field.value, "100-continue")) {
        return refuse(417, "the only expectation that is met here is 100-continue");
      }
      continue_wanted_ = true;
    }
  }
  if (closing) request_.keep_alive = false;
  read_framing();
}

void RequestReader::check_host() {
  const Field* host = nullptr;
  for (const Field& field : request_.fields) {
    if (!same_name(field.name, "host")) continue;
    if (host != nullptr) return refuse(400, "more than one Host");
    host = &field;
  }
  if (host == nullptr) {
    expect(request_.minor == 0, "Host is missing");
    return;
  }
  if (hosts_->any && host->value.empty()) return;
  const std::optional<HostPort> parsed = parse_host(host->value);
  if (!parsed) return refuse(400, "Host is not host:port");
  if (!hosts_->allows(*parsed)) {
    // RFC 9110, 15.5.20.
    refuse(421, "this server does not answer to the name in Host; add it to the allowed hosts");
  }
}

/// RFC 9112, 6.3, without any of its ways to go on after a contradiction.
void RequestReader::read_framing() {
  const Field* length = nullptr;
  const Field* coding = nullptr;
  for (const Field& field : request_.fields) {
    if (same_name(field.name, "content-length")) {
      if (length != nullptr) return refuse(400, "more than one Content-Length");
      length = &field;
    } else if (same_name(field.name, "transfer-encoding")) {
      if (coding != nullptr) return refuse(400, "more than one Transfer-Encoding");
      coding = &field;
    }
  }
  if (coding != nullptr) {
    if (length != nullptr) return refuse(400, "Content-Length beside Transfer-Encoding");
    if (request_.minor == 0) return refuse(400, "Transfer-Encoding in HTTP/1.0");
    if (!same_name(coding->value, "chunked")) return refuse_coding(coding->value);
    state_ = State::kBody;
    step_ = Step::kChunkSize;
    return;
  }
  if (length == nullptr) return finish();
  const std::optional<uint64_t> bytes = parse_content_length(length->value);
  if (!bytes) {
    const bool digits = !length->value.empty() &&
                        length->value.find_first_not_of("0123456789") == std::string::npos;
    if (!digits) return refuse(400, "Content-Length is not a number of digits");
  }
  if (!bytes || *bytes > limits_->body_bytes_max) {
    return refuse(413, "the body is over " + std::to_string(limits_->body_bytes_max) + " bytes");
  }
  if (*bytes == 0) return finish();
  body_left_ = *bytes;
  state_ = State::kBody;
  step_ = Step::kSized;
}

/// RFC 9112, 6.3: without chunked as its last coding, a request's length cannot be told. Known by
/// that length, though not decoded here, are those with other codings before it (6.1).
void RequestReader::refuse_coding(std::string_view codings) {
  const size_t comma = codings.rfind(',');
  const bool chunked_ends =
      comma != std::string_view::npos && same_name(trim_ows(codings.substr(comma + 1)), "chunked");
  if (!chunked_ends) return refuse(400, "Transfer-Encoding does not end in chunked");
  refuse(501, "the only transfer coding that is read here is chunked");
}

size_t RequestReader::take_body(std::string_view bytes) {
  continue_wanted_ = false;
  const size_t taken = static_cast<size_t>(std::min<uint64_t>(bytes.size(), body_left_));
  request_.body.append(bytes.substr(0, taken));
  body_left_ -= taken;
  if (body_left_ == 0) {
    if (step_ == Step::kSized) {
      finish();
    } else {
      step_ = Step::kChunkEnd;
    }
  }
  return taken;
}

/// chunk-size [ chunk-ext ] CR LF, and the CR LF after a chunk (RFC 9112, 7.1).
void RequestReader::take_chunk_byte(char c) {
  continue_wanted_ = false;
  switch (step_) {
    case Step::kChunkSize:
      if (const int digit = hex_value(c); digit >= 0) {
        // Sixteen digits would overflow; eight are far over any cap.
        if (!expect(++chunk_digits_ <= 8, "a chunk's size has too many digits")) return;
        body_left_ = body_left_ * 16 + static_cast<uint64_t>(digit);
        return;
      }
      if (!expect(chunk_digits_ > 0 && (c == '\r' || c == ';'),
                  "a chunk's size is not hex digits")) {
        return;
      }
      line_bytes_ = 0;
      step_ = c == '\r' ? Step::kChunkSizeLf : Step::kChunkExtension;
      return;
    case Step::kChunkExtension:
      if (c == '\r') {
        step_ = Step::kChunkSizeLf;
        return;
      }
      if (!expect(is_field_value_char(c), "a chunk's extension holds a control character")) return;
      expect(++line_bytes_ <= limits_->chunk_line_bytes_max &&
                 ++extension_bytes_ <= limits_->chunk_extension_bytes_max,
             "a chunk's extensions are too long");
      return;
    case Step::kChunkSizeLf:
      if (expect(c == '\n', "a bare CR stands after a chunk's size")) end_chunk_size();
      return;
    case Step::kChunkEnd:
      if (expect(c == '\r', "a chunk is longer than its size")) step_ = Step::kChunkEndLf;
      return;
    case Step::kChunkEndLf:
      if (expect(c == '\n', "a bare CR stands after a chunk")) step_ = Step::kChunkSize;
      return;
    default:
      TF_ASSERT_TEXT(false, "a byte of a chunk in another step");
  }
}

void RequestReader::end_chunk_size() {
  chunk_digits_ = 0;
  if (body_left_ == 0) {
    in_trailer_ = true;
    step_ = Step::kTrailerStart;
    return;
  }
  if (request_.body.size() + body_left_ > limits_->body_bytes_max) {
    return refuse(413, "the body is over " + std::to_string(limits_->body_bytes_max) + " bytes");
  }
  step_ = Step::kChunk;
}

void RequestReader::finish() {
  continue_wanted_ = false;
  step_ = Step::kDone;
  state_ = State::kDone;
}

}  // namespace taskfeed::http

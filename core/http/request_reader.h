/// Frames HTTP/1.1 requests, strictly by RFC 9112; nothing else here decides where one ends.
///
/// Bytes arrive in any pieces: the verdict depends on the bytes alone, never on where they were
/// cut (one step per byte of the head; a test and a fuzzer hold this). cpp-httplib sees a request
/// only after it came through here, since it is lenient itself.
///
/// Threads  One at a time; pure, no I/O.
/// Errors   A Refusal, after which the connection answers and closes: the rest cannot be framed.
/// Owns     The unfinished request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/head_rules.h"
#include "http/request.h"

namespace taskfeed::http {

/// Ceilings of one request; over one it is refused before more is read.
struct RequestLimits {
  size_t method_bytes_max = 32;             ///< 501
  size_t target_bytes_max = 4 * 1024;       ///< 414
  size_t field_bytes_max = 8 * 1024;        ///< One field line without its CR LF; 431.
  size_t fields_max = 64;                   ///< Trailers counted; 431.
  size_t head_bytes_max = 64 * 1024;        ///< All of the head; 431.
  size_t body_bytes_max = 1024 * 1024;      ///< 413, on the announcement already.
  size_t chunk_line_bytes_max = 256;        ///< A chunk's size with its extensions; 400.
  size_t chunk_extension_bytes_max = 4096;  ///< All of a body's extensions; 400.
};

struct Refusal {
  int status = 400;
  std::string detail;  ///< One sentence.
  bool operator==(const Refusal&) const = default;
};

class RequestReader {
 public:
  enum class State { kHead, kBody, kDone, kRefused };

  /// Borrows `hosts`, which outlives the reader.
  RequestReader(const RequestLimits& limits, const HostRule& hosts)
      : limits_(&limits), hosts_(&hosts) {}

  /// How many bytes were taken: all, unless the request ended (kDone; the rest is the next one's)
  /// or was refused.
  size_t feed(std::string_view bytes);

  State state() const { return state_; }
  /// A byte of this request was seen.
  bool started() const { return head_bytes_ > 0; }
  /// The head asks for "100 Continue" and no byte of the body has come. Once.
  bool take_continue();
  size_t body_bytes() const { return request_.body.size(); }
  const Refusal& refusal() const { return refusal_; }
  /// In kBody: the head is whole, the body is not.
  const Request& request() const { return request_; }
  /// In kDone: the request; the reader starts anew.
  Request take();

 private:
  enum class Step : uint8_t {
    kBeforeLine,  ///< One empty line may stand here (RFC 9112, 2.2).
    kBeforeLineLf,
    kMethod,
    kTarget,
    kVersion,
    kLineLf,
    kFieldStart,
    kFieldName,
    kFieldValue,
    kFieldLf,
    kHeadLf,
    kSized,
    kChunkSize,
    kChunkExtension,
    kChunkSizeLf,
    kChunk,
    kChunkEnd,
    kChunkEndLf,
    kTrailerStart,
    kTrailerLf,
    kDone,
  };

  void take_byte(char c);
  void take_line_byte(char c);
  void take_field_byte(char c);
  void take_chunk_byte(char c);
  size_t take_body(std::string_view bytes);
  void end_version();
  void end_field();
  void end_trailer();
  void end_head();
  void end_chunk_size();
  void check_host();
  void read_framing();
  void refuse_coding(std::string_view codings);
  void finish();
  void refuse(int status, std::string_view detail);
  bool expect(bool holds, std::string_view detail);

  const RequestLimits* limits_;
  const HostRule* hosts_;
  State state_ = State::kHead;
  Step step_ = Step::kBeforeLine;
  bool in_trailer_ = false;
  bool empty_line_seen_ = false;
  bool continue_wanted_ = false;
  uint8_t chunk_digits_ = 0;
  uint32_t head_bytes_ = 0;
  uint32_t fields_ = 0;
  uint32_t line_bytes_ = 0;  ///< Of the field or chunk line under way.
  uint32_t extension_bytes_ = 0;
  uint64_t body_left_ = 0;  ///< Of the sized body, or of the chunk.
  std::string text_;        ///< The element under way.
  Request request_;
  Refusal refusal_;
};

}  // namespace taskfeed::http

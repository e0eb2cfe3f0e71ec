/// Streams of bytes that two servers may read differently: in each, a second request hides.
///
/// What hides has the target /hidden. A server that lets it through as a request of its own can be
/// fed, behind a proxy that reads otherwise, requests that the proxy never saw.
///
/// Threads  Constants.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace taskfeed::testing {

struct SmugglingSample {
  std::string_view name;
  int status;  ///< The refusal; 0: framed as one request, whose body keeps what hides.
  std::string bytes;
};

using std::string_literals::operator""s;

inline const std::string kHidden = "GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";
inline const std::string kLength = std::to_string(kHidden.size());
inline const std::string kSized = "Content-Length: " + kLength + "\r\n";
inline const std::string kChunked = "Transfer-Encoding: chunked\r\n";

inline std::string post(const std::string& fields, const std::string& rest) {
  return "POST /seen HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n" + rest;
}
inline std::string chunks(const std::string& rest) {
  return post(kChunked, rest);
}

/// Two framings at once: who believes which?
inline std::vector<SmugglingSample> two_framings() {
  return {
      {"CL.TE", 400, post("Content-Length: 5\r\n" + kChunked, "0\r\n\r\n" + kHidden)},
      {"TE.CL", 400,
       post(kChunked + "Content-Length: 4\r\n", "29\r\n" + kHidden + "\r\n0\r\n\r\n")},
      {"TE.CL of length 0", 400, post(kChunked + "Content-Length: 0\r\n", "0\r\n\r\n" + kHidden)},
      {"TE.TE, the second unknown", 400, post(kChunked + "Transfer-Encoding: x\r\n", kHidden)},
      {"TE.TE, the first unknown", 400, post("Transfer-Encoding: x\r\n" + kChunked, kHidden)},
      {"TE.TE, twice the same", 400, post(kChunked + kChunked, "0\r\n\r\n" + kHidden)},
      {"CL.CL, the second longer", 400, post("Content-Length: 0\r\n" + kSized, kHidden)},
      {"CL.CL, the second shorter", 400, post(kSized + "Content-Length: 0\r\n", kHidden)},
      {"CL.CL, twice the same", 400, post(kSized + kSized, kHidden)},
      {"CL.CL in one field", 400, post("Content-Length: 0, " + kLength + "\r\n", kHidden)},
      {"CL in another case", 400, post("content-length: 0\r\nCONTENT-LENGTH: 41\r\n", kHidden)},
      {"TE in HTTP/1.0", 400, "POST /seen HTTP/1.0\r\n" + kChunked + "\r\n0\r\n\r\n" + kHidden},
      {"CL and TE in HTTP/1.0", 400,
       "POST /seen HTTP/1.0\r\n" + kSized + kChunked + "\r\n" + kHidden},
      {"TE removed by Connection", 400,
       post("Connection: Transfer-Encoding\r\n" + kChunked, "0\r\n\r\n" + kHidden)},
      {"CL removed by Connection", 400, post("Connection: content-length\r\n" + kSized, kHidden)},
  };
}

/// A length that is a number to some.
inline std::vector<SmugglingSample> odd_lengths() {
  return {
      {"CL with a plus", 400, post("Content-Length: +" + kLength + "\r\n", kHidden)},
      {"CL with a minus", 400, post("Content-Length: -1\r\n", kHidden)},
      {"CL of minus nought", 400, post("Content-Length: -0\r\n", kHidden)},
      {"CL in hexadecimal", 400, post("Content-Length: 0x5\r\n", "hello" + kHidden)},
      {"CL with a fraction", 400, post("Content-Length: 0.0\r\n", kHidden)},
      {"CL with an exponent", 400, post("Content-Length: 0e1\r\n", kHidden)},
      {"CL with a tail", 400, post("Content-Length: 0 " + kLength + "\r\n", kHidden)},
      {"CL in quotes", 400, post("Content-Length: \"0\"\r\n", kHidden)},
      {"CL with an underscore", 400, post("Content-Length: 4_1\r\n", kHidden)},
      {"CL with a NUL", 400, post("Content-Length: 0\0"s + kLength + "\r\n", kHidden)},
      {"CL with a vertical tab", 400, post("Content-Length: \v0\r\n", kHidden)},
      {"CL empty", 400, post("Content-Length:\r\n", kHidden)},
      {"CL of 2^64", 413, post("Content-Length: 18446744073709551616\r\n", kHidden)},
      {"CL of 2^64 + 41", 413, post("Content-Length: 18446744073709551657\r\n", kHidden)},
      {"CL of 2^32", 413, post("Content-Length: 4294967296\r\n", kHidden)},
      {"CL with leading noughts is decimal", 0, post("Content-Length: 00041\r\n", kHidden)},
  };
}

/// A coding that is chunked to some.
inline std::vector<SmugglingSample> odd_codings() {
  return {
      {"TE with a tab before the colon", 400, post("Transfer-Encoding\t: chunked\r\n", kHidden)},
      {"TE with a space before the colon", 400, post("Transfer-Encoding : chunked\r\n", kHidden)},
      {"TE with an underscore is no TE", 0,
       post("Transfer_Encoding: chunked\r\n" + kSized, kHidden)},
      {"TE of a prefix", 400, post("Transfer-Encoding: xchunked\r\n", kHidden)},
      {"TE of a suffix", 400, post("Transfer-Encoding: chunkedx\r\n", kHidden)},
      {"TE in quotes", 400, post("Transfer-Encoding: \"chunked\"\r\n", kHidden)},
      {"TE with a parameter", 400, post("Transfer-Encoding: chunked;a=b\r\n", kHidden)},
      {"TE of chunked, identity", 400, post("Transfer-Encoding: chunked, identity\r\n", kHidden)},
      {"TE of identity, chunked", 501, post("Transfer-Encoding: identity, chunked\r\n", kHidden)},
      {"TE of identity", 400, post("Transfer-Encoding: identity\r\n" + kHidden, "")},
      {"TE empty", 400, post("Transfer-Encoding:\r\n", kHidden)},
      {"TE with a vertical tab", 400, post("Transfer-Encoding: \vchunked\r\n", kHidden)},
      {"TE with a NUL", 400, post("Transfer-Encoding: chunked\0\r\n"s, kHidden)},
      {"TE with a bare LF", 400, post("Transfer-Encoding:\n chunked\r\n", kHidden)},
      {"TE with bytes beyond ASCII", 400, post("Transfer-Encoding: chunked\xa0\r\n", kHidden)},
      {"TE folded", 400, post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n" + kHidden)},
      {"TE folded onto another field", 400, post("X: y\r\n " + kChunked, "0\r\n\r\n" + kHidden)},
      {"CL folded", 400, post("Content-Length: 4\r\n 1\r\n", kHidden)},
      {"TE behind a bare CR", 400, post("X: y\rTransfer-Encoding: chunked\r\n", kHidden)},
      {"TE behind a bare LF", 400, post("X: y\n" + kChunked, "0\r\n\r\n" + kHidden)},
      {"TE before the first field", 400,
       "POST /seen HTTP/1.1\r\n " + kChunked + "Host: localhost\r\n\r\n" + kHidden},
  };
}

/// Chunks.
inline std::vector<SmugglingSample> odd_chunks() {
  return {
      {"chunk size with a sign", 400, chunks("+0\r\n\r\n" + kHidden)},
      {"chunk size with 0x", 400, chunks("0x29\r\n" + kHidden + "\r\n0\r\n\r\n")},
      {"chunk size with a space", 400, chunks("0 \r\n\r\n" + kHidden)},
      {"chunk size after a space", 400, chunks(" 0\r\n\r\n" + kHidden)},
      {"chunk size empty", 400, chunks("\r\n\r\n" + kHidden)},
      {"chunk size that overflows 64 bits", 400, chunks("10000000000000000\r\n\r\n" + kHidden)},
      {"chunk size that overflows 32 bits", 400, chunks("100000000\r\n\r\n" + kHidden)},
      {"chunk size of minus one", 413, chunks("ffffffff\r\n\r\n" + kHidden)},
      {"chunk size with an underscore", 400, chunks("0_0\r\n\r\n" + kHidden)},
      {"chunk size ended by a bare LF", 400, chunks("0\n\n" + kHidden)},
      {"chunk size ended by a bare CR", 400, chunks("0\r\r" + kHidden)},
      {"chunk extension with a bare LF", 400,
       chunks("2;\nxx\r\n29\r\n" + kHidden + "\r\n0\r\n\r\n")},
      {"chunk extension with a bare CR", 400, chunks("0;\rx\r\n\r\n" + kHidden)},
      {"chunk extension with a NUL", 400, chunks("0;\0\r\n\r\n"s + kHidden)},
      {"chunk longer than its size", 400, chunks("1\r\nab\r\n0\r\n\r\n" + kHidden)},
      {"chunk shorter than its size", 400, chunks("3\r\na\r\n0\r\n\r\n" + kHidden)},
      {"chunk ended by a bare LF", 400, chunks("1\r\na\n0\r\n\r\n" + kHidden)},
      {"chunk without an end", 400, chunks("1\r\na0\r\n\r\n" + kHidden)},
      {"chunks ended by a bare LF", 400, chunks("0\r\n\n" + kHidden)},
      {"trailer with a length", 400, chunks("0\r\n" + kSized + "\r\n" + kHidden)},
      {"trailer with a coding", 400, chunks("0\r\n" + kChunked + "\r\n" + kHidden)},
      {"trailer that is folded", 400, chunks("0\r\nX: y\r\n z\r\n\r\n" + kHidden)},
  };
}

/// The head's own ends.
inline std::vector<SmugglingSample> odd_head_ends() {
  return {
      {"head ended by bare LFs", 400, "GET /seen HTTP/1.1\nHost: localhost\n\n" + kHidden},
      {"head ended by a CR LF and a bare LF", 400,
       "GET /seen HTTP/1.1\r\nHost: localhost\r\n\n" + kHidden},
      {"head ended by a bare CR", 400, "GET /seen HTTP/1.1\r\nHost: localhost\r\n\r" + kHidden},
      {"head ended in a value", 400, post("X: y\n\n" + kHidden, "")},
      {"head ended by a line of spaces", 400, post(" \r\n", kHidden)},
      {"field without a colon", 400, post("Content-Length\r\n", kHidden)},
      {"field without a name", 400, post(": x\r\n", kHidden)},
      {"NUL in a name", 400, post("Content-Length\0: 0\r\n"s, kHidden)},
      {"request line within a target", 400,
       "GET /seen HTTP/1.1\r\n\r\n/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"LF in the target", 400, "GET /seen\nHost: HTTP/1.1\r\n\r\n" + kHidden},
  };
}

/// Whose request it is.
inline std::vector<SmugglingSample> foreign_hosts() {
  return {
      {"two Hosts", 400, "GET /hidden HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"},
      {"two Hosts, the foreign first", 400,
       "GET /hidden HTTP/1.1\r\nHost: evil.example\r\nHost: localhost\r\n\r\n"},
      {"Host with a space before the colon", 400,
       "GET /hidden HTTP/1.1\r\nHost : evil.example\r\nHost: localhost\r\n\r\n"},
      {"Host folded", 400, "GET /hidden HTTP/1.1\r\nHost: localhost\r\n evil.example\r\n\r\n"},
      {"Host of two names", 400, "GET /hidden HTTP/1.1\r\nHost: localhost,evil.example\r\n\r\n"},
      {"Host with a user", 400, "GET /hidden HTTP/1.1\r\nHost: localhost@evil.example\r\n\r\n"},
      {"Host with a path", 400, "GET /hidden HTTP/1.1\r\nHost: localhost/evil.example\r\n\r\n"},
      {"Host in absolute form", 400,
       "GET http://evil.example/hidden HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"Host of another site", 421, "GET /hidden HTTP/1.1\r\nHost: evil.example\r\n\r\n"},
      {"no Host", 400, "GET /hidden HTTP/1.1\r\n\r\n"},
  };
}

/// Another protocol.
inline std::vector<SmugglingSample> other_protocols() {
  return {
      {"HTTP/0.9", 400, "GET /hidden\r\n\r\n"},
      {"HTTP/1.1 in lower case", 400, "GET /hidden http/1.1\r\nHost: localhost\r\n\r\n"},
      {"HTTP/1.10", 400, "GET /hidden HTTP/1.10\r\nHost: localhost\r\n\r\n"},
      {"HTTP/01.1", 400, "GET /hidden HTTP/01.1\r\nHost: localhost\r\n\r\n"},
      {"HTTP/1.2", 505, "GET /hidden HTTP/1.2\r\nHost: localhost\r\n\r\n"},
      {"HTTP/2 by its preface", 400, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + kHidden},
      {"HTTP/2 by version", 505, "GET /hidden HTTP/2.0\r\nHost: localhost\r\n\r\n"},
      {"TLS", 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + kHidden},
      {"CONNECT", 400, "CONNECT /hidden:80 HTTP/1.1\r\nHost: localhost\r\n\r\n" + kHidden},
  };
}

/// A body that was no body.
inline std::vector<SmugglingSample> hidden_in_bodies() {
  return {
      {"a request within a sized body", 0, post(kSized, kHidden)},
      {"a request within a chunk", 0, chunks("29\r\n" + kHidden + "\r\n0\r\n\r\n")},
      {"a request within an extension", 400, chunks("0;" + kHidden + "\r\n\r\n")},
      {"a body of GET is its own", 0,
       "GET /seen HTTP/1.1\r\nHost: localhost\r\n" + kSized + "\r\n" + kHidden},
  };
}

inline std::vector<SmugglingSample> smuggling_samples() {
  std::vector<SmugglingSample> all;
  for (const auto& group :
       {two_framings(), odd_lengths(), odd_codings(), odd_chunks(), odd_head_ends(),
        foreign_hosts(), other_protocols(), hidden_in_bodies()}) {
    all.insert(all.end(), group.begin(), group.end());
  }
  return all;
}

}  // namespace taskfeed::testing

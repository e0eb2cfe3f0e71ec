/// Commands on their way to one connection, written as RESP2 at once.
///
/// A script is sent as EVAL with its text the first time on a connection, and as EVALSHA after
/// that: each new connection may be to a Redis that restarted and knows none, and a pipeline must
/// not lose its order to NOSCRIPT.
///
/// Threads  One.
/// Errors   None. A wrong count of words is a bug and asserted.
/// Owns     Its bytes. Borrows the connection's set of known scripts.
#pragma once

#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "redis/script.h"

namespace taskfeed::redis {

/// Scripts that a connection has seen, by address: there are few, and they are constants.
class KnownScripts {
 public:
  /// True where `script` was known; it is from now on.
  bool learn(const Script& script) {
    for (const Script* known : known_) {
      if (known == &script) return true;
    }
    known_.push_back(&script);
    return false;
  }
  void forget() { known_.clear(); }

 private:
  std::vector<const Script*> known_;
};

class Batch {
 public:
  explicit Batch(KnownScripts& known) : known_(known) {}

  /// Begins a command of `words` words, which must follow.
  Batch& command(size_t words) {
    TF_ASSERT_TEXT(words_left_ == 0, "the command before is not complete");
    starts_.push_back(bytes_.size());
    header('*', words);
    words_left_ = words;
    return *this;
  }
  /// A whole command of short words.
  Batch& command(std::initializer_list<std::string_view> words) {
    command(words.size());
    for (const std::string_view word : words) add(word);
    return *this;
  }
  /// Begins a script with its keys; `arguments` words must follow.
  Batch& script(const Script& script, std::initializer_list<std::string_view> keys,
                size_t arguments) {
    const bool known = known_.learn(script);
    command(3 + keys.size() + arguments);
    add(known ? "EVALSHA" : "EVAL").add(known ? script.sha1 : script.text).add(keys.size());
    for (const std::string_view key : keys) add(key);
    return *this;
  }
  Batch& add(std::string_view word) {
    TF_ASSERT(words_left_ > 0);
    --words_left_;
    header('$', word.size());
    bytes_.append(word).append("\r\n");
    return *this;
  }
  Batch& add(uint64_t number) {
    char text[20];
    const auto end = std::to_chars(text, text + sizeof text, number).ptr;
    return add(std::string_view(text, static_cast<size_t>(end - text)));
  }
  Batch& flag(bool on) { return add(on ? std::string_view("1") : std::string_view()); }

  size_t size() const { return starts_.size(); }
  /// From the command at `first` to the end.
  std::string_view bytes(size_t first = 0) const {
    TF_ASSERT_TEXT(words_left_ == 0, "the last command is not complete");
    return std::string_view(bytes_).substr(starts_.at(first));
  }

 private:
  void header(char type, size_t count) {
    char text[24];
    text[0] = type;
    char* end = std::to_chars(text + 1, text + 21, count).ptr;
    *end++ = '\r';
    *end++ = '\n';
    bytes_.append(text, static_cast<size_t>(end - text));
  }

  KnownScripts& known_;
  std::string bytes_;
  std::vector<size_t> starts_;
  size_t words_left_ = 0;
};

}  // namespace taskfeed::redis

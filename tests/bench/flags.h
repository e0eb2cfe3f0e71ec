/// `--name VALUE` pairs of the benchmarks' programs.
///
/// Threads  One.
/// Errors   What is missing or no number ends the program with a sentence and status 2: these
///          programs are started by scripts/bench alone.
/// Owns     Its texts.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>

namespace taskfeed::bench {

[[noreturn]] inline void die(const std::string& sentence) {
  std::fprintf(stderr, "bench: %s\n", sentence.c_str());
  std::exit(2);
}

class Flags {
 public:
  Flags(int count, char** words) {
    for (int i = 1; i < count; i += 2) {
      const std::string name = words[i];
      if (!name.starts_with("--") || i + 1 == count) die("expected --name VALUE at " + name);
      values_[name.substr(2)] = words[i + 1];
    }
  }
  std::string text(const std::string& name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) die("--" + name + " is missing");
    return found->second;
  }
  std::string text(const std::string& name, const std::string& otherwise) const {
    const auto found = values_.find(name);
    return found == values_.end() ? otherwise : found->second;
  }
  uint64_t number(const std::string& name, uint64_t otherwise) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return otherwise;
    char* end = nullptr;
    const uint64_t value = std::strtoull(found->second.c_str(), &end, 10);
    if (end == found->second.c_str() || *end != '\0') die("--" + name + " needs a number");
    return value;
  }

 private:
  std::map<std::string, std::string> values_;
};

}  // namespace taskfeed::bench

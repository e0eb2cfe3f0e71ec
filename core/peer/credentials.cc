#include "peer/credentials.h"

#include <algorithm>
#include <array>
#include <fstream>

namespace taskfeed::peer {
namespace {

constexpr size_t kKeyBytesMax = 16 * 1024;

/// RFC 9110, 5.5: such a value would end its header.
bool holds_controls(std::string_view value) {
  return std::any_of(value.begin(), value.end(),
                     [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

Error refused(const std::string& what) {
  return {Errc::kUnauthorised, what};
}

Result<std::string> variable(const Variables& variables, const std::string& name) {
  std::string value = variables(name);
  if (value.empty()) return refused("the worker's environment has no variable " + name);
  if (holds_controls(value)) {
    return refused("the variable " + name + " holds what no header may hold");
  }
  return value;
}

Result<std::string> first_line(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, kKeyBytesMax> bytes{};
  file.read(bytes.data(), bytes.size());
  const std::string_view text(bytes.data(), static_cast<size_t>(file.gcount()));
  std::string key(text.substr(0, text.find('\n')));
  while (!key.empty() && (key.back() == '\r' || key.back() == ' ')) key.pop_back();
  if (key.empty()) return refused("the key file " + path + " cannot be read, or is empty");
  if (holds_controls(key) || key.size() + 2 > kKeyBytesMax) {
    return refused("the key file " + path + " holds what no header may hold");
  }
  return key;
}

}  // namespace

Result<std::map<std::string, std::string>> headers_of(const Credentials& credentials,
                                                      const Variables& variables) {
  std::map<std::string, std::string> headers;
  for (const auto& [header, name] : credentials.headers_env) {
    Result<std::string> value = variable(variables, name);
    if (!value) return value.error();
    headers[header] = *std::move(value);
  }
  if (credentials.key_env.empty() && credentials.key_file.empty()) return headers;
  const Result<std::string> key = credentials.key_env.empty()
                                      ? first_line(credentials.key_file)
                                      : variable(variables, credentials.key_env);
  if (!key) return key.error();
  headers["Authorization"] = "Bearer " + *key;
  return headers;
}

}  // namespace taskfeed::peer

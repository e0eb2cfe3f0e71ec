#include "mcp/secrets.h"

namespace taskfeed::mcp {

std::string without_secrets(std::string text, const std::vector<std::string>& secrets) {
  constexpr size_t kSecretBytesMin = 4;
  for (const std::string& secret : secrets) {
    if (secret.size() < kSecretBytesMin) continue;
    for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

}  // namespace taskfeed::mcp

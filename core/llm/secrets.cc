#include "llm/secrets.h"

#include <algorithm>
#include <string_view>

#include "event/json.h"

namespace taskfeed::llm {
namespace {

constexpr std::string_view kInstead = "[redacted]";
constexpr size_t kBytesMin = 4;

std::string_view trimmed(std::string_view value) {
  const size_t begin = value.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return value.substr(begin, value.find_last_not_of(" \t\r\n") - begin + 1);
}

}  // namespace

Secrets::Secrets(const std::map<std::string, std::string>& headers) {
  const auto add = [this](std::string_view value) {
    if (value.size() < kBytesMin) return;
    values_.emplace_back(value);
    // As it stands within JSON that is shown as it came.
    const std::string quoted = dump_json(Json(value));
    const std::string_view inner = std::string_view(quoted).substr(1, quoted.size() - 2);
    if (inner != value) values_.emplace_back(inner);
  };
  for (const auto& [name, value] : headers) {
    const std::string_view whole = trimmed(value);
    add(whole);
    const size_t space = whole.find(' ');
    if (space != std::string_view::npos) add(trimmed(whole.substr(space)));
  }
  std::sort(values_.begin(), values_.end(),
            [](const std::string& a, const std::string& b) { return a.size() > b.size(); });
}

std::string Secrets::hide(std::string text) const {
  for (const std::string& value : values_) {
    for (size_t at = text.find(value); at != std::string::npos;
         at = text.find(value, at + kInstead.size())) {
      text.replace(at, value.size(), kInstead);
    }
  }
  return text;
}

}  // namespace taskfeed::llm

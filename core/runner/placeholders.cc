#include "runner/placeholders.h"

namespace taskfeed::runner {
namespace {

bool is_name_char(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  return letter || (!first && ((c >= '0' && c <= '9') || c == '-'));
}

/// The name of "{NAME}" at the beginning of `text`; empty where that is something else.
std::string_view name_at(std::string_view text) {
  if (!text.starts_with('{')) return {};
  size_t end = 1;
  while (end < text.size() && is_name_char(text[end], end == 1)) ++end;
  return end > 1 && end < text.size() && text[end] == '}' ? text.substr(1, end - 1)
                                                          : std::string_view{};
}

/// Calls `literal` and `name` for the parts of `element`, in order.
template <typename Literal, typename Name>
void walk(std::string_view element, Literal literal, Name name) {
  while (!element.empty()) {
    const std::string_view quoted = element.starts_with('{') ? name_at(element.substr(1)) : "";
    const std::string_view named = name_at(element);
    size_t length = 1;
    if (!quoted.empty() && element.substr(quoted.size() + 3).starts_with('}')) {
      literal(element.substr(1, quoted.size() + 2));
      length = quoted.size() + 4;
    } else if (!named.empty()) {
      name(named);
      length = named.size() + 2;
    } else {
      literal(element.substr(0, 1));
    }
    element.remove_prefix(length);
  }
}

}  // namespace

std::vector<std::string> placeholders_in(std::string_view element) {
  std::vector<std::string> names;
  walk(
      element, [](std::string_view) {}, [&](std::string_view name) { names.emplace_back(name); });
  return names;
}

std::optional<std::string> filled(std::string_view element, const Json& arguments) {
  std::string text;
  bool whole = true;
  walk(
      element, [&](std::string_view literal) { text += literal; },
      [&](std::string_view name) {
        const Json* const value = find(arguments, name);
        if (value == nullptr || value->is_null()) {
          whole = false;
        } else {
          text += value->is_string() ? value->get_ref<const std::string&>() : dump_json(*value);
        }
      });
  if (!whole) return std::nullopt;
  return text;
}

}  // namespace taskfeed::runner

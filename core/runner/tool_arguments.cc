#include "runner/tool_arguments.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/text.h"

namespace taskfeed::runner {
namespace {

constexpr size_t kProblemsMax = 8;
constexpr size_t kShownBytesMax = 256;

std::string shown(std::string_view text) {
  const std::string_view fits = utf8_prefix(text, kShownBytesMax);
  return to_utf8(fits) + (fits.size() < text.size() ? "…" : "");
}

/// 3.0 is an integer to JSON Schema, and to models.
bool is_integral(const Json& value) {
  if (value.is_number_integer()) return true;
  return value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>();
}

bool is_of(const Json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return is_integral(value);
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  if (type == "object") return value.is_object();
  if (type == "null") return value.is_null();
  return true;  // A word that we do not know refuses nothing.
}

/// `type` is a word, a list of words, or absent.
std::vector<std::string> types_of(const Json& property) {
  std::vector<std::string> types;
  const Json* const type = find(property, "type");
  if (type == nullptr) return types;
  if (type->is_string()) types.push_back(type->get<std::string>());
  if (!type->is_array()) return types;
  for (const Json& each : *type) {
    if (each.is_string()) types.push_back(each.get<std::string>());
  }
  return types;
}

/// A property that is put together of others may allow it on a level that is not read here.
bool allows_null(const Json& property) {
  const std::vector<std::string> types = types_of(property);
  if (!types.empty()) return std::find(types.begin(), types.end(), "null") != types.end();
  constexpr std::array<std::string_view, 4> kComposed{"anyOf", "oneOf", "allOf", "$ref"};
  return std::any_of(kComposed.begin(), kComposed.end(),
                     [&](std::string_view key) { return find(property, key) != nullptr; });
}

std::string value_misfit(const std::string& name, const Json& value, const Json& property) {
  const std::vector<std::string> types = types_of(property);
  const bool fits = types.empty() || std::any_of(types.begin(), types.end(), [&](const auto& type) {
                      return is_of(value, type);
                    });
  if (!fits) {
    std::string list;
    for (const std::string& each : types) list += (list.empty() ? "" : " or ") + each;
    return shown(name) + " must be of type " + list + ", not " + shown(dump_json(value));
  }
  const Json* const choices = find(property, "enum");
  if (choices == nullptr || !choices->is_array() ||
      std::find(choices->begin(), choices->end(), value) != choices->end()) {
    return {};
  }
  return shown(name) + " must be one of " + shown(dump_json(*choices)) + ", not " +
         shown(dump_json(value));
}

std::string names_of(const Json& properties) {
  std::string names;
  for (const auto& [name, property] : properties.items()) {
    names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? "none" : shown(names);
}

class Problems {
 public:
  void add(const std::string& problem) {
    if (problem.empty() || ++count_ > kProblemsMax) return;
    text_ += (text_.empty() ? "" : "; ") + problem;
  }
  std::string text() const { return text_; }

 private:
  size_t count_ = 0;
  std::string text_;
};

}  // namespace

std::string misfit(const Json& schema, const Json& arguments) {
  if (!arguments.is_object()) {
    return "the arguments must be one JSON object, not " + shown(dump_json(arguments));
  }
  const Json none = Json::object();
  const Json* found = find(schema, "properties");
  const Json& properties = found != nullptr && found->is_object() ? *found : none;
  Problems problems;
  if (const Json* const required = find(schema, "required"); required != nullptr) {
    for (const Json& each : *required) {
      if (!each.is_string()) continue;
      const auto& name = each.get_ref<const std::string&>();
      const Json* const value = find(arguments, name);
      const Json* const property = find(properties, name);
      const bool given =
          value != nullptr && (!value->is_null() || property == nullptr || allows_null(*property));
      if (!given) problems.add(shown(name) + " is required, and missing");
    }
  }
  const bool closed = find(schema, "additionalProperties") != nullptr &&
                      *find(schema, "additionalProperties") == false;
  for (const auto& [name, value] : arguments.items()) {
    const Json* const property = find(properties, name);
    if (property != nullptr) {
      if (!value.is_null()) problems.add(value_misfit(name, value, *property));
    } else if (closed) {
      problems.add(shown(name) + " is no argument of this tool; known are " + names_of(properties));
    }
  }
  return problems.text();
}

}  // namespace taskfeed::runner

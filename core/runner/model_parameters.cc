#include "runner/model_parameters.h"

#include <algorithm>
#include <cmath>

#include "runner/config_reader.h"

namespace taskfeed::runner {
namespace {

using namespace std::literals;

constexpr size_t kBytesMax = 64 * 1024;
constexpr size_t kStopsMax = 16;
constexpr std::array kOthers{"model"sv, "instructions"sv, "max_tokens"sv};

bool is_text(const Json& value) {
  return value.is_string() && !value.get_ref<const std::string&>().empty();
}

/// TOML knows nan and inf, JSON does not.
bool is_number(const Json& value, double least, double most) {
  if (!value.is_number()) return false;
  const double number = value.get<double>();
  return std::isfinite(number) && number >= least && number <= most;
}

bool is_stop(const Json& value) {
  if (value.is_string()) return is_text(value);
  return value.is_array() && value.size() <= kStopsMax &&
         std::all_of(value.begin(), value.end(), is_text);
}

/// Empty: it is as it should be.
std::string_view what_it_must_be(std::string_view name, const Json& value) {
  constexpr double kAny = 1e9;
  if (name == "temperature") return is_number(value, 0, kAny) ? "" : "a number of 0 or more";
  if (name == "top_p") return is_number(value, 0, 1) ? "" : "a number from 0 to 1";
  if (name == "seed") return value.is_number_integer() ? "" : "a whole number";
  if (name == "stop") return is_stop(value) ? "" : "a text, or a list of at most 16";
  if (name.ends_with("_penalty")) return is_number(value, -kAny, kAny) ? "" : "a number";
  if (name == "reasoning_effort") return is_text(value) ? "" : "a text, as \"low\"";
  if (name == "tool_choice") {
    return is_text(value) || value.is_object() ? "" : "a text, as \"required\", or a table";
  }
  if (name == "parallel_tool_calls") return value.is_boolean() ? "" : "true or false";
  return value.is_object() ? "" : "a table, as { type = \"json_object\" }";
}

}  // namespace

bool is_model_parameter(std::string_view name) {
  return std::find(kModelParameters.begin(), kModelParameters.end(), name) !=
         kModelParameters.end();
}

Result<void> check_model_parameter(std::string_view name, const Json& value) {
  const std::string_view expected = what_it_must_be(name, value);
  if (!expected.empty()) return wrong(std::string(name), "must be " + std::string(expected));
  if (!value.is_object()) return check_size(value, std::string(name), kBytesMax);
  Json object;
  return read_object(Json{{name, value}}, "", name, kBytesMax, object);
}

bool is_overridable(std::string_view name) {
  return is_model_parameter(name) ||
         std::find(kOthers.begin(), kOthers.end(), name) != kOthers.end();
}

std::string overridable_names() {
  std::string names;
  for (const std::string_view each : kOthers) names += std::string(each) + ", ";
  for (const std::string_view each : kModelParameters) {
    names += std::string(each) + (each == kModelParameters.back() ? "" : ", ");
  }
  return names;
}

}  // namespace taskfeed::runner

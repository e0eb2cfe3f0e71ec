#include "http/body_reader.h"

#include <algorithm>

#include "base/text.h"

namespace taskfeed::http {
namespace {

constexpr size_t kErrorsMax = 16;

/// RFC 6901, 3.
std::string pointer_to(std::string_view key) {
  std::string pointer = "/";
  for (const char c : key) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

}  // namespace

Result<Json> parse_body(std::string_view body) {
  if (body.find_first_not_of(" \t\r\n") == std::string_view::npos) return Json::object();
  if (!is_utf8(body)) return {Errc::kInvalid, "the body is not UTF-8"};
  Result<Json> json = parse_json(body);
  if (!json) return {Errc::kInvalid, "the body is not JSON: " + json.error().text};
  return json;
}

BodyReader::BodyReader(const Json& body) : body_(body) {
  if (!body.is_object()) errors_.push_back({"", "must be a JSON object"});
}

const Json* BodyReader::member(std::string_view key) {
  asked_.push_back(key);
  const Json* const found = find(body_, key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::optional<std::string> BodyReader::text(std::string_view key) {
  const Json* const found = member(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_string()) {
    wrong(key, "must be text");
    return std::nullopt;
  }
  return found->get<std::string>();
}

std::optional<bool> BodyReader::flag(std::string_view key) {
  const Json* const found = member(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_boolean()) {
    wrong(key, "must be true or false");
    return std::nullopt;
  }
  return found->get<bool>();
}

const Json* BodyReader::object(std::string_view key) {
  const Json* const found = member(key);
  if (found == nullptr || found->is_object()) return found;
  wrong(key, "must be an object");
  return nullptr;
}

void BodyReader::wrong(std::string_view key, std::string detail) {
  if (errors_.size() < kErrorsMax) errors_.push_back({pointer_to(key), std::move(detail)});
}

void BodyReader::refuse_others() {
  if (!body_.is_object()) return;
  for (const auto& [key, value] : body_.items()) {
    if (std::find(asked_.begin(), asked_.end(), key) == asked_.end()) {
      wrong(utf8_prefix(key, 128), "is not a member here");
    }
  }
}

Problem BodyReader::problem() const {
  Problem problem = problem_from({Errc::kInvalid, ""});
  const FieldError& first = errors_.front();
  problem.detail = (first.pointer.empty() ? "the body" : first.pointer) + " " + first.detail;
  if (errors_.size() > 1) {
    problem.detail += ", and " + std::to_string(errors_.size() - 1) + " more";
  }
  problem.errors = errors_;
  return problem;
}

}  // namespace taskfeed::http

#include "http/problem.h"

#include "event/json.h"

namespace taskfeed::http {
namespace {

/// "Not Found" -> "not_found".
std::string snake_case(std::string_view phrase) {
  std::string code;
  for (const char c : phrase) {
    if (c >= 'A' && c <= 'Z') {
      code += static_cast<char>(c - 'A' + 'a');
    } else if (c >= 'a' && c <= 'z') {
      code += c;
    } else if (c != '\'') {
      code += '_';
    }
  }
  return code;
}

}  // namespace

int status_of(Errc code) {
  switch (code) {
    case Errc::kInvalid:
      return 400;
    case Errc::kNotFound:
      return 404;
    case Errc::kConflict:
      return 409;
    case Errc::kReused:
      return 422;
    case Errc::kEnded:
      return 409;
    case Errc::kFenced:
      return 409;
    case Errc::kForbidden:
      return 403;
    case Errc::kUnauthorised:
      return 401;
    case Errc::kTooLarge:
      return 413;
    case Errc::kFull:
      return 503;
    case Errc::kUnavailable:
      return 503;
    case Errc::kTimeout:
      return 504;
    case Errc::kInternal:
      return 500;
  }
  TF_ASSERT_TEXT(false, "an Errc outside its enumeration");
  return 500;
}

std::string_view phrase_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown Status";
  }
}

Problem problem_from(const Error& error) {
  return {status_of(error.code), std::string(to_string(error.code)), error.text, {}};
}

Problem problem_of(int status, std::string_view detail) {
  return {status, snake_case(phrase_of(status)), std::string(detail), {}};
}

std::string problem_json(const Problem& problem, std::string_view instance,
                         std::string_view request_id) {
  Json json = Json::object();
  json["type"] = "urn:taskfeed:problem:" + problem.code;
  json["title"] = phrase_of(problem.status);
  json["status"] = problem.status;
  json["detail"] = problem.detail;
  if (!instance.empty()) json["instance"] = instance;
  json["code"] = problem.code;
  json["request_id"] = request_id;
  if (!problem.errors.empty()) {
    json["errors"] = Json::array();
    for (const FieldError& each : problem.errors) {
      json["errors"].push_back({{"pointer", each.pointer}, {"detail", each.detail}});
    }
  }
  return dump_json(json) + "\n";
}

bool is_passing(int status) {
  return status == 503 || status == 504;
}

}  // namespace taskfeed::http

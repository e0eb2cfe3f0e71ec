#include "task/question.h"

#include <algorithm>
#include <iterator>

#include "event/json_time.h"

namespace taskfeed {
namespace {

Error wrong(std::string_view key, std::string_view what) {
  return {Errc::kInvalid, "question: \"" + std::string(key) + "\" " + std::string(what)};
}

Result<void> read_time(const Json& json, std::string_view key, std::optional<WallTime>& into) {
  const Result<std::optional<WallTime>> time = time_at(json, key);
  if (!time) return wrong(key, time.error().text);
  into = *time;
  return {};
}

Json answer_to_json(const Question& question, const Answer& answer) {
  Json json = Json::object();
  if (question.kind == QuestionKind::kApproval) json["approved"] = answer.approved;
  if (question.kind == QuestionKind::kInput) json["text"] = answer.text;
  json["by"] = answer.by;
  json["reason"] = answer.reason;
  return json;
}

}  // namespace

std::string_view to_string(QuestionKind kind) {
  return kind == QuestionKind::kApproval ? "approval" : "input";
}

std::optional<QuestionKind> parse_question(std::string_view text) {
  for (const QuestionKind kind : {QuestionKind::kApproval, QuestionKind::kInput}) {
    if (to_string(kind) == text) return kind;
  }
  return std::nullopt;
}

bool answered_in_time(const Question& question) {
  return question.answer && (question.answer->reason != kNobodyAnswered ||
                             !question.answer->by.empty() || question.answer->approved);
}

std::vector<Question> unanswered(const std::vector<Question>& questions) {
  std::vector<Question> open;
  std::copy_if(questions.begin(), questions.end(), std::back_inserter(open),
               [](const Question& question) { return !question.answer; });
  return open;
}

Json question_to_json(const Question& question) {
  Json json = Json::object();
  json["kind"] = to_string(question.kind);
  json["tool_call_id"] = question.call;
  if (question.kind == QuestionKind::kApproval) {
    json["tool"] = question.tool;
    json["arguments"] = question.arguments;
  } else {
    json["prompt"] = question.prompt;
  }
  if (question.asked_at) json["asked_at"] = format_rfc3339(*question.asked_at);
  if (question.due) json["expires_at"] = format_rfc3339(*question.due);
  if (question.answer) json["answer"] = answer_to_json(question, *question.answer);
  return json;
}

Result<Question> question_from_json(const Json& json) {
  if (!json.is_object()) return {Errc::kInvalid, "question: must be a JSON object"};
  const std::optional<QuestionKind> kind = parse_question(string_at(json, "kind"));
  if (!kind) return wrong("kind", "is neither approval nor input");
  Question question;
  question.kind = *kind;
  question.call = string_at(json, "tool_call_id");
  question.tool = string_at(json, "tool");
  if (const Json* const arguments = find(json, "arguments")) question.arguments = *arguments;
  question.prompt = string_at(json, "prompt");
  if (auto read = read_time(json, "asked_at", question.asked_at); !read) return read.error();
  if (auto read = read_time(json, "expires_at", question.due); !read) return read.error();
  if (const Json* const answer = find(json, "answer"); answer != nullptr && !answer->is_null()) {
    if (!answer->is_object()) return wrong("answer", "must be an object");
    question.answer = Answer{bool_at(*answer, "approved"), string_at(*answer, "text"),
                             string_at(*answer, "by"), string_at(*answer, "reason")};
  }
  return question;
}

Json questions_to_json(const std::vector<Question>& questions) {
  Json json = Json::array();
  for (const Question& each : questions) json.push_back(question_to_json(each));
  return json;
}

Result<std::vector<Question>> questions_from_json(const Json* json) {
  std::vector<Question> questions;
  if (json == nullptr || json->is_null()) return questions;
  if (!json->is_array()) return {Errc::kInvalid, "questions must be an array"};
  for (const Json& each : *json) {
    Result<Question> question = question_from_json(each);
    if (!question) return question.error();
    questions.push_back(*std::move(question));
  }
  return questions;
}

}  // namespace taskfeed

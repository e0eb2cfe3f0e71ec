#include "adk/waiting.h"

#include <algorithm>

#include "base/text.h"

namespace taskfeed::adk {
namespace {

constexpr std::string_view kConfirmation = "adk_request_confirmation";
constexpr std::string_view kCredential = "adk_request_credential";
constexpr size_t kArgumentsBytesMax = 16 * 1024;
constexpr size_t kPromptBytesMax = 4 * 1024;

bool holds(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// What a person sees of arguments that are too large for an event is the beginning of their JSON.
Json shown(const Json& arguments) {
  const std::string text = dump_json(arguments);
  if (text.size() <= kArgumentsBytesMax) return arguments;
  return Json{{"truncated", utf8_prefix(text, kArgumentsBytesMax)}};
}

Question question_of(const AdkPart& call) {
  Question question;
  question.call = call.id;
  if (call.name == kConfirmation) {
    question.kind = QuestionKind::kApproval;
    const Json* const original = find(call.value, "originalFunctionCall");
    if (original != nullptr) {
      question.tool = utf8_prefix(string_at(*original, "name"), kNameBytesMax);
      if (const Json* const args = find(*original, "args")) question.arguments = shown(*args);
    }
    if (question.tool.empty()) question.tool = call.name;
    return question;
  }
  question.kind = QuestionKind::kInput;
  const std::string arguments = dump_json(shown(call.value));
  question.prompt = utf8_prefix("The result of " + call.name + " " + arguments, kPromptBytesMax);
  return question;
}

Json value_of(const Question& question) {
  const Answer& answer = *question.answer;
  if (question.kind == QuestionKind::kApproval) return Json{{"confirmed", answer.approved}};
  if (!answered_in_time(question)) return Json{{"error", "nobody answered in time"}};
  if (Result<Json> json = parse_json(answer.text); json && json->is_object()) {
    return *std::move(json);
  }
  return Json{{"result", answer.text}};
}

}  // namespace

void WaitingCalls::take(const AdkEvent& event) {
  if (event.partial) return;
  for (const AdkPart& part : event.parts) {
    if (part.kind == AdkPart::Kind::kCall && holds(event.long_running, part.id)) {
      if (calls_.size() < QuestionLimits{}.open_max) calls_.push_back(part);
    }
    // A tool that runs long answers "pending" by itself: only a person's answer ends the wait.
    if (part.kind == AdkPart::Kind::kResponse && event.author == "user") {
      std::erase_if(calls_, [&part](const AdkPart& each) { return each.id == part.id; });
    }
  }
}

std::string unanswerable(const std::vector<AdkPart>& calls) {
  for (const AdkPart& call : calls) {
    if (call.name == kCredential) return "the agent asks for credentials, which belong to no event";
    if (call.id.empty()) return "the agent waits for a call of " + call.name + " that has no id";
  }
  return {};
}

std::vector<Question> questions_of(const std::vector<AdkPart>& calls) {
  std::vector<Question> questions;
  for (const AdkPart& call : calls) questions.push_back(question_of(call));
  return questions;
}

std::vector<AdkPart> responses_of(const std::vector<AdkPart>& calls,
                                  const std::vector<Question>& questions) {
  std::vector<AdkPart> responses;
  for (const AdkPart& call : calls) {
    const auto question =
        std::find_if(questions.begin(), questions.end(),
                     [&call](const Question& each) { return each.call == call.id; });
    if (question == questions.end() || !question->answer) return {};
    AdkPart response;
    response.kind = AdkPart::Kind::kResponse;
    response.id = call.id;
    response.name = call.name;
    response.value = value_of(*question);
    responses.push_back(std::move(response));
  }
  return responses;
}

}  // namespace taskfeed::adk

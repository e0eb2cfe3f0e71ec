#include "adk/failures.h"

#include <algorithm>
#include <array>

#include "event/json.h"
#include "peer/failures.h"
#include "runner/meter.h"

namespace taskfeed::adk {
namespace {

using peer::KnownText;

/// Names of Gemini's API (FinishReason), and of others behind ADK.
constexpr std::array kWords{
    KnownText{"RateLimitError", "rate_limited"},       KnownText{"SAFETY", "content_filter"},
    KnownText{"PROHIBITED_CONTENT", "content_filter"}, KnownText{"RECITATION", "content_filter"},
    KnownText{"BLOCKLIST", "content_filter"},          KnownText{"SPII", "content_filter"}};

/// A run's kinds are fewer than a model call's: taskfeed-agents(5) lists them.
std::string_view kind_of_run(std::string_view kind) {
  if (kind == "permission") return "auth";
  if (kind == "overloaded") return "server";
  return kind;
}

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view kind_of_word(std::string_view word) {
  const auto kind = peer::kind_of_word({peer::kCauses, peer::kRpcCodes, kWords}, word);
  if (!kind.empty()) return kind;
  const bool status =
      word.size() == 3 && (word[0] == '4' || word[0] == '5') &&
      std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
  return status ? peer::kind_of_status(std::stoi(std::string(word))) : std::string_view();
}

/// "ClientError: 429 RESOURCE_EXHAUSTED. …": what stands at the beginning, and not a number in the
/// middle of a sentence.
std::string_view kind_of_text(std::string_view text) {
  constexpr int kWordsRead = 4;
  for (int word = 0; word < kWordsRead && !text.empty(); ++word) {
    const auto begin = std::find_if(text.begin(), text.end(), is_word_byte);
    const auto end = std::find_if_not(begin, text.end(), is_word_byte);
    if (const std::string_view kind = kind_of_word(std::string_view(begin, end)); !kind.empty()) {
      return kind;
    }
    text = std::string_view(end, text.end());
  }
  return {};
}

RunFailure made(std::string_view kind, std::string message, int status = 0) {
  kind = kind_of_run(kind);
  return {{std::string(kind), std::move(message)}, peer::is_retryable(kind), status};
}

/// What a server says for a reason: ADK's `error` or `detail`, else plain text. A page says
/// nothing.
std::string reason_in(const peer::AnswerHead& head, std::string_view body) {
  if (head.content_type == "text/html") return {};
  std::string text(body);
  if (const Result<Json> json = parse_json(body); json && json->is_object()) {
    for (const std::string_view key : {"error", "detail", "message"}) {
      const Json* const found = find(*json, key);
      if (found == nullptr) continue;
      text = found->is_string() ? found->get<std::string>() : dump_json(*found);
      break;
    }
  }
  return peer::shown(text);
}

}  // namespace

RunFailure used_up_failure(const workflow::BudgetUse& use) {
  return final_failure("budget_exceeded", runner::used_up_text(use));
}

RunFailure final_failure(std::string_view kind, std::string message) {
  return made(kind, std::move(message));
}

RunFailure failure_of(const peer::Failure& failure) {
  return made(peer::to_string(failure.fault), failure.text);
}

RunFailure failure_of(const peer::AnswerHead& head, std::string_view body) {
  const std::string reason = reason_in(head, body);
  std::string_view kind = peer::kind_of_status(head.status);
  // ADK's JavaScript edition answers 500 for an app that it does not have.
  if (head.status == 500 && reason.find("not found") != std::string::npos) kind = "not_found";
  std::string message = "ADK's api_server answered " + std::to_string(head.status);
  if (!reason.empty()) message += ": " + reason;
  RunFailure failure = made(kind, std::move(message), head.status);
  // Sessions in memory are gone where the server was restarted; the next attempt makes one.
  if (head.status == 404 && reason.find("ession not found") != std::string::npos) {
    failure.retryable = true;
  }
  return failure;
}

RunFailure failure_of_agent(std::string_view code, std::string_view message) {
  std::string_view kind = kind_of_text(code);
  if (kind.empty()) kind = kind_of_text(message);
  if (kind.empty() && message.starts_with("Agent ") && message.find("not found") < 300) {
    kind = "not_found";
  }
  std::string text(message);
  if (text.empty()) text = "the agent failed";
  if (!code.empty()) text += " (" + std::string(code) + ")";
  return made(kind.empty() ? "agent_error" : kind, std::move(text));
}

}  // namespace taskfeed::adk

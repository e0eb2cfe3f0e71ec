#include "adk/failures.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "event/json.h"
#include "runner/meter.h"

namespace taskfeed::adk {
namespace {

constexpr size_t kShownBytesMax = 500;

bool retryable(std::string_view kind) {
  constexpr std::array<std::string_view, 7> kAgain{
      "connect",      "timeout_connect", "timeout_first_byte", "timeout_idle", "stream_broken",
      "rate_limited", "server"};
  return std::find(kAgain.begin(), kAgain.end(), kind) != kAgain.end();
}

std::string_view kind_of_status(int status) {
  switch (status) {
    case 401:
    case 403:
      return "auth";
    case 402:
      return "quota";
    case 404:
      return "not_found";
    case 408:
    case 409:
      return "server";
    case 429:
      return "rate_limited";
    default:
      return status >= 500 ? "server" : status >= 400 ? "invalid_request" : "protocol";
  }
}

struct Word {
  std::string_view text;
  std::string_view kind;
};
/// Names of Google's APIs (google.rpc.Code, FinishReason), and of others behind ADK.
constexpr std::array kWords{Word{"RESOURCE_EXHAUSTED", "rate_limited"},
                            Word{"RateLimitError", "rate_limited"},
                            Word{"insufficient_quota", "quota"},
                            Word{"UNAUTHENTICATED", "auth"},
                            Word{"PERMISSION_DENIED", "auth"},
                            Word{"INVALID_ARGUMENT", "invalid_request"},
                            Word{"NOT_FOUND", "not_found"},
                            Word{"UNAVAILABLE", "server"},
                            Word{"DEADLINE_EXCEEDED", "server"},
                            Word{"INTERNAL", "server"},
                            Word{"context_length_exceeded", "context_length"},
                            Word{"SAFETY", "content_filter"},
                            Word{"PROHIBITED_CONTENT", "content_filter"},
                            Word{"RECITATION", "content_filter"},
                            Word{"BLOCKLIST", "content_filter"},
                            Word{"SPII", "content_filter"}};

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view kind_of_word(std::string_view word) {
  for (const Word& known : kWords) {
    if (known.text == word) return known.kind;
  }
  const bool status =
      word.size() == 3 && (word[0] == '4' || word[0] == '5') &&
      std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
  return status ? kind_of_status(std::stoi(std::string(word))) : std::string_view();
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
  return {{std::string(kind), std::move(message)}, retryable(kind), status};
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
  const std::string clean = to_utf8(text);
  const std::string_view fits = utf8_prefix(clean, kShownBytesMax);
  return std::string(fits) + (fits.size() < clean.size() ? "…" : "");
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
  std::string_view kind = kind_of_status(head.status);
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

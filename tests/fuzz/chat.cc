/// What a model server answers, in pieces: what comes of it is within the bounds, is what was
/// heard, and does not depend on the cuts; what is sent back of it is JSON again.
#include <cstdint>
#include <set>

#include "base/assert.h"
#include "base/text.h"
#include "llm/chat_reader.h"
#include "llm/chat_request.h"
#include "support/clock.h"

namespace {

using namespace taskfeed;

class CheckingListener final : public llm::ChatListener {
 public:
  bool on_text(std::string_view piece) override { return add(text, piece); }
  bool on_reasoning(std::string_view piece) override { return add(reasoning, piece); }

  std::string text;
  std::string reasoning;

 private:
  static bool add(std::string& whole, std::string_view piece) {
    TF_ASSERT(!piece.empty() && is_utf8(piece));
    whole += piece;
    return true;
  }
};

constexpr llm::ChatLimits kLimits{
    .text_bytes_max = 200, .arguments_bytes_max = 60, .calls_max = 4, .line_bytes_max = 1'000};

class Reading {
 public:
  /// `piece`: of how many bytes each is; 0: all at once.
  explicit Reading(std::string_view bytes, size_t piece) {
    const testing::ManualClock clock;
    const std::map<std::string, std::string> headers{{"Authorization", "Bearer abcd"}};
    const llm::FailureContext context{runner::Secrets(headers), clock, Milliseconds(1'000)};
    llm::ChatReader reader(request, listener, clock, kLimits, context);
    const size_t size = piece == 0 ? bytes.size() : piece;
    for (size_t at = 0; at < bytes.size(); at += size) {
      if (!reader.take(bytes.substr(at, size))) break;
    }
    end = reader.end({});
    check();
  }

  runner::ModelServer server;
  llm::ChatRequest request{.server = server,
                           .headers = {},
                           .model = "m",
                           .parameters = Json::object(),
                           .max_tokens = {},
                           .messages = {},
                           .tools = {},
                           .streaming = true};
  CheckingListener listener;
  llm::ChatEnd end;

 private:
  void check() {
    const llm::ChatAnswer& answer = end.answer;
    TF_ASSERT(answer.text == listener.text && answer.text.size() <= kLimits.text_bytes_max);
    TF_ASSERT(answer.reasoning == listener.reasoning);
    TF_ASSERT(answer.reasoning.size() <= kLimits.text_bytes_max);
    TF_ASSERT(is_utf8(answer.text + answer.model + answer.request_id + answer.finish_reason));
    TF_ASSERT(end.failure || !answer.finish_reason.empty());
    TF_ASSERT(answer.calls.size() <= kLimits.calls_max);
    std::set<std::string> ids;
    for (const workflow::AskedCall& call : answer.calls) {
      TF_ASSERT(!call.tool.empty() && !call.id.empty() && ids.insert(call.id).second);
      TF_ASSERT(!call.arguments.empty() && is_utf8(call.arguments));
      TF_ASSERT(call.extra.is_object());
    }
    if (answer.usage) {
      TF_ASSERT(answer.usage->cached <= answer.usage->prompt && answer.usage->prompt >= 0);
      TF_ASSERT(answer.usage->reasoning <= answer.usage->completion);
    }
    if (answer.cost) TF_ASSERT(*answer.cost >= 0);
    if (!end.failure) return;
    TF_ASSERT(!end.failure->kind.empty() && !end.failure->message.empty());
    TF_ASSERT(is_utf8(end.failure->message) && end.failure->message.size() < 700);
    TF_ASSERT(end.failure->message.find("abcd") == std::string::npos);
  }
};

void check_refusal(std::string_view body) {
  const testing::ManualClock clock;
  const std::map<std::string, std::string> headers{{"Authorization", "Bearer abcd"}};
  const llm::FailureContext context{runner::Secrets(headers), clock, Milliseconds(1'000)};
  peer::AnswerHead head;
  head.status = 429;
  head.fields["retry-after"] = body.substr(0, 40);
  const llm::ChatFailure failure = llm::failure_of_status(head, body, context);
  TF_ASSERT(!failure.kind.empty() && is_utf8(failure.message));
  TF_ASSERT(failure.message.size() < 700);
  TF_ASSERT(failure.message.find("abcd") == std::string::npos);
  if (failure.retry_after) {
    TF_ASSERT(*failure.retry_after >= Milliseconds(0));
    TF_ASSERT(*failure.retry_after <= context.retry_after_max);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t piece = data[0] % 32;
  const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  Reading whole(input, 0);
  const Reading split(input, piece);
  TF_ASSERT(split.end.answer.text == whole.end.answer.text);
  TF_ASSERT(split.end.answer.reasoning == whole.end.answer.reasoning);
  TF_ASSERT(split.end.answer.calls == whole.end.answer.calls);
  TF_ASSERT(split.end.answer.usage == whole.end.answer.usage);
  TF_ASSERT(split.end.failure.has_value() == whole.end.failure.has_value());
  if (split.end.failure) TF_ASSERT(split.end.failure->kind == whole.end.failure->kind);
  check_refusal(input);

  whole.request.messages.push_back(
      {llm::ChatMessage::Role::kAssistant, whole.end.answer.text, whole.end.answer.calls, {}});
  TF_ASSERT(parse_json(llm::request_body(whole.request)).ok());
  return 0;
}

/// What a server of ADK's sends, an event a line: whatever it is, what comes of it are events that
/// encode, and model calls that begin once and end at most once.
#include <cstdint>
#include <map>
#include <vector>

#include "adk/run_reader.h"
#include "base/assert.h"
#include "base/text.h"
#include "event/event.h"
#include "support/clock.h"
#include "support/ids.h"

namespace {

using namespace taskfeed;

class CheckingSink final : public runner::OutputSink {
 public:
  bool emit(std::string_view type, Json payload) override {
    const std::string text = dump_json(payload);
    TF_ASSERT(text.size() + 1'024 < kEventBytesMax);
    TF_ASSERT(is_utf8(text) && is_event_type(type));
    for (const auto& [key, value] : payload.items()) TF_ASSERT(!is_reserved_key(key));
    if (type == types::kLlmCallStarted) {
      TF_ASSERT(calls_.emplace(string_at(payload, "call_id"), true).second);
    } else if (type.starts_with("WorkflowLLMCall")) {
      bool& open = calls_.at(string_at(payload, "call_id"));
      TF_ASSERT(open);
      open = type == types::kLlmCallChunk;
    }
    return true;
  }
  bool streaming() const override { return true; }
  bool persist() override { return true; }
  bool any_open() const {
    for (const auto& [call, open] : calls_) {
      if (open) return true;
    }
    return false;
  }

 private:
  std::map<std::string, bool> calls_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  testing::ManualClock clock;
  SystemIdSource ids(clock);
  CheckingSink sink;
  const adk::RunLimits limits{.model_calls_max = 20, .lanes_max = 8};
  adk::RunReader reader({sink, ids, clock}, limits, 0);
  std::vector<adk::AdkEvent> session;
  for (size_t at = 0; at < input.size();) {
    const size_t end = std::min(input.find('\n', at), input.size());
    const Result<Json> json = parse_json(input.substr(at, end - at));
    at = end + 1;
    if (!json) continue;
    const Result<adk::AdkEvent> event = adk::adk_event_from(*json);
    if (!event) continue;
    session.push_back(*event);
    if (!reader.take(*event)) break;
    if (!event->partial) reader.flush();
  }
  reader.flush();
  const adk::RunVerdict verdict = reader.verdict(true);
  TF_ASSERT(is_utf8(verdict.response));
  if (verdict.failure) TF_ASSERT(!verdict.failure->failure.kind.empty());
  reader.fail_open_calls(adk::final_failure("no_response", "over"));
  TF_ASSERT(!sink.any_open());
  CheckingSink late_sink;
  adk::RunReader late({late_sink, ids, clock}, limits, 0);
  late.recover(static_cast<int64_t>(size % 3), {});
  late.settle(session);
  TF_ASSERT(late.verdict(true).response.empty());
  TF_ASSERT(!late_sink.any_open());
  return 0;
}

#include "runner/lost_calls.h"

namespace taskfeed::runner {

std::vector<Json> charge_lost_calls(const std::vector<workflow::OpenModelCall>& calls, int step,
                                    Meter& meter) {
  std::vector<Json> payloads;
  for (const workflow::OpenModelCall& call : calls) {
    Json payload{{"call_id", call.id}};
    if (!call.model.empty()) payload["model"] = call.model;
    payload["error"] =
        Json{{"kind", "interrupted"},
             {"message", "its worker or its connection was lost while the model answered"},
             {"retryable", true}};
    const workflow::Usage usage{.prompt = call.prompt_tokens_estimate,
                                .completion = workflow::tokens_of_bytes(call.streamed_bytes),
                                .estimated = true};
    meter.charge({.answered = call.model, .asked = {}, .usage = usage, .reported = {}}, payload);
    payload["step"] = step;
    if (call.attempt > 0) payload["attempt"] = call.attempt;
    payloads.push_back(std::move(payload));
  }
  return payloads;
}

}  // namespace taskfeed::runner

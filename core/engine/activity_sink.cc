#include "engine/activity_sink.h"

namespace taskfeed::engine {
namespace {

/// Batch mode keeps no more than this; an activity that says more is told early rather than never.
constexpr size_t kKeptEventsMax = 1'000;

/// Events that are soon followed by another, or by the end of the activity: they wait for it, which
/// saves a round trip for each tool call.
bool is_closing(std::string_view type) {
  return type == types::kToolCallCompleted;
}

}  // namespace

bool ActivitySink::emit(std::string_view type, Json payload) {
  if (!EventType::parse(type).ok() || is_lifecycle(type)) {
    ports_.log.error("a runner may not emit an event of type " + std::string(type));
    return true;
  }
  // Of an attempt that a lost worker left behind, its output stays: this tells the two apart.
  if (payload.is_object() && !payload.contains("attempt")) payload["attempt"] = attempt_;
  Event event = journal_.make_event(type, std::move(payload));
  if (!streaming_) {
    kept_.push_back(std::move(event));
    if (kept_.size() < kKeptEventsMax) return true;
    record_kept();
    return journal_.flush_some() != Written::kLost;
  }
  journal_.record(std::move(event));
  return is_closing(type) || journal_.flush_some() != Written::kLost;
}

bool ActivitySink::persist() {
  record_kept();
  return journal_.flush() == Written::kYes;
}

void ActivitySink::record_kept() {
  for (Event& event : kept_) journal_.record(std::move(event));
  kept_.clear();
}

}  // namespace taskfeed::engine

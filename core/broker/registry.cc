#include "broker/registry.h"

#include <algorithm>

#include "base/digest.h"

namespace taskfeed::broker {
namespace {

EventId id_of(const TaskId& task) {
  if (const Result<Uuid> uuid = Uuid::parse(task.str())) return *uuid;
  const Digest digest = sha256({task.str()});
  std::array<uint8_t, 16> bytes{};
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  return EventId(bytes);
}

}  // namespace

TaskId registry_id() {
  return TaskId::parse("_tasks").value();
}

Result<EncodedEvent> registration_of(const Task& task) {
  return encode(Event{.id = id_of(task.id),
                      .type = known_type(kRegistrationType),
                      .time = task.created_at,
                      .task = task.id,
                      .agent = task.spec.agent,
                      .execution = {},
                      .payload = Json::object()});
}

std::optional<Registration> read_registration(std::string_view json) {
  Result<Event> event = decode_event(json);
  if (!event || !event->agent || event->type.str() != kRegistrationType) return std::nullopt;
  return Registration{std::move(event->task), *std::move(event->agent)};
}

}  // namespace taskfeed::broker

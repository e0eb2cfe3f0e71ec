#include "bridge/normalise.h"

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "bridge/names.h"
#include "bridge/payload.h"
#include "bridge/unwrap.h"
#include "broker/registry.h"

namespace taskfeed::bridge {
namespace {

std::array<uint8_t, 16> half(const Digest& digest) {
  std::array<uint8_t, 16> bytes;
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  return bytes;
}

/// RFC 9562, 5.8: version 8 is for ids that are made in one's own way.
Uuid uuid8(std::array<uint8_t, 16> bytes) {
  bytes[6] = static_cast<uint8_t>(0x80 | (bytes[6] & 0x0F));
  bytes[8] = static_cast<uint8_t>(0x80 | (bytes[8] & 0x3F));
  return Uuid(bytes);
}

bool within_depth(const Json& json, int levels) {
  if (!json.is_structured()) return true;
  return levels > 0 && std::all_of(json.begin(), json.end(), [levels](const Json& element) {
           return within_depth(element, levels - 1);
         });
}

/// A name as text: some publishers count their tasks and events.
std::string name_of(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  return json.is_number_integer() ? json.dump() : std::string();
}

struct Envelope {
  std::optional<EventType> type;
  std::optional<TaskId> task;
  std::optional<AgentId> agent;
  std::optional<ExecutionId> execution;
  std::optional<EventId> id;
  std::optional<WallTime> time;
  Json sources = Json::object();        // What the publisher named in another form than ours.
  std::vector<std::string_view> taken;  // Keys that are not reserved and stand here all the same.
};

Refusal refusal(Unreadable reason, std::string detail, std::string shape) {
  return {reason, std::move(detail), std::move(shape)};
}

void keep_source(Envelope& envelope, std::string_view key, const std::vector<const Json*>& given) {
  for (const Json* const value : given) {
    if (value->is_structured()) continue;
    envelope.sources["source_" + std::string(key)] = *value;
    return;
  }
}

std::optional<Refusal> read_type(const Layers& layers, Envelope& envelope) {
  std::vector<const Json*> given = layers.at({{Layers::kRoot, "event_type"},
                                              {Layers::kData, "event_type"},
                                              {Layers::kData, "original_event_type"},
                                              {Layers::kOriginal, "event_type"}});
  if (given.empty()) {
    given = layers.at({{Layers::kRoot, "type"}});
    if (given.empty()) return refusal(Unreadable::kNoType, "it has no event_type", layers.shape());
    envelope.taken.push_back("type");
  }
  if (!given.front()->is_string()) {
    return refusal(Unreadable::kBadType, "its event_type is no text", layers.shape());
  }
  const Result<EventType> type =
      EventType::parse(known_type(given.front()->get_ref<const std::string&>()));
  if (!type) return refusal(Unreadable::kBadType, type.error().text, layers.shape());
  envelope.type = *type;
  return std::nullopt;
}

std::optional<Refusal> read_task(const Layers& layers, const Heard& heard, Envelope& envelope) {
  const std::vector<const Json*> given = layers.at({{Layers::kRoot, "task_id"},
                                                    {Layers::kData, "task_id"},
                                                    {Layers::kData, "aggregate_id"},
                                                    {Layers::kOriginal, "task_id"},
                                                    {Layers::kRoot, "aggregate_id"}});
  std::optional<Error> first;
  for (const Json* const value : given) {
    Result<TaskId> task = TaskId::parse(name_of(*value));
    if (task) {
      envelope.task = *std::move(task);
      break;
    }
    if (!first) first = task.error();
  }
  if (!envelope.task && first) {
    return refusal(Unreadable::kBadTask, first->text, layers.shape());
  }
  if (!envelope.task) envelope.task = task_of_channel(heard.pattern, heard.channel, *envelope.type);
  if (!envelope.task) {
    return refusal(Unreadable::kNoTask, "neither it nor its channel names a task", layers.shape());
  }
  if (*envelope.task == broker::registry_id()) {
    return refusal(Unreadable::kBadTask, envelope.task->str() + " is a reserved name",
                   layers.shape());
  }
  // A task's id under this name; an aggregate that is another thing stays in the payload.
  for (const Json* const value :
       layers.at({{Layers::kData, "aggregate_id"}, {Layers::kRoot, "aggregate_id"}})) {
    if (name_of(*value) == envelope.task->str()) envelope.taken.push_back("aggregate_id");
  }
  return std::nullopt;
}

std::vector<const Json*> in_any_layer(const Layers& layers, std::string_view key) {
  return layers.at({{Layers::kRoot, key}, {Layers::kData, key}, {Layers::kOriginal, key}});
}

void read_names(const Layers& layers, Envelope& envelope) {
  const std::vector<const Json*> agents = in_any_layer(layers, "agent_id");
  for (const Json* const value : agents) {
    const Result<AgentId> agent = AgentId::parse(name_of(*value));
    if (agent && !envelope.agent) envelope.agent = *agent;
  }
  if (!envelope.agent) keep_source(envelope, "agent_id", agents);

  const std::vector<const Json*> executions = in_any_layer(layers, "execution_id");
  for (const Json* const value : executions) {
    if (!envelope.execution) envelope.execution = uuid_of(name_of(*value));
  }
  if (!envelope.execution) keep_source(envelope, "execution_id", executions);

  const std::vector<const Json*> times = layers.at({{Layers::kRoot, "timestamp"},
                                                    {Layers::kData, "timestamp"},
                                                    {Layers::kData, "original_timestamp"},
                                                    {Layers::kOriginal, "timestamp"}});
  for (const Json* const value : times) {
    if (!envelope.time) envelope.time = time_of(*value);
  }
  if (!envelope.time) keep_source(envelope, "timestamp", times);
}

Identity read_identity(const Layers& layers, const Heard& heard, Envelope& envelope,
                       IdSource& ids) {
  const std::vector<const Json*> given = in_any_layer(layers, "event_id");
  for (const Json* const value : given) {
    const std::string name = name_of(*value);
    if (name.empty()) continue;
    envelope.id = uuid_of(name);
    if (!envelope.id && name.find_first_not_of("0-") != std::string::npos) {
      envelope.id = uuid8(half(sha256({"event_id", envelope.task->str(), name})));
      envelope.sources["source_event_id"] = *value;
    }
    if (envelope.id) return {true, envelope.id->bytes()};
  }
  keep_source(envelope, "event_id", given);
  // Of the bytes: what every listener hears alike, whatever its clock and its ids say.
  envelope.id = ids.uuid7();
  return {false, half(sha256({heard.channel, heard.bytes}))};
}

}  // namespace

std::string_view to_string(Unreadable reason) {
  switch (reason) {
    case Unreadable::kTooLarge:
      return "too large";
    case Unreadable::kNotJson:
      return "not JSON";
    case Unreadable::kNotObject:
      return "not a JSON object";
    case Unreadable::kNoType:
      return "no event type";
    case Unreadable::kBadType:
      return "no usable event type";
    case Unreadable::kNoTask:
      return "no task id";
    case Unreadable::kBadTask:
      return "no usable task id";
  }
  TF_ASSERT_TEXT(false, "a reason out of range");
  return {};
}

Normalised normalise(const Heard& heard, const NormaliseLimits& limits, IdSource& ids,
                     WallTime now) {
  if (heard.bytes.size() > limits.heard_bytes_max) {
    return refusal(Unreadable::kTooLarge, std::to_string(heard.bytes.size()) + " bytes", "");
  }
  Result<Json> json = unwrap(heard.bytes, limits.wrappers_max);
  if (!json) return refusal(Unreadable::kNotJson, json.error().text, "");
  if (!json->is_object()) {
    return refusal(Unreadable::kNotObject, std::string("it is of type ") + json->type_name(),
                   json->type_name());
  }
  Layers layers(*std::move(json));
  Envelope envelope;
  if (std::optional<Refusal> refused = read_type(layers, envelope)) return *std::move(refused);
  if (std::optional<Refusal> refused = read_task(layers, heard, envelope)) {
    return *std::move(refused);
  }
  read_names(layers, envelope);
  const Identity identity = read_identity(layers, heard, envelope, ids);
  Json payload = layers.take_payload(envelope.taken);
  if (limits.depth_max < kJsonDepthMax && !within_depth(payload, limits.depth_max)) {
    return refusal(Unreadable::kNotJson,
                   "nested deeper than " + std::to_string(limits.depth_max) + " levels", "");
  }
  for (auto& [key, value] : envelope.sources.items()) {
    if (!payload.contains(key)) payload[key] = value;
  }
  const Result<EncodedEvent> event =
      encode(Event{*envelope.id, *envelope.type, envelope.time.value_or(now), *envelope.task,
                   envelope.agent, envelope.execution, std::move(payload)});
  if (!event) return refusal(Unreadable::kTooLarge, event.error().text, "");
  return Reading{*envelope.task, envelope.agent, *event, identity};
}

}  // namespace taskfeed::bridge

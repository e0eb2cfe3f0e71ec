/// What holds for whatever is published, tried with hostile publications (rapidcheck).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "bridge/normalise.h"
#include "support/ids.h"

namespace taskfeed::bridge {
namespace {

using namespace std::string_literals;

/// Bytes that mean something to the normaliser, among bytes that mean nothing.
rc::Gen<std::string> piece() {
  return rc::gen::oneOf(
      rc::gen::element("{"s, "}"s, "["s, "]"s, ":"s, ","s, "\""s, "\\"s, "\\ud83d"s, "\xff"s, "\0"s,
                       "null"s, "1e999"s, "\"event_type\":\"x\""s, "\"task_id\":\"t1\""s,
                       "\"data\":"s, "\"original_data\":"s, "\"event_id\":"s,
                       "\x89"
                       "BIN\r\n\x1a\n\0\1\0\0\0\x12\0\0\0\x12"s),
      rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
}

rc::Gen<std::string> any_bytes() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece()),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const std::string& each : pieces) text += each;
                        return text;
                      });
}

Json any_value(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 8 : 6)) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<int64_t>();
    case 2:
      return *rc::gen::arbitrary<double>();
    case 3:
      return *rc::gen::element("x"s, "t1"s, "workflow.Completed"s, "1795338000"s, "a b"s,
                               "01980000-0000-7000-8000-00000000002a"s, "{\"task_id\":\"t2\"}"s);
    case 4:
      return to_utf8(*any_bytes());
    case 5:
      return *rc::gen::arbitrary<bool>();
    default:
      break;
  }
  Json object = Json::object();
  for (int count = *rc::gen::inRange(0, 7); count > 0; --count) {
    const std::string key = *rc::gen::element(
        "event_id"s, "event_type"s, "timestamp"s, "task_id"s, "agent_id"s, "execution_id"s, "data"s,
        "original_data"s, "aggregate_id"s, "type"s, "headers"s, "source_event_id"s, "a"s, ""s);
    object[key] = any_value(depth - 1);
  }
  return object;
}

void check(std::string_view channel, std::string_view bytes) {
  testing::SeededIdSource ids;
  const WallTime now(Milliseconds(1'795'341'600'000));
  const Heard heard{"workflow.*", channel, bytes};
  const Normalised normalised = normalise(heard, {}, ids, now);
  if (const auto* refusal = std::get_if<Refusal>(&normalised)) {
    RC_ASSERT(!to_string(refusal->reason).empty());
    RC_ASSERT(refusal->shape.size() < 1'000u);
    return;
  }
  const auto& reading = std::get<Reading>(normalised);
  RC_ASSERT(is_utf8(reading.event.json));
  RC_ASSERT(reading.event.json.size() <= kEventBytesMax);
  const Event event = decode_event(reading.event.json).value();
  RC_ASSERT(event.id == reading.event.id);
  RC_ASSERT(event.type.str() == reading.event.type);
  RC_ASSERT(event.task == reading.task);
  RC_ASSERT(event.agent == reading.agent);
  RC_ASSERT(encode_event(event).value() == reading.event.json);
  // Another daemon recognises the same, whatever ids it draws and what time it is there.
  testing::SeededIdSource others(2);
  const Normalised again = normalise(heard, {}, others, now + Milliseconds(7'000));
  RC_ASSERT(std::get<Reading>(again).identity.key == reading.identity.key);
  RC_ASSERT(std::get<Reading>(again).identity.named == reading.identity.named);
}

RC_GTEST_PROP(NormaliseProperties, AnyBytesAreAnEventThatEncodesOrAreRefused, ()) {
  check("workflow." + *any_bytes(), *any_bytes());
}

RC_GTEST_PROP(NormaliseProperties, AnyJsonIsAnEventThatEncodesOrIsRefused, ()) {
  const Json json = any_value(4);
  check("workflow.t9", dump_json(json));
  Json typed = json.is_object() ? json : Json::object();
  if (!typed.contains("event_type")) typed["event_type"] = "LLMCallStarted";
  check("workflow.t9", dump_json(typed));
  check("workflow.t9", dump_json(Json{{"data", dump_json(typed)}, {"headers", Json::object()}}));
}

}  // namespace
}  // namespace taskfeed::bridge

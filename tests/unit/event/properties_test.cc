/// What holds for every event and every stream, tried with hostile ones (rapidcheck).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "event/event.h"
#include "event/live.h"
#include "event/sse_encoder.h"
#include "support/ids.h"
#include "support/sse_reference.h"

namespace taskfeed {
namespace {

using namespace std::string_literals;

/// Bytes that mean something to one of the formats, among bytes that mean nothing.
rc::Gen<std::string> hostile_text() {
  const auto piece = rc::gen::oneOf(
      rc::gen::element("\r"s, "\n"s, "\r\n"s, "\n\n"s, ":"s, " "s, "data: "s, "id: "s, "event:"s,
                       "retry: 7"s, "\0"s, "\xEF\xBB\xBF"s, "\xE2\x82\xAC"s, "\xE2\x82"s,
                       "\xF0\x9F\x98"s, "\xFF"s, "\xED\xA0\x80"s, "\"", "\\", "\\ud83d"s, "{", "]"),
      rc::gen::container<std::string>(rc::gen::arbitrary<char>()));
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(piece),
                      [](const std::vector<std::string>& pieces) {
                        std::string text;
                        for (const std::string& each : pieces) text += each;
                        return text;
                      });
}

rc::Gen<std::string> event_type() {
  const auto name = rc::gen::map(hostile_text(), [](const std::string& text) {
    std::string kept;
    for (const char c : text.substr(0, 100)) {
      if (static_cast<unsigned char>(c) > ' ') kept += c;
    }
    return kept;
  });
  return rc::gen::oneOf(
      rc::gen::elementOf(std::vector<std::string>(types::kAll.begin(), types::kAll.end())),
      rc::gen::suchThat(name, [](const std::string& text) { return is_event_type(text); }));
}

rc::Gen<Cursor> cursor() {
  return rc::gen::construct<Cursor>(rc::gen::arbitrary<uint64_t>(), rc::gen::arbitrary<uint32_t>());
}

/// The text with each CR and CRLF as LF: SSE has one kind of line break.
std::string with_line_feeds(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\r') {
      out += '\n';
      if (text.substr(at + 1).starts_with('\n')) ++at;
    } else {
      out += text[at];
    }
  }
  return out;
}

Json value_of(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 8 : 6);
  if (kind == 0) return nullptr;
  if (kind == 1) return *rc::gen::arbitrary<bool>();
  if (kind == 2) return *rc::gen::arbitrary<int64_t>();
  if (kind == 3) return *rc::gen::arbitrary<int32_t>() / 8.0;
  if (kind <= 5) return to_utf8(*hostile_text());
  Json json = kind == 6 ? Json::array() : Json::object();
  for (int count = *rc::gen::inRange(0, 4); count > 0; --count) {
    if (kind == 6) {
      json.push_back(value_of(depth - 1));
    } else {
      json[to_utf8(*hostile_text())] = value_of(depth - 1);
    }
  }
  return json;
}

RC_GTEST_PROP(SseProperties, WhatIsEncodedIsParsedBack, ()) {
  const auto place = *cursor();
  const auto type = *event_type();
  const auto json = *hostile_text();
  const FramePtr frame = sse::event_frame(place, type, json);
  const auto outcome = testing::parse_pieces({frame->bytes()});
  RC_ASSERT(outcome.events.size() == 1u);
  RC_ASSERT(outcome.events[0].event == type);
  RC_ASSERT(outcome.events[0].last_event_id == place.str());
  RC_ASSERT(outcome.events[0].data == with_line_feeds(to_utf8(json)));
  RC_ASSERT(frame->type() == type);
}

RC_GTEST_PROP(SseProperties, AHostileTypeAddsNoFieldAndNoEvent, ()) {
  const auto type = *hostile_text();
  const FramePtr frame = sse::event_frame({1, 2}, type, "{}");
  const auto outcome = testing::parse_pieces({frame->bytes()});
  RC_ASSERT(outcome.events.size() == 1u);
  RC_ASSERT(outcome.events[0].data == "{}");
  RC_ASSERT(outcome.last_event_id == "1-2");
  RC_ASSERT(outcome.events[0].event == (is_event_type(type) ? type : "message"));
}

RC_GTEST_PROP(SseProperties, FramesInARowAreParsedOneByOne, ()) {
  const auto texts = *rc::gen::container<std::vector<std::string>>(hostile_text());
  std::string stream = sse::retry_line(std::chrono::milliseconds(3000));
  uint64_t seq = 0;
  for (const std::string& text : texts) {
    stream += sse::comment_frame(text)->bytes();
    stream += sse::event_frame({++seq, 1}, "t", text)->bytes();
    stream += sse::unnamed_frame(*sse::event_frame({++seq, 1}, "t", text))->bytes();
    stream += sse::progress_frame({++seq, 1})->bytes();
  }
  const auto outcome = testing::parse_pieces({stream});
  RC_ASSERT(outcome.events.size() == texts.size() * 2);
  for (size_t at = 0; at < texts.size(); ++at) {
    RC_ASSERT(outcome.events[2 * at].data == with_line_feeds(to_utf8(texts[at])));
    RC_ASSERT(outcome.events[2 * at + 1].event == "message");
  }
  RC_ASSERT(outcome.last_event_id == (seq == 0 ? "" : Cursor{seq, 1}.str()));
}

RC_GTEST_PROP(SseProperties, AnyBytesInAnyPiecesFollowTheStandard, ()) {
  const auto stream = *hostile_text();
  const auto sizes = *rc::gen::container<std::vector<uint8_t>>(rc::gen::inRange<uint8_t>(0, 9));
  std::vector<std::string_view> pieces;
  std::string_view rest = stream;
  for (const uint8_t size : sizes) {
    pieces.push_back(rest.substr(0, size));
    rest.remove_prefix(pieces.back().size());
  }
  pieces.push_back(rest);
  RC_ASSERT(testing::parse_pieces(pieces) == testing::parse_by_the_letter(stream));
}

RC_GTEST_PROP(EventProperties, WhatIsEncodedIsDecoded, ()) {
  Event event{testing::uuid_with_tag(*rc::gen::arbitrary<uint32_t>()),
              EventType::parse(*event_type()).value(),
              WallTime(Milliseconds(*rc::gen::inRange<int64_t>(0, 4'000'000'000'000))),
              testing::task("t1"),
              std::nullopt,
              std::nullopt};
  if (*rc::gen::arbitrary<bool>()) event.agent = testing::agent("a1");
  if (*rc::gen::arbitrary<bool>()) event.execution = testing::uuid_with_tag(9);
  for (int count = *rc::gen::inRange(0, 6); count > 0; --count) {
    event.payload[to_utf8(*hostile_text())] = value_of(3);
  }
  const std::string json = encode_event(event).value();
  RC_ASSERT(json.find_first_of("\r\n") == std::string::npos);
  RC_ASSERT(is_utf8(json));
  RC_ASSERT(decode_event(json).value() == event);
}

RC_GTEST_PROP(JsonProperties, AnyTextParsesToWhatCanBeWrittenOrIsRefused, ()) {
  const auto text = *hostile_text();
  const Result<Json> in_string = parse_json(dump_json(Json(text)));
  RC_ASSERT(in_string.ok());
  RC_ASSERT(is_utf8(in_string->get<std::string>()));
  const Result<Json> raw = parse_json(text);
  if (raw) RC_ASSERT(parse_json(dump_json(*raw)).value() == *raw);
}

RC_GTEST_PROP(LiveProperties, WhatIsJoinedIsSplit, ()) {
  const auto place = *cursor();
  const auto type = *event_type();
  const auto json = "{" + *hostile_text();
  const std::string text = join_live(place, type, json);
  const auto live = split_live(text);
  RC_ASSERT(live.has_value());
  RC_ASSERT(live->cursor == place);
  RC_ASSERT(live->type == type);
  RC_ASSERT(live->json == json);
}

RC_GTEST_PROP(TextProperties, AllTextCanBeMadeSafe, ()) {
  const auto text = *hostile_text();
  RC_ASSERT(is_utf8(to_utf8(text)));
  RC_ASSERT(to_utf8(to_utf8(text)) == to_utf8(text));
  const std::string shown = escape_controls(text);
  RC_ASSERT(is_utf8(shown));
  RC_ASSERT(escape_controls(shown) == shown);
}

}  // namespace
}  // namespace taskfeed

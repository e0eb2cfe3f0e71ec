#include "event/many_cursor.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace taskfeed {
namespace {

constexpr std::string_view kVersion = "m1";
constexpr std::string_view kLost = "lost";
constexpr char kPacked = '~';
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr size_t kMarkDigits = 8;
constexpr size_t kUuidBytes = 16;
constexpr size_t kPackedDigits = 22;  // Of six bits each; the last has two.

Error malformed(std::string_view why) {
  return {Errc::kInvalid, "this is no cursor of a stream over many tasks: " + std::string(why)};
}

std::string_view take_part(std::string_view& text) {
  const size_t end = std::min(text.find('.'), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

std::string pack(const Uuid& uuid) {
  std::string out(1, kPacked);
  uint32_t bits = 0;
  unsigned held = 0;
  for (const uint8_t byte : uuid.bytes()) {
    bits = (bits << 8) | byte;
    for (held += 8; held >= 6; held -= 6) out += kDigits[(bits >> (held - 6)) & 63];
    bits &= (1u << held) - 1;
  }
  out += kDigits[(bits << (6 - held)) & 63];
  return out;
}

std::optional<Uuid> unpack(std::string_view digits) {
  if (digits.size() != kPackedDigits) return std::nullopt;
  std::array<uint8_t, kUuidBytes> bytes{};
  size_t at = 0;
  uint32_t bits = 0;
  unsigned held = 0;
  for (const char digit : digits) {
    const size_t value = kDigits.find(digit);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6) | static_cast<uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[at++] = static_cast<uint8_t>(bits >> held);
    bits &= (1u << held) - 1;
  }
  if (bits != 0) return std::nullopt;  // Another text for the same id.
  return Uuid(bytes);
}

std::string text_of(const TaskId& task) {
  const Result<Uuid> uuid = Uuid::parse(task.str());
  return uuid && uuid->str() == task.str() ? pack(*uuid) : task.str();
}

Result<TaskId> task_of(std::string_view text) {
  if (!text.starts_with(kPacked)) return TaskId::parse(text);
  const std::optional<Uuid> uuid = unpack(text.substr(1));
  if (!uuid) return malformed("a task's id is cut short");
  return TaskId::parse(uuid->str());
}

std::string hex(uint32_t number) {
  std::string out(kMarkDigits, '0');
  for (size_t at = 0; at < kMarkDigits; ++at) {
    out[kMarkDigits - 1 - at] = "0123456789abcdef"[(number >> (4 * at)) & 15];
  }
  return out;
}

std::optional<uint32_t> unhex(std::string_view text) {
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return text == hex(number) ? std::optional(number) : std::nullopt;
}

/// FNV-1a: it guards against a mix-up, not against a forger, who harms nobody but himself.
uint32_t mix(uint32_t hash, std::string_view text) {
  for (const char byte : text) hash = (hash ^ static_cast<uint8_t>(byte)) * 16'777'619u;
  return hash;
}

template <class Id>
uint32_t mix_all(uint32_t hash, std::string_view kind, std::vector<Id> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const Id& id : ids) hash = mix(mix(hash, kind), id.str());
  return hash;
}

}  // namespace

bool TaskSelection::takes(const AgentId& agent) const {
  return agents.empty() || std::find(agents.begin(), agents.end(), agent) != agents.end();
}

uint32_t TaskSelection::mark() const {
  return mix_all(mix_all(2'166'136'261u, "/agent/", agents), "/task/", tasks);
}

Result<ManyCursor> ManyCursor::parse(std::string_view text) {
  if (text.size() > kManyCursorBytesMax) {
    return {Errc::kTooLarge, "a cursor of a stream over many tasks has at most " +
                                 std::to_string(kManyCursorBytesMax) + " bytes"};
  }
  if (text.ends_with('.')) return malformed("it ends within");
  if (take_part(text) != kVersion) return malformed("it does not begin with m1");
  ManyCursor cursor;
  const std::optional<uint32_t> mark = unhex(take_part(text));
  if (!mark) return malformed("its second part is no mark");
  cursor.mark = *mark;
  const std::string_view registry = take_part(text);
  cursor.lost = registry == kLost;
  if (cursor.lost) return text.empty() ? Result<ManyCursor>(cursor) : malformed("it goes on");
  const std::optional<Cursor> place = Cursor::read(registry);
  if (!place) return malformed("its third part is no cursor");
  cursor.registry = *place;
  while (!text.empty()) {
    Result<TaskId> task = task_of(take_part(text));
    if (!task) return malformed(task.error().text);
    const std::optional<Cursor> at = Cursor::read(take_part(text));
    if (!at) return malformed("a task in it has no place");
    if (!cursor.open.emplace(*std::move(task), *at).second) return malformed("a task comes twice");
  }
  return cursor;
}

std::string ManyCursor::str() const {
  std::string out(kVersion);
  out.append(".").append(hex(mark)).append(".").append(lost ? kLost : registry.str());
  for (const auto& [task, at] : open) {
    out.append(".").append(text_of(task)).append(".").append(at.str());
  }
  return out;
}

}  // namespace taskfeed

#include "bridge/names.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace taskfeed::bridge {
namespace {

constexpr std::string_view kPrefix = "workflow.";
constexpr std::string_view kWord = "Workflow";

struct Alias {
  std::string_view foreign;
  std::string_view ours;
};
constexpr std::array kAliases{Alias{"IterationStarted", types::kStepStarted},
                              Alias{"IterationCompleted", types::kStepCompleted},
                              Alias{"HumanApprovalRequested", types::kApprovalRequested},
                              Alias{"HumanApprovalReceived", types::kApprovalReceived},
                              Alias{"WorkflowCanceled", types::kCancelled}};

bool is_known(std::string_view type) {
  return std::find(types::kAll.begin(), types::kAll.end(), type) != types::kAll.end();
}

std::optional<WallTime> from_unix(double value) {
  // The largest of each unit is the year 5138; the next unit begins there.
  constexpr double kSecondsMax = 1e11;
  if (!std::isfinite(value) || value <= 0 || value >= kSecondsMax * 1e9) return std::nullopt;
  while (value >= kSecondsMax) value /= 1000;
  return WallTime(Milliseconds(static_cast<int64_t>(std::llround(value * 1000))));
}

std::optional<WallTime> from_text(std::string_view text) {
  if (const Result<WallTime> time = parse_rfc3339(text)) return *time;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return from_unix(value);
  constexpr size_t kLongest = 64;
  if (text.size() > kLongest) return std::nullopt;
  // Python's datetime.utcnow().isoformat() writes no offset.
  if (const Result<WallTime> time = parse_rfc3339(std::string(text) + "Z")) return *time;
  return std::nullopt;
}

}  // namespace

std::string known_type(std::string_view foreign) {
  const bool prefixed = foreign.starts_with(kPrefix);
  const std::string_view name = prefixed ? foreign.substr(kPrefix.size()) : foreign;
  std::string with_word(name);
  if (!name.starts_with(kWord)) with_word.insert(0, kWord);
  for (const Alias& alias : kAliases) {
    if (name == alias.foreign || (prefixed && with_word == alias.foreign)) {
      return std::string(alias.ours);
    }
  }
  if (is_known(name)) return std::string(name);
  if (is_known(with_word) && (prefixed || !is_lifecycle(with_word))) return with_word;
  return std::string(foreign);
}

std::optional<TaskId> task_of_channel(std::string_view pattern, std::string_view channel,
                                      const EventType& type) {
  const size_t star = pattern.rfind('*');
  if (star == std::string_view::npos) return std::nullopt;
  const std::string_view tail = pattern.substr(star + 1);
  if (!channel.ends_with(tail)) return std::nullopt;
  channel.remove_suffix(tail.size());
  const std::string_view name = channel.substr(channel.find_last_of(".:/") + 1);
  Result<TaskId> task = TaskId::parse(name);
  const std::string prefixed = std::string(kPrefix).append(name);
  if (!task || is_known(known_type(prefixed)) || type.str() == name || type.str() == prefixed) {
    return std::nullopt;
  }
  return *std::move(task);
}

std::optional<WallTime> time_of(const Json& json) {
  if (json.is_number()) return from_unix(json.get<double>());
  if (json.is_string()) return from_text(json.get_ref<const std::string&>());
  return std::nullopt;
}

std::optional<Uuid> uuid_of(std::string_view text) {
  constexpr size_t kBareBytes = 32;
  std::string hyphened(text);
  if (text.size() == kBareBytes) {
    for (const size_t at : {8, 13, 18, 23}) hyphened.insert(at, 1, '-');
  }
  const Result<Uuid> id = Uuid::parse(hyphened);
  if (!id || *id == Uuid(std::array<uint8_t, 16>{})) return std::nullopt;
  return *id;
}

}  // namespace taskfeed::bridge

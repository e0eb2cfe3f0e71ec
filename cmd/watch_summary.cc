#include "watch_summary.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/text.h"
#include "event/event.h"
#include "width.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kNameColumnsMax = 32;
/// It is not known yet where the line will stand.
constexpr Looks kAscii{.utf8 = false};

double dollars_at(const Json& object, std::string_view key) {
  const Json* const found = find(object, key);
  if (found == nullptr || !found->is_number()) return 0;
  const double dollars = found->get<double>();
  return std::isfinite(dollars) && dollars > 0 && dollars < 1e9 ? dollars : 0;
}

std::string dollars_text(double dollars) {
  return short_dollars(std::llround(dollars * 1e9));
}

std::string counted(uint64_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

/// Parts in the order of the line, each with how much it matters.
struct Part {
  std::string text;
  int weight;
};

std::string joined(const std::vector<Part>& parts, std::string_view between) {
  std::string line;
  for (const Part& part : parts) line += (line.empty() ? "" : std::string(between)) + part.text;
  return line;
}

}  // namespace

double WatchSummary::One::cost() const {
  return std::max({call_costs, step_costs, total_cost});
}

void WatchSummary::add(const TaskId& task, std::string_view type, std::string_view json) {
  One& one = tasks_[task];
  if (type == types::kLlmCallChunk || type == types::kToolCallOutput) return;
  const Result<Json> parsed = parse_json(json);
  if (!parsed || !parsed->is_object()) return;
  if (!one.began || type == types::kStarted) {
    const Result<WallTime> time = parse_rfc3339(string_at(*parsed, "timestamp"));
    if (time) one.began = *time;
  }
  if (is_terminal(type)) one.over = true;
  add_progress(one, type, *parsed);
  add_costs(one, type, *parsed);
}

void WatchSummary::add_progress(One& one, std::string_view type, const Json& event) {
  if (type == types::kLlmCallStarted || type == types::kToolCallStarted) ++one.calls;
  if (type == types::kStepStarted) {
    const Json* const step = find(event, "step");
    const std::string number = step != nullptr && step->is_number_unsigned()
                                   ? std::to_string(step->get<uint64_t>() + 1)
                                   : std::string();
    const std::string name = one_line(string_at(event, "name"), 4 * kNameColumnsMax, kAscii);
    one.step =
        number + (number.empty() || name.empty() ? "" : " ") + cut_to(name, kNameColumnsMax, "...");
  }
  if (type == types::kPaused) one.standing = "paused";
  if (type == types::kApprovalRequested) {
    const std::string tool = one_line(string_at(event, "tool"), 4 * kNameColumnsMax, kAscii);
    one.standing = "waits for approval" + (tool.empty() ? "" : ": " + tool);
  }
  if (type == types::kInputRequested) one.standing = "waits for input";
  if (type == types::kResumed || type == types::kApprovalReceived ||
      type == types::kInputReceived) {
    one.standing.clear();
  }
}

void WatchSummary::add_costs(One& one, std::string_view type, const Json& event) {
  if (type == types::kStarted) {
    if (const Json* const limits = find(event, "limits")) {
      for (const std::string_view key : {"usd", "budget", "cost"}) {
        if (const double budget = dollars_at(*limits, key); budget > 0) one.budget = budget;
      }
    }
    if (const double budget = dollars_at(event, "budget"); budget > 0) one.budget = budget;
  }
  const bool told = type == types::kBudgetWarning || type == types::kBudgetExceeded;
  if (told && string_at(event, "bound", "usd") == "usd") {
    if (const double budget = dollars_at(event, "budget"); budget > 0) one.budget = budget;
    one.total_cost = std::max(one.total_cost, dollars_at(event, "used"));
  }
  if (type == types::kLlmCallCompleted) one.call_costs += dollars_at(event, "cost");
  if (type == types::kStepCompleted) one.step_costs += dollars_at(event, "cost");
  one.total_cost = std::max(one.total_cost, dollars_at(event, "total_cost"));
}

std::string WatchSummary::standing_of_one(const One& one) const {
  if (!one.standing.empty()) return one.standing;
  return one.step.empty() ? std::string() : "step " + one.step;
}

void WatchSummary::ended(const TaskId& task) {
  ++ended_;
  const auto found = tasks_.find(task);
  if (found == tasks_.end()) return;
  ended_calls_ += found->second.calls;
  ended_cost_ += found->second.cost();
  tasks_.erase(found);
}

/// Where it is about one task alone, how that stands; empty: nothing was heard of any.
std::string WatchSummary::tasks_text() const {
  if (tasks_.size() == 1 && !all_since_) return standing_of_one(tasks_.begin()->second);
  uint64_t over = ended_;
  for (const auto& [task, one] : tasks_) over += one.over && !all_since_ ? 1 : 0;
  const uint64_t all = ended_ + tasks_.size();
  return all == 0 ? std::string() : std::to_string(over) + " of " + counted(all, "task") + " ended";
}

std::string WatchSummary::line(WallTime now, size_t columns, const Looks& looks) const {
  WallTime began = all_since_.value_or(WallTime::max());
  uint64_t calls = ended_calls_;
  double cost = ended_cost_;
  double budget = 0;
  for (const auto& [task, one] : tasks_) {
    if (!all_since_ && one.began) began = std::min(began, *one.began);
    calls += one.calls;
    cost += one.cost();
    if (!all_since_) budget += one.budget;
  }
  std::vector<Part> parts;
  parts.push_back({tasks_text(), 3});
  const bool any = ended_ > 0 || !tasks_.empty();
  if (any && began != WallTime::max()) parts.push_back({elapsed_time(now - began), 4});
  if (calls > 0) parts.push_back({counted(calls, "call"), 1});
  if (cost > 0 || budget > 0) {
    parts.push_back(
        {dollars_text(cost) + (budget > 0 ? " of " + dollars_text(budget) : std::string()), 2});
  }
  std::erase_if(parts, [](const Part& part) { return part.text.empty(); });
  if (parts.empty()) parts.push_back({"waits for events", 4});
  const std::string_view between = looks.utf8 ? " · " : " | ";
  const std::string_view ellipsis = looks.utf8 ? "…" : "...";
  const std::string start = looks.utf8 ? "▸ " : "> ";
  const size_t room = columns > width_of(start) ? columns - width_of(start) : 0;
  while (parts.size() > 1 && width_of(joined(parts, between)) > room) {
    parts.erase(std::min_element(parts.begin(), parts.end(),
                                 [](const Part& a, const Part& b) { return a.weight < b.weight; }));
  }
  return cut_to(start + joined(parts, between), columns, ellipsis);
}

}  // namespace taskfeed::cmd

/// How the tasks that a person watches stand, in one line: step, elapsed time, calls, cost against
/// the budget. A fold of the events that went by.
///
/// Threads  Values; pure functions.
/// Errors   None: fields of another type are passed over.
/// Owns     Its counts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "event/json.h"
#include "looks.h"

namespace taskfeed::cmd {

class WatchSummary {
 public:
  void add(const TaskId& task, std::string_view type, std::string_view json);
  /// From now on it is of all tasks that there are, for as long as somebody watches: it counts
  /// those that ended() and forgets the rest of them, and time counts from `since`.
  void watch_all(WallTime since) { all_since_ = since; }
  void ended(const TaskId& task);
  /// At most `columns` wide; what matters least is left out first. Without escape sequences.
  std::string line(WallTime now, size_t columns, const Looks& looks) const;

 private:
  struct One {
    std::optional<WallTime> began;
    std::string step;      ///< "2 sign"
    std::string standing;  ///< "paused", "waits for approval: rm"; empty while it works.
    uint64_t calls = 0;
    double call_costs = 0;  ///< Dollars, summed …
    double step_costs = 0;
    double total_cost = 0;  ///< … or as the newest event says.
    double budget = 0;
    bool over = false;

    double cost() const;
  };
  void add_progress(One& one, std::string_view type, const Json& event);
  void add_costs(One& one, std::string_view type, const Json& event);
  std::string standing_of_one(const One& one) const;

  std::string tasks_text() const;

  std::map<TaskId, One> tasks_;
  std::optional<WallTime> all_since_;
  // Of those that are forgotten.
  uint64_t ended_ = 0;
  uint64_t ended_calls_ = 0;
  double ended_cost_ = 0;
};

}  // namespace taskfeed::cmd

/// The exact place of a reader of many tasks: the stream's last id, and what was read since.
///
/// Threads  A value.
/// Errors   An id that cannot be read leaves the place unknown.
/// Owns     What it knows of each task.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "event/many_cursor.h"

namespace taskfeed::cmd {

class ManyPlace {
 public:
  /// The stream's id, as it stands with each event; all before it has been read.
  void stand_at(const std::string& id);
  /// False where the event had been read before: it came again after a reconnect.
  bool read(const TaskId& task, const Cursor& at);
  /// False where the end was known.
  bool ended(const TaskId& task);
  /// The task's history was replaced: its events count anew.
  void forget(const TaskId& task) { tasks_.erase(task); }
  /// Where a reader resumes without a hole or a repeat; empty where the stream has no place.
  std::string text() const;

 private:
  struct Progress {
    Cursor at;
    bool ended = false;
  };
  std::string id_;
  std::optional<ManyCursor> base_;
  std::map<TaskId, Progress> tasks_;  ///< Read since some id, and perhaps not in base_.
};

}  // namespace taskfeed::cmd

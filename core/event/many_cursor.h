/// Where a reader of many tasks stands: `m1.<mark>.<registry>[.<task>.<cursor>]…`.
///
/// Every task that was created up to `registry`, and is not among `open`, was read to its end. The
/// text holds only characters that a URL and a shell leave alone; a UUID is packed into 22 of them,
/// after a tilde. It is bounded, since it must fit into one field of a request's head: with more
/// open tasks than that there is no cursor, and the reader is told.
///
/// Threads  Values.
/// Errors   parse() refuses what str() would not have written.
/// Owns     Its text.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "event/cursor.h"

namespace taskfeed {

/// Some 160 open tasks. A field of a request's head may have 8 KiB, here and in common proxies.
inline constexpr size_t kManyCursorBytesMax = 6 * 1024;

/// Which tasks are followed. Agents and tasks exclude each other; with neither, all are.
struct TaskSelection {
  std::vector<AgentId> agents;
  std::vector<TaskId> tasks;

  bool takes(const AgentId& agent) const;
  /// New tasks belong to it as well.
  bool open_ended() const { return tasks.empty(); }
  /// A cursor of one selection says nothing about another: what it did not follow is not read.
  uint32_t mark() const;
};

struct ManyCursor {
  uint32_t mark = 0;  ///< TaskSelection::mark().
  /// There were too many open tasks to say where it stood: a new beginning, and a gap.
  bool lost = false;
  Cursor registry;  ///< In broker/registry.h's stream.
  std::map<TaskId, Cursor> open;

  static Result<ManyCursor> parse(std::string_view text);
  /// May be over kManyCursorBytesMax, which parse() refuses.
  std::string str() const;
  bool operator==(const ManyCursor&) const = default;
};

}  // namespace taskfeed

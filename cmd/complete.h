/// What may stand next on a command line: the shells' completion asks, the tree of subcommands and
/// options answers.
///
/// The scripts of `taskfeed completion` know nothing themselves: they pass on what is typed. So a
/// script that was installed once agrees with whatever binary is there, and all that can be wrong
/// about completion is here, where tests reach it.
///
/// Threads  Pure, but for LiveNames.
/// Errors   None: what cannot be told is not offered.
/// Owns     Nothing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "subcommand.h"

namespace taskfeed::cmd {

struct Candidate {
  std::string value;
  std::string about;  ///< One line; may be empty.
  auto operator<=>(const Candidate&) const = default;
};

struct Offer {
  /// What the shell adds of its own; never beside candidates.
  enum class Also { kNothing, kFiles, kFolders, kPrograms };
  std::vector<Candidate> candidates;
  Also also = Also::kNothing;
};

/// The last two: those that wait for such an answer.
enum class Live { kAgents, kTasks, kTasksToApprove, kTasksToAnswer };
/// Asks the daemon or the Redis that the line points to.
using LiveNames = std::function<std::vector<Candidate>(Live)>;

/// `words` follow "taskfeed"; the last, which may be empty, is the one to complete. A value after
/// "--option=" is offered with it.
Offer complete(const std::vector<std::string>& words, const Invocation& invocation,
               const LiveNames& live);

/// A line for each candidate, with a tab before what it is; or one of ":files", ":folders",
/// ":programs". This is what the scripts read.
std::string offer_text(const Offer& offer);

}  // namespace taskfeed::cmd

/// Subcommands of subcommands: `taskfeed agents list`.
///
/// Threads  Main thread; all but enter_verb() are pure functions.
/// Errors   kInvalid names the verbs that there are.
/// Owns     Nothing.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "help_text.h"
#include "subcommand.h"

namespace taskfeed::cmd {

/// "a|b|c" in its parts.
std::vector<std::string> choices_of(std::string_view choices);

/// Takes the verb out of `args`, before which global options may stand. Empty: help is asked for.
Result<std::string> take_verb(std::string_view subcommand, std::string_view verbs,
                              std::vector<std::string>& args);

/// The help of such a subcommand, before a verb is chosen.
struct VerbsHelp {
  std::string_view subcommand;
  std::string_view about;
  std::vector<HelpRow> verbs;
  std::string_view examples;
  std::string_view more;  ///< Where to read on.
};
std::string verbs_help(const VerbsHelp& help, size_t columns);

/// Calls `enter` with the verb; else prints the help that is asked for, or what is wrong.
ExitStatus enter_verb(const VerbsHelp& help, std::string_view verbs, Invocation& invocation,
                      const std::function<ExitStatus(const std::string& verb)>& enter);

}  // namespace taskfeed::cmd

/// What the arguments of several subcommands mean.
///
/// Threads  Pure functions, but for those that say what they read.
/// Errors   kInvalid, kTooLarge, kNotFound; each names the option or the file.
/// Owns     Nothing.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "deps.h"
#include "event/json.h"

namespace taskfeed::cmd {

/// `word` as a shell takes it back: quoted where it must be.
std::string shell_word(const std::string& word);
/// Each once, in the order given.
Result<std::vector<TaskId>> task_ids(const std::vector<std::string>& texts);
/// A whole number from `least` to `most`.
Result<uint64_t> whole_number(std::string_view option, std::string_view text, uint64_t least,
                              uint64_t most);
/// "NAME=VALUE".
Result<std::pair<std::string, std::string>> name_and_value(std::string_view option,
                                                           std::string_view text);
/// `text` as JSON where it is JSON, else as the text that it is.
Json json_or_text(std::string_view text);
/// Well-formed, or refused: what a person types stands in events for ever.
Result<void> check_utf8(std::string_view what, std::string_view text);

/// `text`, or all of stdin where `text` is "-"; `what` names it in errors.
Result<std::string> text_or_stdin(const std::string& text, std::string_view what, size_t bytes_max,
                                  Deps& deps);
Result<std::string> read_file(const std::string& path, size_t bytes_max);

/// The agent that `--agent` names; without it, the only one that is declared.
Result<AgentId> agent_or_only_one(const std::optional<AgentId>& given, service::Tasks& tasks);

/// Who asks, for `by` of an event: the login name.
std::string user_name(const Environment& environment);

}  // namespace taskfeed::cmd

#include "verbs.h"

#include <algorithm>

#include "base/suggest.h"
#include "base/text.h"
#include "globals.h"

namespace taskfeed::cmd {
namespace {

/// "list, show and delete".
std::string listed(const std::vector<std::string>& verbs, std::string_view last) {
  std::string text;
  for (const std::string& verb : verbs) {
    if (!text.empty()) text += &verb == &verbs.back() ? std::string(last) : std::string(", ");
    text += verb;
  }
  return text;
}

}  // namespace

std::vector<std::string> choices_of(std::string_view choices) {
  std::vector<std::string> each;
  while (!choices.empty()) {
    const size_t bar = std::min(choices.find('|'), choices.size());
    each.emplace_back(choices.substr(0, bar));
    choices.remove_prefix(std::min(bar + 1, choices.size()));
  }
  return each;
}

Result<std::string> take_verb(std::string_view subcommand, std::string_view verbs,
                              std::vector<std::string>& args) {
  const std::string name(subcommand);
  const std::vector<std::string> known = choices_of(verbs);
  auto word = args.begin();
  while (word != args.end() && word->size() > 1 && word->starts_with('-')) {
    if (*word == "-h" || *word == "--help") return std::string();
    word += global_takes_value(*word) && args.end() - word > 1 ? 2 : 1;
  }
  if (word == args.end()) {
    return Error{Errc::kInvalid, name + " needs one of " + listed(known, ", ") +
                                     "; see `taskfeed " + name + " --help`"};
  }
  std::string verb = *word;
  if (std::find(known.begin(), known.end(), verb) == known.end()) {
    const std::string meant = nearest(verb, known);
    return Error{Errc::kInvalid, name + " has no '" + escape_controls(to_utf8(verb)) + "'" +
                                     (meant.empty() ? "" : ", did you mean " + meant + "?") +
                                     "; it has " + listed(known, " and ")};
  }
  args.erase(word);
  return verb;
}

std::string verbs_help(const VerbsHelp& help, size_t columns) {
  return "Usage: taskfeed " + std::string(help.subcommand) + " VERB [OPTIONS] [ARGUMENTS]\n\n" +
         help_paragraph(help.about, columns) + "\nVerbs:\n" +
         help_rows(help.verbs, help_left_width({&help.verbs}), columns) + "\nExamples:\n" +
         std::string(help.examples) + "\n" + std::string(help.more) +
         "\nOptions of every subcommand: taskfeed help options\n";
}

ExitStatus enter_verb(const VerbsHelp& help, std::string_view verbs, Invocation& invocation,
                      const std::function<ExitStatus(const std::string& verb)>& enter) {
  const Result<std::string> verb = take_verb(help.subcommand, verbs, invocation.args);
  if (!verb) return usage_error(invocation, verb.error());
  if (!verb->empty()) return enter(*verb);
  invocation.out.write(verbs_help(help, help_columns(invocation.out)));
  return ExitStatus::kCompleted;
}

}  // namespace taskfeed::cmd

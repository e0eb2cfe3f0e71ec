#include "complete.h"

#include <algorithm>

#include "base/text.h"
#include "event/event_type.h"
#include "topics.h"
#include "verbs.h"

namespace taskfeed::cmd {
namespace {

/// Where the word to complete stands.
struct Place {
  const Subcommand* subcommand = nullptr;
  std::string verb;
  std::vector<ArgParser::Option> options;  // Of all subcommands, until one is named.
  std::vector<ArgParser::Argument> arguments;
  const ArgParser::Option* awaiting = nullptr;  // The option whose value comes now.
  size_t arguments_before = 0;
  size_t after_dashes = 0;  // Words since "--", it included; 0: none stands there.
  bool lost = false;        // No such subcommand or verb.
};

bool wants_verb(const Place& at) {
  return at.subcommand != nullptr && !at.subcommand->verbs.empty() && at.verb.empty();
}

/// The declarations of the subcommand that has been named, with its verb.
void look_inside(Place& at, const Invocation& invocation) {
  const std::function<void(const ArgParser&)> look = [&at](const ArgParser& parser) {
    at.options = parser.options();
    at.arguments = parser.declared_arguments();
  };
  Invocation asked = invocation;
  asked.args.clear();
  if (!at.verb.empty()) asked.args.push_back(at.verb);
  asked.inspect = &look;
  at.subcommand->enter(asked, at.subcommand->needs);
  at.options.push_back({.names = {"-h", "--help"}, .help = "this subcommand's options"});
}

void take_name(const std::string& word, Place& at, const Invocation& invocation) {
  if (at.subcommand == nullptr) {
    for (const Subcommand& each : subcommands()) {
      if (each.name == word && !each.help.empty()) at.subcommand = &each;
    }
    at.lost = at.subcommand == nullptr;
  } else {
    const std::vector<std::string> verbs = choices_of(at.subcommand->verbs);
    if (std::find(verbs.begin(), verbs.end(), word) != verbs.end()) at.verb = word;
    at.lost = at.verb.empty();
  }
  if (!at.lost && !wants_verb(at)) look_inside(at, invocation);
}

const ArgParser::Option* option_named(std::string_view name, const Place& at) {
  for (const ArgParser::Option& each : at.options) {
    if (std::find(each.names.begin(), each.names.end(), name) != each.names.end()) return &each;
  }
  return nullptr;
}

Place place_after(const std::vector<std::string>& words, const Invocation& invocation) {
  Place at;
  at.options = global_options();
  at.options.push_back({.names = {"-h", "--help"}, .help = "how to use taskfeed"});
  at.options.push_back({.names = {"-V", "--version"}, .help = "the version"});
  for (const std::string& word : words) {
    if (at.lost) break;
    if (at.after_dashes > 0) {
      ++at.after_dashes;
    } else if (at.awaiting != nullptr) {
      at.awaiting = nullptr;
    } else if (word == "--") {
      at.after_dashes = 1;
    } else if (word.size() > 1 && word.starts_with('-')) {
      const ArgParser::Option* option = option_named(word, at);
      if (option != nullptr && !option->placeholder.empty()) at.awaiting = option;
    } else if (at.subcommand == nullptr || wants_verb(at)) {
      take_name(word, at, invocation);
    } else {
      ++at.arguments_before;
    }
  }
  return at;
}

// ---- what is offered

void add(std::string value, std::string about, std::string_view begun, Offer& offer) {
  if (value.starts_with(begun)) offer.candidates.push_back({std::move(value), std::move(about)});
}

void add_choices(std::string_view choices, const std::string& before, std::string_view begun,
                 Offer& offer) {
  for (const std::string& each : choices_of(choices)) {
    // In "N|all" the one is a placeholder, the other a word.
    if (each.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos) {
      add(before + each, "", begun, offer);
    }
  }
}

void add_live(Live what, const std::string& before, std::string_view begun, const LiveNames& live,
              Offer& offer) {
  for (Candidate& each : live(what)) {
    add(before + each.value, std::move(each.about), begun, offer);
  }
}

/// Which of the tasks an argument of the subcommand may be.
Live tasks_for(const Place& at) {
  if (at.subcommand->name == "approve") return Live::kTasksToApprove;
  return at.subcommand->name == "input" ? Live::kTasksToAnswer : Live::kTasks;
}

/// What "TASK", "FILE" and the like stand for. `before` stays as it is typed: "--agent=", "".
Offer values(const std::string& placeholder, std::string before, std::string_view begun,
             const LiveNames& live) {
  Offer offer;
  if (placeholder == "AGENT" || placeholder == "TASK") {
    add_live(placeholder == "TASK" ? Live::kTasks : Live::kAgents, before, begun, live, offer);
  } else if (placeholder == "FILE") {
    offer.also = Offer::Also::kFiles;
  } else if (placeholder == "DIR") {
    offer.also = Offer::Also::kFolders;
  } else if (placeholder == "SHELL") {
    add_choices("bash|zsh|fish", before, begun, offer);
  } else if (placeholder == "STATUS") {
    for (const TaskStatus each : kTaskStatuses) {
      add(before + std::string(to_string(each)), "", begun, offer);
    }
  } else if (placeholder == "GLOB" || placeholder == "GLOBS") {
    const size_t comma = begun.rfind(',');
    if (placeholder == "GLOBS" && comma != std::string_view::npos)
      before = begun.substr(0, comma + 1);
    for (const std::string_view each : types::kAll) {
      add(before + std::string(each), "", begun, offer);
    }
  } else if (placeholder == "TOPIC") {
    for (const Subcommand& each : subcommands()) {
      if (!each.help.empty()) add(std::string(each.name), std::string(each.help), begun, offer);
    }
    for (const Topic& each : topics()) {
      add(std::string(each.name), std::string(each.about), begun, offer);
    }
  }
  return offer;
}

Offer option_value(const ArgParser::Option& option, const std::string& before,
                   std::string_view begun, const LiveNames& live) {
  if (option.choices.empty()) return values(option.placeholder, before, begun, live);
  Offer offer;
  add_choices(option.choices, before, begun, offer);
  return offer;
}

Offer option_names(const Place& at, std::string_view begun) {
  Offer offer;
  for (const ArgParser::Option& option : at.options) {
    for (const std::string& name : option.names) add(name, option.help, begun, offer);
  }
  return offer;
}

Offer subcommand_names(std::string_view begun) {
  Offer offer;
  for (const Subcommand& each : subcommands()) {
    if (!each.help.empty()) add(std::string(each.name), std::string(each.help), begun, offer);
  }
  return offer;
}

Offer argument_values(const Place& at, std::string_view begun, const LiveNames& live) {
  if (at.arguments.empty()) return {};
  const ArgParser::Argument& last = at.arguments.back();
  if (at.arguments_before >= at.arguments.size() && !last.several) return {};
  const size_t index = std::min(at.arguments_before, at.arguments.size() - 1);
  if (at.arguments[index].name != "TASK") return values(at.arguments[index].name, "", begun, live);
  Offer offer;
  add_live(tasks_for(at), "", begun, live, offer);
  return offer;
}

}  // namespace

Offer complete(const std::vector<std::string>& words, const Invocation& invocation,
               const LiveNames& live) {
  const std::string begun = words.empty() ? "" : words.back();
  std::vector<std::string> before = words;
  if (!before.empty()) before.pop_back();
  const Place at = place_after(before, invocation);
  if (at.lost) return {};
  if (at.awaiting != nullptr) return option_value(*at.awaiting, "", begun, live);
  if (at.after_dashes > 0 && at.subcommand != nullptr && at.subcommand->name == "run") {
    return {{}, at.after_dashes == 1 ? Offer::Also::kPrograms : Offer::Also::kFiles};
  }
  const size_t equals = begun.find('=');
  if (at.after_dashes == 0 && begun.starts_with("--") && equals != std::string::npos) {
    const ArgParser::Option* option = option_named(std::string_view(begun).substr(0, equals), at);
    if (option == nullptr || option->placeholder.empty()) return {};
    return option_value(*option, begun.substr(0, equals + 1), begun, live);
  }
  if (at.after_dashes == 0 && begun.starts_with('-')) return option_names(at, begun);
  if (at.subcommand == nullptr) return subcommand_names(begun);
  if (wants_verb(at)) {
    Offer offer;
    add_choices(at.subcommand->verbs, "", begun, offer);
    return offer;
  }
  return argument_values(at, begun, live);
}

std::string offer_text(const Offer& offer) {
  switch (offer.also) {
    case Offer::Also::kFiles:
      return ":files\n";
    case Offer::Also::kFolders:
      return ":folders\n";
    case Offer::Also::kPrograms:
      return ":programs\n";
    case Offer::Also::kNothing:
      break;
  }
  std::string text;
  for (const Candidate& each : offer.candidates) {
    text += each.value + (each.about.empty() ? "" : "\t" + each.about) + "\n";
  }
  return text;
}

}  // namespace taskfeed::cmd

// help: the list of subcommands, one subcommand's help, or the options of all.
#include "subcommand.h"
#include "suggest.h"

namespace taskfeed::cmd {
namespace {

std::string overview() {
  std::string text =
      "taskfeed: create tasks for agents, execute them, and follow what they do.\n"
      "\n"
      "Usage: taskfeed SUBCOMMAND [OPTIONS] [ARGUMENTS]\n"
      "\n"
      "Subcommands:\n";
  for (const Subcommand& one : subcommands()) {
    if (one.help.empty()) continue;
    text += "  " + std::string(one.name) + std::string(10 - one.name.size(), ' ') +
            std::string(one.help) + "\n";
  }
  text +=
      "\n"
      "First steps:\n"
      "  taskfeed run -- make test              a program, its output as events\n"
      "  taskfeed agents apply agent.toml       declare an agent\n"
      "  taskfeed run --agent AGENT \"a goal\"    create, execute and follow a task\n"
      "  taskfeed serve                         the daemon; then open the event stream by HTTP\n"
      "\n"
      "Options of every subcommand: taskfeed help options\n"
      "One subcommand: taskfeed help SUBCOMMAND, or man taskfeed-SUBCOMMAND\n";
  return text;
}

}  // namespace

ExitStatus enter_help(Invocation& invocation, Needs) {
  std::string topic;
  for (const std::string& arg : invocation.args) {
    if (arg.starts_with("-")) continue;  // Asking for help is answered, however it is asked.
    topic = arg;
    break;
  }
  if (topic.empty() || topic == "help" || topic == "options") {
    invocation.out.write(topic == "options" ? globals_help() : overview());
    invocation.out.flush();
    return ExitStatus::kCompleted;
  }
  std::vector<std::string> names{"options"};
  for (const Subcommand& one : subcommands()) {
    if (one.name == topic) {
      Invocation asked = invocation;
      asked.args = {"--help"};
      return one.enter(asked, one.needs);
    }
    if (!one.help.empty()) names.emplace_back(one.name);
  }
  const std::string meant = nearest(topic, names);
  return usage_error(invocation,
                     {Errc::kInvalid, "no help on '" + topic + "'" +
                                          (meant.empty() ? "" : ", did you mean " + meant + "?") +
                                          "; `taskfeed help` lists the subcommands"});
}

}  // namespace taskfeed::cmd

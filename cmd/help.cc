// help: the list of subcommands, one subcommand's help, or a topic.
#include "base/suggest.h"
#include "help_text.h"
#include "subcommand.h"
#include "topics.h"

namespace taskfeed::cmd {
namespace {

std::string overview(size_t columns) {
  std::string text =
      help_paragraph("taskfeed: create tasks for agents, execute them, and follow what they do.",
                     columns) +
      "\n"
      "Usage: taskfeed SUBCOMMAND [OPTIONS] [ARGUMENTS]\n"
      "\n"
      "Subcommands:\n";
  std::vector<HelpRow> rows;
  for (const Subcommand& one : subcommands()) {
    if (!one.help.empty()) rows.push_back({std::string(one.name), std::string(one.help)});
  }
  text += help_rows(rows, help_left_width({&rows}), columns);
  text +=
      "\n"
      "First steps:\n"
      "  taskfeed run -- make test          a program as a task\n"
      "  taskfeed agents apply agent.toml   declare an agent\n"
      "  taskfeed run \"a goal\"              give it a task\n"
      "  taskfeed serve                     serve HTTP and SSE\n"
      "\n"
      "Topics: taskfeed help TOPIC\n";
  std::vector<HelpRow> about;
  for (const Topic& each : topics()) {
    about.push_back({std::string(each.name), std::string(each.about)});
  }
  text += help_rows(about, help_left_width({&about}), columns);
  text +=
      "\n"
      "One subcommand: taskfeed help NAME, or man taskfeed-NAME\n";
  return text;
}

ExitStatus print(const std::string& text, Invocation& invocation) {
  invocation.out.write(text);
  invocation.out.flush();
  return ExitStatus::kCompleted;
}

}  // namespace

ExitStatus enter_help(Invocation& invocation, Needs) {
  std::string topic;
  if (invocation.inspect != nullptr) {
    ArgParser parser({.name = "help"});
    parser.argument("TOPIC", topic, false, "a subcommand or a topic");
    (*invocation.inspect)(parser);
    return ExitStatus::kCompleted;
  }
  for (const std::string& arg : invocation.args) {
    if (arg.starts_with("-")) continue;  // Asking for help is answered, however it is asked.
    topic = arg;
    break;
  }
  const size_t columns = help_columns(invocation.out);
  std::vector<std::string> names;
  if (topic.empty() || topic == "help") return print(overview(columns), invocation);
  for (const Topic& each : topics()) {
    if (each.name == topic) return print(each.text(columns), invocation);
    names.emplace_back(each.name);
  }
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
                                          "; `taskfeed help` lists subcommands and topics"});
}

}  // namespace taskfeed::cmd

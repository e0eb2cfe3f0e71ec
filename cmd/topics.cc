#include "topics.h"

#include <array>

#include "config_keys.h"
#include "exit_status.h"
#include "globals.h"
#include "help_text.h"

namespace taskfeed::cmd {
namespace {

std::string table(const std::vector<HelpRow>& rows, size_t columns) {
  return help_rows(rows, help_left_width({&rows}), columns);
}

std::string environment_text(size_t columns) {
  std::vector<HelpRow> rows;
  for (const ConfigKey& key : config_keys()) {
    const std::string in = key.subcommands.empty() ? "" : " of " + std::string(key.subcommands);
    std::string text = "as " + std::string(key.option) + in;
    for (size_t bar = text.find('|'); bar != text.npos; bar = text.find('|')) {
      text.replace(bar, 1, " and ");
    }
    rows.push_back({std::string(key.variable), std::move(text)});
  }
  const std::vector<HelpRow> others{
      {"TASKFEED_CONFIG", "as --config"},
      {"TASKFEED_PROFILE", "as --profile"},
      {"NO_COLOR", "no colours"},
      {"CLICOLOR_FORCE", "colours also in a pipe, unless it is 0"},
      {"TERM", "dumb: no colours, no status line"},
      {"CI", "no status line, unless it is 0 or false"},
      {"PATH", "where doctor looks for redis-server"},
      {"LC_ALL, LC_CTYPE, LANG", "outside a UTF-8 locale, text output is marked in ASCII"},
      {"XDG_STATE_HOME, HOME", "where the state directory is by default"},
      {"XDG_CONFIG_HOME, HOME", "where the user's configuration is"},
      {"LOGNAME, USER", "who asks, where events say it"},
      {"STATE_DIRECTORY", "of a systemd service: its state directory"},
      {"JOURNAL_STREAM", "of a systemd service: the log has the journal's form"},
      {"NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID", "where systemd is told that all is well"},
      {"LISTEN_PID, LISTEN_FDS", "the sockets that systemd opened for serve"}};
  const size_t width = help_left_width({&rows, &others});
  return help_paragraph(
             "An option comes before its variable, and a variable before files. A variable that is "
             "empty counts as absent. In lists, commas separate; flags are true or false.",
             columns) +
         "\n" + help_rows(rows, width, columns) + "\nOthers:\n" + help_rows(others, width, columns);
}

std::string exit_status_text(size_t columns) {
  std::vector<HelpRow> rows;
  for (const ExitMeaning& each : exit_meanings()) {
    std::string number = std::to_string(static_cast<int>(each.status));
    number.insert(0, 3 - number.size(), ' ');
    rows.push_back({std::move(number), std::string(each.text)});
  }
  return table(rows, columns) + "\n" +
         help_paragraph(
             "run, tail, wait and execute -f end with the status of the task; of several, the "
             "first "
             "that did not complete. The first Ctrl-C leaves the task running and prints the line "
             "that resumes.",
             columns);
}

std::string formatting_text(size_t columns) {
  return help_paragraph("What is asked for goes to stdout, everything else to stderr.", columns) +
         "\n" +
         table({{"-o text", "for people, the default: a line for each event, columns for lists"},
                {"-o json", "for programs: one compact JSON object a line, flushed at each line"},
                {"-o sse", "events alone: the frames that a browser receives"},
                {"-o raw", "events alone: cursor, type and the JSON as it was published"}},
               columns) +
         "\nText shows times as\n" +
         table({{"--time clock", "12:03:04.512"},
                {"--time relative", "since the first event that is shown"},
                {"--time iso", "2026-11-22T12:03:04.512Z"},
                {"--time raw", "the timestamp as it was published"},
                {"--utc", "clock in UTC instead of local time"}},
               columns) +
         "\n" +
         help_paragraph(
             "Colours say how things stand: started blue, completed green, failed red, budget "
             "yellow, paused and cancelled magenta. They are left out in pipes and files (--color, "
             "NO_COLOR, CLICOLOR_FORCE). Outside a UTF-8 locale the marks are ASCII.",
             columns) +
         "\n" +
         help_paragraph(
             "While tail, run or execute -f is watched on a terminal, a line below the events says "
             "how the task stands: step, time, calls, cost against the budget. There is none with "
             "-q, where CI is set, and where stdout goes into a pipe.",
             columns) +
         "\n" +
         help_paragraph(
             "On a terminal, control characters, escape sequences and bidirectional overrides "
             "within events are shown escaped; JSON stays JSON. A line of text is fitted into its "
             "width: what matters least is left out, and long texts end with an ellipsis. What a "
             "program or a model writes is never cut; nor is anything in a pipe or a file.",
             columns);
}

std::string configuration_text(size_t columns) {
  std::vector<HelpRow> rows;
  for (const ConfigKey& key : config_keys()) {
    rows.push_back({std::string(key.name),
                    std::string(key.help) +
                        (key.fallback.empty() ? "" : " (" + std::string(key.fallback) + ")")});
  }
  const std::vector<HelpRow> places{
      {"1.", "an option"},
      {"2.", "the environment: taskfeed help environment"},
      {"3.", "the project's file: taskfeed.toml, here or further up in the repository"},
      {"4.", "the user's file: $XDG_CONFIG_HOME/taskfeed/config.toml"},
      {"5.", "the system's file: /etc/taskfeed/taskfeed.toml"},
      {"6.", "the default"}};
  return help_paragraph("Each value comes from the first of these that has it:", columns) +
         table(places, columns) + "\nKeys:\n" + table(rows, columns) + "\n" +
         help_paragraph(
             "--config FILE is read in place of the three files, and --profile NAME adds "
             "[profile.NAME] of the user's file. A project's file that was found may neither send "
             "tasks to another machine nor say what a daemon does: taskfeed.toml(5) says why.",
             columns) +
         "\n"
         "Examples:\n"
         "  taskfeed config init             write a file to begin with\n"
         "  taskfeed config show --origin    what is set, and where\n";
}

constexpr std::array kTopics{
    Topic{"options", "those of every subcommand", globals_help},
    Topic{"configuration", "files, profiles and their keys", configuration_text},
    Topic{"environment", "variables that are read", environment_text},
    Topic{"exit-status", "what the numbers mean", exit_status_text},
    Topic{"formatting", "text, JSON, colours and times", formatting_text}};

}  // namespace

std::span<const Topic> topics() {
  return kTopics;
}

}  // namespace taskfeed::cmd

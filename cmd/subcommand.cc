#include "subcommand.h"

#include <array>

namespace taskfeed::cmd {
namespace {

constexpr std::array kSubcommands{
    Subcommand{"create", "create a task for an agent", Needs::kTasks, enter_create},
    Subcommand{"execute", "execute a task that was created", Needs::kTasks, enter_execute},
    Subcommand{"run", "create, execute and follow; or run a program: run -- CMD", Needs::kTasks,
               enter_run},
    Subcommand{"tail", "follow the events of tasks, history first", Needs::kTasks, enter_tail},
    Subcommand{"events", "a page of a task's history", Needs::kTasks, enter_events},
    Subcommand{"get", "show a task", Needs::kTasks, enter_get},
    Subcommand{"list", "list tasks, newest first", Needs::kTasks, enter_list},
    Subcommand{"wait", "wait until tasks have ended", Needs::kTasks, enter_wait},
    Subcommand{"state", "the workflow's state (get_current_state)", Needs::kTasks, enter_state},
    Subcommand{"result", "the final response (get_final_response)", Needs::kTasks, enter_result},
    Subcommand{"cancel", "cancel tasks", Needs::kTasks, enter_cancel},
    Subcommand{"pause", "pause tasks after the activity under way", Needs::kTasks, enter_pause},
    Subcommand{"resume", "let paused tasks go on", Needs::kTasks, enter_resume},
    Subcommand{"approve", "say yes or no to what a task wants to do", Needs::kTasks, enter_approve},
    Subcommand{"input", "answer what a task asks", Needs::kTasks, enter_input},
    Subcommand{"publish", "add an event to a task", Needs::kTasks, enter_publish},
    Subcommand{"agents", "list, show, apply, check and delete agents", Needs::kTasks, enter_agents,
               kAgentsVerbs},
    Subcommand{"serve", "the daemon: HTTP, SSE and workers", Needs::kRedis, enter_serve},
    Subcommand{"worker", "workers alone", Needs::kRedis, enter_worker},
    Subcommand{"token", "create, list and revoke tokens for serve --tokens", Needs::kNothing,
               enter_token, kTokenVerbs},
    Subcommand{"config", "show, check and begin the configuration", Needs::kNothing, enter_config,
               kConfigVerbs},
    Subcommand{"doctor", "look whether all is as it should be", Needs::kNothing, enter_doctor},
    Subcommand{"completion", "complete words in bash, zsh or fish", Needs::kNothing,
               enter_completion},
    Subcommand{"help", "how to use a subcommand", Needs::kNothing, enter_help},
    Subcommand{"version", "the version", Needs::kNothing, enter_version},
    Subcommand{"__complete", "", Needs::kTasks, enter_complete},
    Subcommand{"__private-redis", "", Needs::kNothing, enter_private_redis}};

}  // namespace

std::span<const Subcommand> subcommands() {
  return kSubcommands;
}

}  // namespace taskfeed::cmd

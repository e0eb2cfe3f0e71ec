// agents: list, show, apply, check and delete the agents that are declared.
#include "agent_text.h"
#include "base/text.h"
#include "help_text.h"
#include "inputs.h"
#include "runner/agent_source.h"
#include "subcommand.h"
#include "verbs.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kFileBytesMax = 1024 * 1024;
constexpr std::string_view kExample =
    "  taskfeed agents apply release-check.toml\n"
    "  taskfeed agents list --json\n";

struct AgentsOptions {
  std::vector<std::string> words;
  std::vector<AgentId> ids;  // validate()'s, for show and delete.
};

// ---- list

void declare_nothing(ArgParser&, AgentsOptions&) {}
Result<void> validate_nothing(AgentsOptions&) {
  return {};
}

ExitStatus run_list(const AgentsOptions&, Deps& deps) {
  const Result<service::AgentListing> listing = deps.tasks().agents();
  if (!listing) return fail(deps, listing.error());
  const std::vector<runner::AgentConfig>& agents = listing->agents;
  for (const auto& [id, why] : listing->unreadable) remark(deps, why);
  if (deps.json()) {
    for (const auto& agent : agents) print_json(runner::agent_to_json(agent), deps);
  } else if (!agents.empty()) {
    deps.out.write(agent_table(agents, deps.looks()));
  } else if (listing->unreadable.empty()) {
    remark(deps, "no agent is declared; declare one with `taskfeed agents apply FILE`");
  }
  return ExitStatus::kCompleted;
}

// ---- show and delete

void declare_ids(ArgParser& parser, AgentsOptions& options) {
  parser.arguments("AGENT", options.words, true, "one or several agent ids");
}

Result<void> validate_ids(AgentsOptions& options) {
  for (const std::string& word : options.words) {
    Result<AgentId> id = AgentId::parse(word);
    if (!id) return id.error();
    options.ids.push_back(*std::move(id));
  }
  return {};
}

ExitStatus run_show(const AgentsOptions& options, Deps& deps) {
  ExitStatus status = ExitStatus::kCompleted;
  bool first = true;
  for (const AgentId& id : options.ids) {
    const Result<runner::AgentConfig> agent = deps.tasks().agent(id);
    if (!agent) {
      status = fail(deps, agent.error());
      continue;
    }
    if (deps.json()) {
      print_json(runner::agent_to_json(*agent), deps);
    } else {
      deps.out.write((first ? "" : "\n") + agent_details(*agent, deps.looks()));
    }
    first = false;
  }
  return status;
}

ExitStatus run_delete(const AgentsOptions& options, Deps& deps) {
  ExitStatus status = ExitStatus::kCompleted;
  for (const AgentId& id : options.ids) {
    if (const Result<void> removed = deps.tasks().remove_agent(id); !removed) {
      status = fail(deps, removed.error());
    } else if (!deps.json()) {
      deps.out.line("agent " + id.str() + " deleted");
    }
  }
  return status;
}

// ---- apply

void declare_files(ArgParser& parser, AgentsOptions& options) {
  parser.arguments("FILE", options.words, true, "TOML or JSON, one agent each; - reads stdin");
}

Result<runner::AgentConfig> read_agent(const std::string& path, Deps& deps) {
  const Result<std::string> text =
      path == "-" ? deps.in.rest(kFileBytesMax, "the agent") : read_file(path, kFileBytesMax);
  if (!text) return text.error();
  return runner::agent_from_text(*text, path == "-" ? "stdin" : path);
}

/// Of an agent that one of `before` declares already.
std::optional<Error> repeated(const std::vector<runner::AgentConfig>& before,
                              const runner::AgentConfig& agent, const std::string& path) {
  for (const auto& each : before) {
    if (each.id != agent.id) continue;
    return Error{Errc::kInvalid,
                 path + ": the agent " + agent.id.str() + " stands in two of the files; keep one"};
  }
  return std::nullopt;
}

Result<std::vector<runner::AgentConfig>> read_agents(const AgentsOptions& options, Deps& deps) {
  std::vector<runner::AgentConfig> agents;
  for (const std::string& path : options.words) {
    Result<runner::AgentConfig> agent = read_agent(path, deps);
    if (!agent) return agent.error();
    if (auto error = repeated(agents, *agent, path)) return *std::move(error);
    agents.push_back(*std::move(agent));
  }
  return agents;
}

/// A daemon refuses programs to every request; who got here is the operator, and knows another way.
Error refusal(const Error& error) {
  if (error.code != Errc::kForbidden) return error;
  return {
      error.code,
      "a daemon takes no agent that names programs, whoever asks; apply it with --redis URL to "
      "the Redis itself, or put it into the folder of the daemon's --agents and send it SIGHUP"};
}

/// All files are read before the first is applied: one that is wrong leaves everything as it was.
ExitStatus run_apply(const AgentsOptions& options, Deps& deps) {
  const Result<std::vector<runner::AgentConfig>> agents = read_agents(options, deps);
  if (!agents) return fail(deps, agents.error());
  for (const runner::AgentConfig& agent : *agents) {
    if (const Result<void> put = deps.tasks().put_agent(agent); !put) {
      return fail(deps, refusal(put.error()));
    }
    if (deps.json()) {
      print_json(runner::agent_to_json(agent), deps);
    } else {
      deps.out.line("agent " + agent.id.str() + " applied");
    }
  }
  return ExitStatus::kCompleted;
}

/// Every file is read, so that one call tells of each that is wrong.
ExitStatus run_check(const AgentsOptions& options, Deps& deps) {
  ExitStatus status = ExitStatus::kCompleted;
  std::vector<runner::AgentConfig> agents;
  for (const std::string& path : options.words) {
    Result<runner::AgentConfig> agent = read_agent(path, deps);
    if (!agent) {
      status = fail(deps, agent.error());
      continue;
    }
    if (const auto error = repeated(agents, *agent, path)) {
      status = fail(deps, *error);
      continue;
    }
    if (deps.json()) {
      print_json(runner::agent_to_json(*agent), deps);
    } else {
      deps.out.line(escape_controls(path) + ": agent " + agent->id.str() + ", runner " +
                    std::string(runner::to_string(agent->runner)));
    }
    agents.push_back(*std::move(agent));
  }
  return status;
}

// ---- which of them

using AgentsParts = Parts<AgentsOptions>;

AgentsParts parts_of(std::string_view verb) {
  if (verb == "list") {
    return {{.name = "agents list",
             .usage = "[OPTIONS]",
             .summary = "List the agents that are declared.",
             .examples = {}},
            declare_nothing,
            validate_nothing,
            run_list};
  }
  if (verb == "apply") {
    return {{.name = "agents apply",
             .usage = "[OPTIONS] FILE...",
             .summary = "Declare agents, or change them. Where one file is wrong, none is applied.",
             .examples = std::string(kExample)},
            declare_files,
            validate_nothing,
            run_apply};
  }
  if (verb == "check") {
    return {{.name = "agents check",
             .usage = "[OPTIONS] FILE...",
             .summary = "Say whether files declare agents as they should, and where they do not.",
             .examples = "  taskfeed agents check agents.d/*.toml\n"},
            declare_files,
            validate_nothing,
            run_check};
  }
  const bool deletes = verb == "delete";
  return {{.name = deletes ? "agents delete" : "agents show",
           .usage = "[OPTIONS] AGENT...",
           .summary = deletes ? "Delete agents. Their tasks and events stay." : "Show agents.",
           .examples = {}},
          declare_ids,
          validate_ids,
          deletes ? run_delete : run_show};
}

VerbsHelp help_of_verbs() {
  return {.subcommand = "agents",
          .about = "The agents that are declared: who executes tasks, and how.",
          .verbs = {{"list", "all of them"},
                    {"show AGENT...", "one or several"},
                    {"apply FILE...", "declare or change, from TOML or JSON"},
                    {"check FILE...", "say what is wrong in them, and declare nothing"},
                    {"delete AGENT...", "forget; tasks and events stay"}},
          .examples = kExample,
          .more = "One of them: taskfeed agents apply --help"};
}

}  // namespace

ExitStatus enter_agents(Invocation& invocation, Needs needs) {
  return enter_verb(help_of_verbs(), kAgentsVerbs, invocation, [&](const std::string& verb) {
    // Who checks files needs neither Redis nor a daemon.
    return enter(parts_of(verb), invocation, verb == "check" ? Needs::kNothing : needs);
  });
}

}  // namespace taskfeed::cmd

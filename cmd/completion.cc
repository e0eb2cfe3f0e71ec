// completion: prints the script by which a shell completes taskfeed's words.
#include "base/text.h"
#include "completion_scripts.h"
#include "subcommand.h"

namespace taskfeed::cmd {
namespace {

struct CompletionOptions {
  std::string shell;
  std::string_view script;  // validate()'s.
};

void declare(ArgParser& parser, CompletionOptions& options) {
  parser.argument("SHELL", options.shell, true, "bash, zsh or fish");
}

Result<void> validate(CompletionOptions& options) {
  if (options.shell == "bash")
    options.script = completion::k_bash;
  else if (options.shell == "zsh")
    options.script = completion::k_zsh;
  else if (options.shell == "fish")
    options.script = completion::k_fish;
  else
    return {Errc::kInvalid, "there is no completion for '" +
                                escape_controls(to_utf8(options.shell)) +
                                "'; there is one for bash, zsh and fish"};
  return {};
}

ExitStatus run(const CompletionOptions& options, Deps& deps) {
  deps.out.write(options.script);
  return ExitStatus::kCompleted;
}

}  // namespace

ExitStatus enter_completion(Invocation& invocation, Needs needs) {
  const Parts<CompletionOptions> parts{
      {.name = "completion",
       .usage = "[OPTIONS] SHELL",
       .summary = "Print the script by which a shell completes subcommands, options, their values, "
                  "agents and tasks.",
       .examples = "  source <(taskfeed completion bash)       in ~/.bashrc\n"
                   "  source <(taskfeed completion zsh)        in ~/.zshrc, after compinit\n"
                   "  taskfeed completion fish | source        in fish's config.fish\n"},
      declare,
      validate,
      run};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd

/// A call of a subcommand as main() makes it, on a backend in memory.
///
/// Threads  One.
/// Errors   What must not fail in a set-up aborts.
/// Owns     All of it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <unistd.h>

#include "cmd/subcommand.h"
#include "cmd/wiring.h"
#include "fake_backend.h"

namespace taskfeed::testing {

class CmdWorld {
 public:
  using Enter = cmd::ExitStatus (*)(cmd::Invocation&, cmd::Needs);

  /// One that main()'s caller made: every call opens it anew, and finds what was stored before.
  class Borrowed final : public cmd::Backend {
   public:
    explicit Borrowed(cmd::Backend& backend) : backend_(backend) {}
    service::Tasks& tasks() override { return backend_.tasks(); }
    std::unique_ptr<cmd::StreamSource> stream() override { return backend_.stream(); }
    bool lacks_worker() const override { return backend_.lacks_worker(); }
    Result<void> start_worker(const TaskId& task) override { return backend_.start_worker(task); }
    std::string origin_options() const override { return backend_.origin_options(); }

   private:
    cmd::Backend& backend_;
  };

  cmd::ExitStatus call(Enter enter, std::vector<std::string> args, std::string_view input = {}) {
    int ends[2];
    TF_ASSERT(::pipe(ends) == 0);
    // A pipe holds 64 KiB, which every test's input fits in.
    TF_ASSERT(::write(ends[1], input.data(), input.size()) == static_cast<ssize_t>(input.size()));
    ::close(ends[1]);
    out.text.clear();
    err.text.clear();
    const cmd::Environment environment{
        [this](std::string_view name) { return variables[std::string(name)]; }};
    const cmd::OpenBackend open =
        [this](const cmd::WiringPorts&) -> Result<std::unique_ptr<cmd::Backend>> {
      ++opened;
      if (unreachable) return *unreachable;
      return std::unique_ptr<cmd::Backend>(std::make_unique<Borrowed>(backend));
    };
    cmd::Invocation invocation{std::move(args), environment, ends[0], out, err, open};
    const cmd::ExitStatus status = enter(invocation, cmd::Needs::kTasks);
    out.flush();
    err.flush();
    ::close(ends[0]);
    return status;
  }

  std::map<std::string, std::string> variables{
      {"HOME", "/nowhere"}, {"LANG", "C.UTF-8"}, {"LOGNAME", "ada"}};
  SystemClock clock;
  SystemIdSource ids{clock};
  FakeBackend backend{clock, ids};
  cmd::TextOutput out;
  cmd::TextOutput err;
  std::optional<Error> unreachable;
  int opened = 0;
};

}  // namespace taskfeed::testing

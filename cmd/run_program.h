/// `run -- CMD ARG…`: a program from one's own terminal, as a task that anybody can follow.
///
/// The program runs in this process's care, as the external agent `run`; its events are published
/// from here. What is shown is what was stored: each event once it has its cursor. Where Redis is
/// away for too long, the program goes on and its output is still shown, and a remark says so.
///
/// Threads  Main thread: the program dies with the thread that started it. Events are published,
///          and printed, by another.
/// Errors   Printed to stderr; the answer is the exit status.
/// Owns     Nothing.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "deps.h"

namespace taskfeed::cmd {

struct ProgramRun {
  std::vector<std::string> argv;  ///< Not empty.
  std::string user;
  std::map<std::string, std::string> labels;
};

ExitStatus run_program(const ProgramRun& program, Deps& deps);

}  // namespace taskfeed::cmd

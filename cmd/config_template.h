/// The file that `config init` writes: every key, commented out, with its default.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <string>

namespace taskfeed::cmd {

/// `for_project` leaves out what a project's file may not say.
std::string config_template(bool for_project);

}  // namespace taskfeed::cmd

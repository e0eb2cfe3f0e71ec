/// The Lua scripts, one file each under scripts/, embedded when taskfeed is built.
///
/// Each says on top what its keys, arguments and answers are. Refusals are error replies that
/// begin with "TF"; replies.h turns them into Errors.
///
/// Threads  Immutable.
/// Errors   None.
/// Owns     Static text.
#pragma once

#include <string_view>

namespace taskfeed::redis {

struct Script {
  std::string_view name;
  std::string_view sha1;  ///< In hex, of `text`: what EVALSHA takes.
  std::string_view text;
};

namespace scripts {
extern const Script k_append, k_append_guarded, k_commit, k_read, k_create, k_load, k_execute,
    k_withdraw, k_signal, k_claim, k_renew, k_release, k_take, k_take_own, k_defer, k_set_aside,
    k_queue_state, k_bridge;
}  // namespace scripts

}  // namespace taskfeed::redis

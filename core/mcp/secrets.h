/// Values that no log and no event may show, though a server may say them.
///
/// Threads  Pure functions.
/// Errors   None.
/// Owns     Nothing.
#pragma once

#include <string>
#include <vector>

namespace taskfeed::mcp {

/// `text` with each of `secrets` replaced by "***"; values of fewer than 4 bytes are none.
std::string without_secrets(std::string text, const std::vector<std::string>& secrets);

}  // namespace taskfeed::mcp

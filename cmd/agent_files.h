/// Agents that an operator declared in files: `serve --agents DIR`, and `agents apply FILE`.
///
/// Threads  One.
/// Errors   kInvalid names the file and the line. A folder with one bad file
///          is refused as a whole: half of what was declared is not what was declared.
/// Owns     Nothing.
#pragma once

#include <string>
#include <vector>

#include "runner/agent_config.h"

namespace taskfeed::cmd {

struct AgentFileLimits {
  size_t file_bytes_max = 1024 * 1024;
  size_t files_max = 1'000;
};

Result<runner::AgentConfig> agent_from_file(const std::string& path,
                                            const AgentFileLimits& limits = {});
/// Every *.toml and *.json of `folder`, by name. Two files that declare one id are refused.
Result<std::vector<runner::AgentConfig>> agents_from_folder(const std::string& folder,
                                                            const AgentFileLimits& limits = {});

}  // namespace taskfeed::cmd

#include "agent_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>

#include <fcntl.h>
#include <unistd.h>

#include "runner/agent_source.h"

namespace taskfeed::cmd {
namespace {

Error unreadable(const std::string& path, int error) {
  return {Errc::kInvalid, path + ": cannot be read (" + std::strerror(error) + ")"};
}

Result<std::string> read_file(const std::string& path, size_t bytes_max) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return unreadable(path, errno);
  std::string text(bytes_max + 1, '\0');
  size_t length = 0;
  int error = 0;
  while (length < text.size()) {
    const ssize_t got = ::read(file, text.data() + length, text.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    length += static_cast<size_t>(got);
  }
  ::close(file);
  if (error != 0) return unreadable(path, error);
  if (length > bytes_max) {
    return Error{Errc::kTooLarge, path + ": is larger than " + std::to_string(bytes_max) +
                                      " bytes, which no agent's declaration is"};
  }
  text.resize(length);
  return text;
}

}  // namespace

Result<runner::AgentConfig> agent_from_file(const std::string& path,
                                            const AgentFileLimits& limits) {
  const Result<std::string> text = read_file(path, limits.file_bytes_max);
  if (!text) return text.error();
  return runner::agent_from_text(*text, path);
}

Result<std::vector<runner::AgentConfig>> agents_from_folder(const std::string& folder,
                                                            const AgentFileLimits& limits) {
  std::vector<std::string> paths;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    const bool declares = name.ends_with(".toml") || name.ends_with(".json");
    if (declares && !name.starts_with('.')) paths.push_back(entry->path().string());
  }
  if (failed) {
    return Error{Errc::kInvalid,
                 "the agents' folder " + folder + " cannot be read (" + failed.message() + ")"};
  }
  if (paths.size() > limits.files_max) {
    return Error{Errc::kTooLarge, "the agents' folder " + folder + " has more than " +
                                      std::to_string(limits.files_max) + " files"};
  }
  std::sort(paths.begin(), paths.end());
  std::vector<runner::AgentConfig> agents;
  std::map<AgentId, std::string> declared_in;
  for (const std::string& path : paths) {
    Result<runner::AgentConfig> agent = agent_from_file(path, limits);
    if (!agent) return agent.error();
    const auto [known, fresh] = declared_in.emplace(agent->id, path);
    if (!fresh) {
      return Error{Errc::kInvalid, path + ": declares the agent " + agent->id.str() + ", as " +
                                       known->second + " does; give one of them another id"};
    }
    agents.push_back(*std::move(agent));
  }
  return agents;
}

}  // namespace taskfeed::cmd

#include "inputs.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

namespace taskfeed::cmd {
namespace {

std::string shown(std::string_view text) {
  constexpr size_t kBytesMax = 80;
  const std::string_view cut = utf8_prefix(text, kBytesMax);
  return escape_controls(to_utf8(cut)) + (cut.size() < text.size() ? "..." : "");
}

}  // namespace

std::string shell_word(const std::string& word) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@%+=,";
  if (!word.empty() && word.find_first_not_of(kPlain) == word.npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

Result<std::vector<TaskId>> task_ids(const std::vector<std::string>& texts) {
  std::vector<TaskId> tasks;
  for (const std::string& text : texts) {
    Result<TaskId> task = TaskId::parse(text);
    if (!task) return task.error();
    if (std::find(tasks.begin(), tasks.end(), *task) == tasks.end()) tasks.push_back(*task);
  }
  return tasks;
}

Result<uint64_t> whole_number(std::string_view option, std::string_view text, uint64_t least,
                              uint64_t most) {
  uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size() || number < least ||
      number > most) {
    return {Errc::kInvalid, std::string(option) + " '" + shown(text) +
                                "' is no whole number from " + std::to_string(least) + " to " +
                                std::to_string(most)};
  }
  return number;
}

Result<std::pair<std::string, std::string>> name_and_value(std::string_view option,
                                                           std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) {
    return {Errc::kInvalid,
            std::string(option) + " '" + shown(text) + "' is not of the form NAME=VALUE"};
  }
  if (auto checked = check_utf8(option, text); !checked) return checked.error();
  return std::pair(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
}

Json json_or_text(std::string_view text) {
  Result<Json> json = parse_json(text);
  return json ? *std::move(json) : Json(std::string(text));
}

Result<void> check_utf8(std::string_view what, std::string_view text) {
  if (is_utf8(text)) return {};
  return {Errc::kInvalid, std::string(what) + " is not UTF-8: '" + shown(text) + "'"};
}

Result<std::string> text_or_stdin(const std::string& text, std::string_view what, size_t bytes_max,
                                  Deps& deps) {
  if (text != "-") return text;
  Result<std::string> read = deps.in.rest(bytes_max, what);
  if (!read) return read;
  if (auto checked = check_utf8(std::string(what) + " on stdin", *read); !checked) {
    return checked.error();
  }
  while (read->ends_with('\n') || read->ends_with('\r')) read->pop_back();
  return read;
}

Result<std::string> read_file(const std::string& path, size_t bytes_max) {
  const auto fault = [&path](Errc code, const std::string& why) -> Result<std::string> {
    return Error{code, escape_controls(to_utf8(path)) + ": " + why};
  };
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return fault(Errc::kInvalid, std::strerror(errno));
  }
  struct stat status {};
  Result<std::string> answer = std::string();
  if (::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    answer = fault(Errc::kInvalid, "is a folder; name a file");
  } else {
    Input input(descriptor);
    answer = input.rest(bytes_max, "the text");
    if (!answer && answer.error().code == Errc::kTooLarge) {
      answer = fault(Errc::kTooLarge, "is over " + std::to_string(bytes_max) + " bytes");
    } else if (!answer) {
      answer = fault(Errc::kInvalid, "cannot be read");
    }
  }
  ::close(descriptor);
  return answer;
}

Result<AgentId> agent_or_only_one(const std::optional<AgentId>& given, service::Tasks& tasks) {
  if (given) return *given;
  const Result<service::AgentListing> listing = tasks.agents();
  if (!listing) return listing.error();
  // Those that cannot be read are declared all the same: whoever has one agent meant perhaps
  // another.
  std::vector<AgentId> agents;
  for (const runner::AgentConfig& agent : listing->agents) agents.push_back(agent.id);
  for (const auto& [id, why] : listing->unreadable) agents.push_back(id);
  if (agents.size() == 1) return agents.front();
  if (agents.empty()) {
    return {Errc::kNotFound, "no agent is declared; declare one with `taskfeed agents apply FILE`"};
  }
  constexpr size_t kNamedMax = 5;
  std::string names;
  for (size_t at = 0; at < agents.size() && at < kNamedMax; ++at) {
    names += (at == 0 ? "" : ", ") + agents[at].str();
  }
  if (agents.size() > kNamedMax) names += ", ...";
  return {Errc::kInvalid, "there are several agents; choose one with --agent (" + names + ")"};
}

std::string user_name(const Environment& environment) {
  for (const std::string_view name : {"LOGNAME", "USER"}) {
    const std::string user = environment.get(name);
    if (!user.empty()) return to_utf8(user);
  }
  return "uid " + std::to_string(::getuid());
}

}  // namespace taskfeed::cmd

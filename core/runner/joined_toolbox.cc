#include "runner/joined_toolbox.h"

namespace taskfeed::runner {

JoinedToolbox::JoinedToolbox(std::vector<std::unique_ptr<Toolbox>> boxes, Log& log)
    : boxes_(std::move(boxes)), log_(log) {}

Result<std::vector<Tool>> JoinedToolbox::list(std::stop_token stop) {
  std::vector<Tool> tools;
  std::map<std::string, size_t> places;
  std::optional<Error> failure;
  size_t failed = 0;
  for (size_t at = 0; at < boxes_.size(); ++at) {
    Result<std::vector<Tool>> listed = boxes_[at]->list(stop);
    if (!listed) {
      if (!failure || may_heal(listed.error())) failure = listed.error();
      ++failed;
      continue;
    }
    for (Tool& tool : *listed) {
      if (places.emplace(tool.name, at).second) {
        tools.push_back(std::move(tool));
      } else {
        log_.warn("the tool \"" + tool.name +
                  "\" is left out: the agent has another one of this name");
      }
    }
  }
  if (failed > 0 && failed == boxes_.size()) return *failure;
  const Locked lock(mutex_);
  places_ = std::move(places);
  listed_ = true;
  return tools;
}

/// The first look finds nothing where list() was never called.
Result<Toolbox*> JoinedToolbox::box_of(const std::string& name, const std::stop_token& stop) {
  for (int look = 0; look < 2; ++look) {
    {
      const Locked lock(mutex_);
      const auto found = places_.find(name);
      if (found != places_.end()) return boxes_[found->second].get();
      if (listed_) break;
    }
    if (const auto listed = list(stop); !listed) return listed.error();
  }
  return Error{Errc::kNotFound, "there is no tool \"" + name + "\" at present"};
}

ToolResult JoinedToolbox::call(const ToolCall& call, OutputSink& output, std::stop_token stop) {
  const Result<Toolbox*> box = box_of(call.name, stop);
  if (box) return (*box)->call(call, output, std::move(stop));
  ToolResult result;
  result.text = box.error().text;
  result.is_error = true;
  return result;
}

}  // namespace taskfeed::runner

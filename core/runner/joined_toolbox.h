/// Several toolboxes as one: an agent's own commands, and its MCP servers' tools.
///
/// The first that has a name keeps it; what comes later under the same one is left out, and told to
/// the log.
///
/// Threads  As Toolbox says.
/// Errors   list() fails where every box does, with what may heal where one may; a box that fails
///          beside others is left out, and has told the log why.
/// Owns     Its boxes, and which of them has which name. Borrows the log.
#pragma once

#include <map>
#include <memory>

#include "base/log.h"
#include "base/mutex.h"
#include "runner/tools.h"

namespace taskfeed::runner {

class JoinedToolbox final : public Toolbox {
 public:
  JoinedToolbox(std::vector<std::unique_ptr<Toolbox>> boxes, Log& log);

  Result<std::vector<Tool>> list(std::stop_token stop) override;
  /// Lists first where that has not been done: a run that another worker took over calls at once.
  ToolResult call(const ToolCall& call, OutputSink& output, std::stop_token stop) override;

 private:
  Result<Toolbox*> box_of(const std::string& name, const std::stop_token& stop);

  const std::vector<std::unique_ptr<Toolbox>> boxes_;
  Log& log_;
  Mutex mutex_;
  bool listed_ TF_GUARDED_BY(mutex_) = false;
  std::map<std::string, size_t> places_ TF_GUARDED_BY(mutex_);
};

}  // namespace taskfeed::runner

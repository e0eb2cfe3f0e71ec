/// Where a running activity's events go: into the journal as they occur (streaming), or kept until
/// the activity ends (batch).
///
/// Threads  The run's thread alone.
/// Errors   emit() answers false once the lease is lost.
/// Owns     The events that batch mode keeps.
#pragma once

#include <string_view>
#include <vector>

#include "engine/journal.h"
#include "runner/runner.h"

namespace taskfeed::engine {

class ActivitySink final : public runner::OutputSink {
 public:
  ActivitySink(Journal& journal, const Ports& ports, bool streaming, int attempt)
      : journal_(journal), ports_(ports), streaming_(streaming), attempt_(attempt) {}

  bool emit(std::string_view type, Json payload) override;
  bool streaming() const override { return streaming_; }
  bool persist() override;

  /// The first event of a batch: it appears with the others.
  void keep(Event event) { kept_.push_back(std::move(event)); }
  /// The activity has ended: what batch mode kept is recorded.
  void record_kept();

 private:
  Journal& journal_;
  const Ports& ports_;
  const bool streaming_;
  const int attempt_;
  std::vector<Event> kept_;
};

}  // namespace taskfeed::engine

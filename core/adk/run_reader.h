/// A run's events, one after the other, into the events of the task; and at its end, what became of
/// it.
///
/// ADK announces no model call: one is seen to begin with its first event, so that its `inferred`
/// WorkflowLLMCallStarted comes with the first words. Full events repeat the text of the partial
/// ones, and the last partial one the usage: chunks come from partial events alone, texts and usage
/// from full ones. Branches that run in parallel are kept apart by (branch, author).
///
/// Threads  One.
/// Errors   What a server sends cannot fail here: it makes verdict() a failure. Over a limit, or
///          where nobody reads on, take() answers false: end the call.
/// Owns     Text and calls that are not over. Borrows the sink, ids and clock.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adk/adk_event.h"
#include "adk/failures.h"
#include "adk/waiting.h"
#include "base/ids.h"
#include "runner/meter.h"

namespace taskfeed::adk {

struct RunLimits {
  int model_calls_max = 100;
  size_t lanes_max = 1'000;               ///< (branch, author) pairs of a run.
  size_t open_tools_max = 1'000;          ///< Calls without their response.
  size_t text_bytes_max = 64 * 1024;      ///< Of an answer in an event or a response; then cut.
  size_t value_bytes_max = 16 * 1024;     ///< Of a tool's arguments or result; then its JSON, cut.
  size_t chunk_bytes_max = 16 * 1024;     ///< Of one chunk event.
  size_t chunks_bytes_max = 1024 * 1024;  ///< Over a run; the full events still come.
};

struct RunVerdict {
  std::optional<RunFailure> failure;
  std::string response;  ///< Final, or what there was of it.
  /// Calls that wait for a person or a system outside.
  std::vector<AdkPart> waiting;
};

class RunReader {
 public:
  struct Ports {
    runner::OutputSink& output;
    IdSource& ids;
    const Clock& clock;
    runner::Meter* meter = nullptr;  ///< Of the activity, where what it spends counts.
  };
  RunReader(const Ports& ports, const RunLimits& limits, int step);

  /// False: nothing more is wanted.
  bool take(const AdkEvent& event);
  /// Chunks are gathered while more has arrived already; now nothing has.
  void flush();
  /// A run whose connection ended `properly`, as its framing says.
  RunVerdict verdict(bool properly) const;
  /// The run is over, and nobody will look for more of it: model calls that have begun and have no
  /// end get their WorkflowLLMCallFailed, and are charged for what came of them.
  void fail_open_calls(const RunFailure& failure);

  /// What is taken or settled from now on has happened while nobody listened; events say so. The
  /// first `told` answers of the session have been charged for by the attempts that were lost;
  /// those after them are the ends of `open`, their calls that nobody saw end.
  void recover(int64_t told, std::vector<workflow::OpenModelCall> open);
  /// Of what the session keeps, tells and charges for the answers that were not told before. They
  /// have no part in the verdict.
  void settle(const std::vector<AdkEvent>& events);
  /// Of the calls given to recover(), those whose answers the session does not have.
  const std::vector<workflow::OpenModelCall>& lost() const { return lost_; }
  /// Nobody reads what is emitted: the lease was lost.
  bool unwanted() const { return unwanted_; }

 private:
  using LaneName = std::pair<std::string, std::string>;  ///< Branch and author.
  struct Lane {
    std::string call_id;  ///< Of a model call that is open; else empty.
    MonoTime waiting_since{};
    std::optional<MonoTime> first_chunk;
    int next_index = 0;
    int64_t streamed_bytes = 0;
    std::string model;  ///< The last that answered here.
    std::string gathered;
    AdkPart::Kind gathered_kind = AdkPart::Kind::kText;
  };
  struct OpenTool {
    std::string name;
    MonoTime begun{};
  };
  struct Final {
    LaneName lane;
    std::string text;
  };

  bool under_way() const;
  Json failed_payload(const LaneName& name, const Lane& lane, const RunFailure& failure) const;
  Lane* lane_of(const AdkEvent& event);
  void open_call(const AdkEvent& event, Lane& lane);
  bool take_over(const AdkEvent& event, Lane& lane);
  void take_partial(const AdkEvent& event, Lane& lane);
  void take_answer(const AdkEvent& event, Lane& lane);
  void take_error(const AdkEvent& event, Lane& lane);
  void begin_tools(const AdkEvent& event);
  void end_tools(const AdkEvent& event);
  void take_final(const AdkEvent& event);
  void charge(const AdkEvent& event, const Lane& lane, Json& payload);
  void charge(const workflow::Usage& usage, const Lane& lane, Json& payload);
  /// Where the server does not count.
  static workflow::Usage guess(const Lane& lane, size_t answer_bytes);
  void answer_counted();
  /// `last`: no call is expected after this one.
  void hold_to_budget(bool last);
  void flush_lane(const LaneName& name, Lane& lane);
  Json origin(const LaneName& name) const;
  Json bounded(const Json& value, bool& truncated) const;
  void refuse(RunFailure failure);
  void emit(std::string_view type, Json payload);

  Ports ports_;
  const RunLimits limits_;
  const int step_;
  const MonoTime begun_;
  std::map<LaneName, Lane> lanes_;
  std::vector<std::pair<std::string, OpenTool>>
      open_tools_;  ///< By id, in the order of their start.
  WaitingCalls waiting_;
  std::vector<Final> finals_;
  std::optional<RunFailure> error_;    ///< Of the last full event, where it was one.
  std::optional<RunFailure> refusal_;  ///< Over a limit, or the server said that the run failed.
  std::string partial_text_;           ///< Of the answer under way, for a run that is cut.
  int model_calls_ = 0;
  size_t chunk_bytes_ = 0;
  bool unwanted_ = false;
  bool recovered_ = false;
  int64_t told_before_ = 0;
  std::vector<workflow::OpenModelCall> lost_;  ///< Begun before, without an end so far.
};

}  // namespace taskfeed::adk

/// Where the bridge puts events: one port, asynchronous.
///
/// What an implementation promises for each Call:
///  1. It is one atomic step, and calls of a round take effect in their order.
///  2. An event is stored once within the store's window, however many daemons hand it in. With an
///     id of its publisher's: by that id. Without one, publications that look the same are counted:
///     the k-th that a listener hears is the k-th event, so that copies heard by several listeners
///     collapse and true repeats do not. A listener that began at `since` has heard nothing that
///     was stored before that time, so its count begins after it.
///  3. What is refused is told for each event, and does not hinder the others.
///
/// Threads  The bridge's loop, in both directions. No call answers from within itself.
/// Errors   Call by call, in the outcome.
/// Owns     Nothing. Borrows the round until it has answered.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "bridge/normalise.h"
#include "task/task.h"

namespace taskfeed::bridge {

/// One listening of one daemon to one pattern. A pattern that overlaps another hears everything
/// twice; as listeners of their own, both count alike.
struct Listener {
  std::string name;       ///< The daemon's for its life, and the pattern's.
  uint64_t since_us = 0;  ///< The store's clock when it began to listen, or listened anew.
};

struct Handed {
  EncodedEvent event;
  Identity identity;
  Listener listener;
  uint64_t serial = 0;  ///< Grows with what a listener hears; the same in a second try.
};

struct Call {
  TaskId task;
  std::vector<Handed> events;
  std::optional<Task> record;  ///< Make the task where it is unknown.
  /// The events may be stored already, further back than the window reaches: look into history.
  bool look_back = false;
};

enum class Verdict {
  kStored,
  kSeen,   ///< Another listener, or an earlier try, handed it in.
  kEnded,  ///< The stream has its terminal event.
  kHeld,   ///< It would move the status of a task that a worker holds.
};

struct Outcome {
  enum class Kind {
    kDone,         ///< `verdicts`, one for each event.
    kUnknownTask,  ///< Nothing stored: no such task, and no record was given.
    kRetry,        ///< Redis is away, loading or full. Whether it took effect is unknown.
    kRefused,      ///< And always will be.
  };
  Kind kind = Kind::kDone;
  std::vector<Verdict> verdicts;
  std::string why;  ///< For kRetry and kRefused.
};

class Store {
 public:
  class Owner {
   public:
    /// One outcome for each call of the round.
    virtual void on_stored(std::vector<Outcome> outcomes) = 0;

   protected:
    ~Owner() = default;
  };

  virtual ~Store() = default;
  /// False while it is known that a round would fail.
  virtual bool ready() const = 0;
  /// One round at a time. `round` stays where and as it is until the answer.
  virtual void store(const std::vector<Call>& round, Owner& owner) = 0;
};

}  // namespace taskfeed::bridge

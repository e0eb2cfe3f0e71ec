/// An OutputSink before another one: what is said loses the values that a worker holds for its
/// peers and tools.
///
/// Text that streams may be cut anywhere, also within such a value. Its end is held back where it
/// may be the beginning of one, and comes with what follows, at the latest before the event that
/// ends its call.
///
/// Threads  The activity's.
/// Errors   As the sink behind it.
/// Owns     What is held back. Borrows the sink and the secrets.
#pragma once

#include <map>
#include <string>

#include "runner/runner.h"
#include "runner/secrets.h"

namespace taskfeed::runner {

class HidingSink final : public OutputSink {
 public:
  HidingSink(OutputSink& sink, const Secrets& secrets) : sink_(sink), secrets_(secrets) {}

  bool emit(std::string_view type, Json payload) override;
  bool streaming() const override { return sink_.streaming(); }
  bool persist() override { return sink_.persist(); }
  /// The activity is over: says what is still held back, and hides what `outcome` says.
  Outcome end(Outcome outcome);

 private:
  /// The text of a call, in events that are numbered by their `index`.
  struct Stream {
    std::string type;
    Json last = Json::object();  ///< The event before, whose members a rest is said with.
    std::string held;
    int next_index = 0;
  };
  bool stream(std::string_view type, Json payload);
  bool release(Stream& stream);

  OutputSink& sink_;
  const Secrets& secrets_;
  std::map<std::string, Stream> streams_;  ///< By call.
};

}  // namespace taskfeed::runner

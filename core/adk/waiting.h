/// What a run waits for when it ends without a final response, as questions to a person; and the
/// person's answers as what ADK is told, in the same session.
///
/// A tool that needs a yes is ADK's own call `adk_request_confirmation` about the tool's call: an
/// approval. A tool that runs long has an id in longRunningToolIds: its result is an input, taken
/// as JSON where it is an object.
///
/// Threads  Values; pure functions.
/// Errors   None: what cannot be asked of a person is left over by questions_of().
/// Owns     The calls that wait.
#pragma once

#include <string>
#include <vector>

#include "adk/adk_event.h"
#include "task/question.h"

namespace taskfeed::adk {

/// Calls whose result is to come from outside, over the events of a run or of a session.
class WaitingCalls {
 public:
  void take(const AdkEvent& event);
  const std::vector<AdkPart>& calls() const { return calls_; }

 private:
  std::vector<AdkPart> calls_;
};

/// Why nobody can be asked for one of them (credentials belong to no event); empty: all can be.
std::string unanswerable(const std::vector<AdkPart>& calls);
std::vector<Question> questions_of(const std::vector<AdkPart>& calls);
/// A function's response for each of the calls, where every one has its answer among `questions`;
/// empty where one has none.
std::vector<AdkPart> responses_of(const std::vector<AdkPart>& calls,
                                  const std::vector<Question>& questions);

}  // namespace taskfeed::adk

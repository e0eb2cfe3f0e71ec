/// Tool calls out of the fragments in which servers send them.
///
/// A call is found by its `index`, else by its `id`, else it is the last one; parallel calls that
/// all have index 0, ids or names that come late or again, whole calls, and arguments that are an
/// object instead of a text are all in use.
///
/// Threads  One.
/// Errors   take() says which limit was reached.
/// Owns     What has come so far.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "llm/chat.h"
#include "llm/half_joiner.h"

namespace taskfeed::llm {

class ToolAssembly {
 public:
  explicit ToolAssembly(const ChatLimits& limits) : limits_(limits) {}

  /// `tool_calls` of a delta or of a whole answer. A text where it is too much.
  std::optional<std::string> take(const Json& fragments, bool halves);
  bool empty() const { return slots_.empty(); }
  /// Whether a call has arguments and no name, so that nobody can be asked to carry it out.
  bool any_nameless() const;

  enum class Which { kAll, kWhole };
  /// Those with a name; kWhole: and with arguments that are complete. An id that is missing, among
  /// `taken` or used twice is replaced.
  std::vector<workflow::AskedCall> calls(Which which, std::set<std::string> taken) const;

 private:
  /// Whether a text is one JSON object from its first byte to its last, without parsing it again
  /// with each fragment.
  class Extent {
   public:
    void feed(std::string_view text);
    bool whole() const { return began_ && depth_ == 0 && !in_string_; }

   private:
    int64_t depth_ = 0;
    bool began_ = false;
    bool in_string_ = false;
    bool escaped_ = false;
  };
  struct Slot {
    std::optional<int64_t> index;
    std::string id;
    std::string name;
    std::string arguments;
    Extent extent;
    HalfJoiner joiner;
    Json extra = Json::object();
    size_t extra_bytes = 0;
  };

  std::optional<std::string> take_one(const Json& fragment, bool halves, bool first_of_delta);
  Slot* slot_of(const Json& fragment, bool first_of_delta);
  static bool begins_anew(const Slot& slot, const Json& fragment, bool first_of_delta);
  std::optional<std::string> add_arguments(Slot& slot, const Json& arguments, bool halves);
  std::optional<std::string> add_extra(Slot& slot, const Json& fragment);

  const ChatLimits limits_;
  std::vector<Slot> slots_;
};

}  // namespace taskfeed::llm

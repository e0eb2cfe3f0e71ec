/// What an event's line says after its mark, field by field, and how it fits a terminal.
///
/// Where it is too narrow, long texts are cut first, down to what still says something; then what
/// matters least is left out; and then the rest is cut. A pipe has every field.
///
/// Threads  Values; pure functions.
/// Errors   None: keys that are absent, or of another type, leave no trace.
/// Owns     Its text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event/json.h"
#include "looks.h"

namespace taskfeed::cmd {

struct EventField {
  enum class Rank {
    kDetail,  ///< Left out first; of equals the last.
    kFact,
    kMain,   ///< What the event is about.
    kTyped,  ///< A command line for people to type: whole, on a line of its own if need be.
  };
  std::string text;
  Rank rank = Rank::kMain;
  bool is_text = false;  ///< Prose, which may be cut; numbers may not.
};

class EventFields {
 public:
  using Rank = EventField::Rank;
  explicit EventFields(const Looks& looks) : looks_(looks) {}

  /// Prose or a name.
  EventFields& text(std::string_view text, Rank rank = Rank::kMain);
  EventFields& fact(std::string_view text, Rank rank = Rank::kFact);
  EventFields& dollars(const Json& event, std::string_view key, std::string_view before = {});
  EventFields& duration(const Json& event);
  EventFields& tokens(const Json& event);
  EventFields& json(const Json& event, std::string_view key, Rank rank = Rank::kMain);
  EventFields& failure(const Json& event);
  EventFields& who(const Json& event);
  EventFields& attempt(const Json& event);
  EventFields& command(const Json& event, std::string_view subcommand);
  std::vector<EventField> take() { return std::move(fields_); }

 private:
  EventFields& add(EventField field);

  const Looks& looks_;
  std::vector<EventField> fields_;
};

/// With two spaces between them, in at most `columns`; 0: as wide as they are. What is to be typed
/// and does not fit follows after a line feed.
std::string fitted(std::vector<EventField> fields, size_t columns, const Looks& looks);

/// "$0.41"; empty where there is no such amount, or none was spent.
std::string short_dollars_at(const Json& event, std::string_view key);

}  // namespace taskfeed::cmd

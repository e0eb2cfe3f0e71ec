#include "event_fields.h"

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "width.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kFieldBytesMax = 200;
/// A text that is shorter says little: lesser fields are left out before; then it says less.
constexpr size_t kTextColumnsLeast = 24;
constexpr size_t kLastColumnsLeast = 8;
constexpr std::string_view kBetween = "  ";

size_t width_of_all(const std::vector<EventField>& fields) {
  size_t columns = 0;
  for (const EventField& field : fields) {
    columns += (columns == 0 ? 0 : kBetween.size()) + width_of(field.text);
  }
  return columns;
}

std::string joined(const std::vector<EventField>& fields) {
  std::string line;
  for (const EventField& field : fields) {
    if (!line.empty()) line += kBetween;
    line += field.text;
  }
  return line;
}

/// Cuts the longest texts; false where they would say too little then.
bool cut_texts(std::vector<EventField>& fields, size_t columns, std::string_view ellipsis) {
  const bool only_main = std::all_of(fields.begin(), fields.end(), [](const EventField& field) {
    return field.rank == EventField::Rank::kMain;
  });
  const size_t least = only_main ? kLastColumnsLeast : kTextColumnsLeast;
  for (size_t wide = width_of_all(fields); wide > columns; wide = width_of_all(fields)) {
    EventField* longest = nullptr;
    for (EventField& field : fields) {
      if (!field.is_text || width_of(field.text) <= least) continue;
      if (longest == nullptr || width_of(field.text) > width_of(longest->text)) longest = &field;
    }
    if (longest == nullptr) return false;
    const size_t has = width_of(longest->text);
    const size_t excess = wide - columns;
    longest->text = cut_to(longest->text, has > excess + least ? has - excess : least, ellipsis);
  }
  return true;
}

}  // namespace

EventFields& EventFields::add(EventField field) {
  if (field.text.empty()) return *this;
  field.text = one_line(field.text, kFieldBytesMax, looks_);
  fields_.push_back(std::move(field));
  return *this;
}

EventFields& EventFields::text(std::string_view text, Rank rank) {
  return add({std::string(text), rank, true});
}

EventFields& EventFields::fact(std::string_view text, Rank rank) {
  return add({std::string(text), rank, false});
}

EventFields& EventFields::dollars(const Json& event, std::string_view key,
                                  std::string_view before) {
  const std::string amount = short_dollars_at(event, key);
  return amount.empty() ? *this : fact(std::string(before) + amount);
}

EventFields& EventFields::duration(const Json& event) {
  const Json* took = find(event, "duration_ms");
  if (took == nullptr || !took->is_number()) return *this;
  return fact(short_duration(int_at(event, "duration_ms")));
}

EventFields& EventFields::tokens(const Json& event) {
  const Json* usage = find(event, "usage");
  if (usage == nullptr) return *this;
  const int64_t in = int_at(*usage, "prompt_tokens", int_at(*usage, "input_tokens", -1));
  const int64_t out = int_at(*usage, "completion_tokens", int_at(*usage, "output_tokens", -1));
  if (in < 0 || out < 0) return *this;
  return fact(short_count(in) + (looks_.utf8 ? "→" : "->") + short_count(out) + " tok",
              Rank::kDetail);
}

EventFields& EventFields::json(const Json& event, std::string_view key, Rank rank) {
  const Json* value = find(event, key);
  if (value == nullptr || value->is_null() || value->empty()) return *this;
  return text(value->is_string() ? value->get<std::string>() : dump_json(*value), rank);
}

EventFields& EventFields::failure(const Json& event) {
  const Json* error = find(event, "error");
  if (error == nullptr) return *this;
  if (error->is_string()) return text(error->get<std::string>());
  const std::string kind = string_at(*error, "kind");
  const std::string said = string_at(*error, "message");
  return text(kind + (kind.empty() || said.empty() ? "" : ": ") + said);
}

EventFields& EventFields::who(const Json& event) {
  const std::string by = string_at(event, "by");
  if (!by.empty()) fact("by " + by);
  return text(string_at(event, "reason"));
}

EventFields& EventFields::attempt(const Json& event) {
  const int64_t attempt = int_at(event, "attempt", 1);
  return attempt > 1 ? fact("attempt " + std::to_string(attempt)) : *this;
}

EventFields& EventFields::command(const Json& event, std::string_view subcommand) {
  const std::string task = string_at(event, "task_id");
  if (task.empty()) return *this;
  return fact("taskfeed " + std::string(subcommand) + " " + task, Rank::kTyped);
}

std::string fitted(std::vector<EventField> fields, size_t columns, const Looks& looks) {
  if (columns == 0 || width_of_all(fields) <= columns) return joined(fields);
  const std::string_view ellipsis = looks.utf8 ? "…" : "...";
  std::string typed;
  std::erase_if(fields, [&typed](const EventField& field) {
    if (field.rank != EventField::Rank::kTyped) return false;
    typed += "\n" + std::string(kBetween) + field.text;
    return true;
  });
  for (;;) {
    std::vector<EventField> cut = fields;
    if (cut_texts(cut, columns, ellipsis)) return joined(cut) + typed;
    if (fields.size() == 1) return cut_to(fields.front().text, columns, ellipsis) + typed;
    // Of equals the last one.
    const auto least =
        std::min_element(fields.rbegin(), fields.rend(),
                         [](const EventField& a, const EventField& b) { return a.rank < b.rank; });
    fields.erase(std::next(least).base());
  }
}

std::string short_dollars_at(const Json& event, std::string_view key) {
  const Json* amount = find(event, key);
  if (amount == nullptr || !amount->is_number()) return {};
  const double nano = amount->get<double>() * 1e9;
  if (!(std::fabs(nano) < 9e18) || nano == 0) return {};
  return short_dollars(std::llround(nano));
}

}  // namespace taskfeed::cmd

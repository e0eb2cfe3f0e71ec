#include "event/json.h"

#include <cmath>
#include <map>
#include <memory>
#include <vector>

#include "base/text.h"
#include "base/utf8.h"

namespace taskfeed {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Escape { kOther, kHigh, kLow };
constexpr size_t kUnicodeEscapeBytes = 6;  // \uXXXX

/// The code unit of the escape at the front of `text`, which starts with a backslash; 0 for others.
int unit_at(std::string_view text) {
  if (text.size() < kUnicodeEscapeBytes || text[1] != 'u') return 0;
  int unit = 0;
  for (size_t at = 2; at < kUnicodeEscapeBytes; ++at) {
    const int digit = hex_value(text[at]);
    if (digit < 0) return 0;
    unit = unit * 16 + digit;
  }
  return unit;
}

Escape escape_at(std::string_view text) {
  const int unit = unit_at(text);
  if (unit < 0xD800 || unit > 0xDFFF) return Escape::kOther;
  return unit < 0xDC00 ? Escape::kHigh : Escape::kLow;
}

/// Bytes of the escape at the front of `text`; 0 for a surrogate that stands alone.
size_t paired_escape(std::string_view text) {
  switch (escape_at(text)) {
    case Escape::kOther:
      return std::min<size_t>(2, text.size());
    case Escape::kLow:
      return 0;
    case Escape::kHigh:
      break;
  }
  const std::string_view next = text.substr(kUnicodeEscapeBytes);
  return next.starts_with('\\') && escape_at(next) == Escape::kLow ? 2 * kUnicodeEscapeBytes : 0;
}

/// Outside of strings a backslash is an error of its own, so that strings need not be told apart.
bool has_lone_surrogate(std::string_view text) {
  size_t at = 0;
  while ((at = text.find('\\', at)) != std::string_view::npos) {
    const size_t size = paired_escape(text.substr(at));
    if (size == 0) return true;
    at += size;
  }
  return false;
}

/// U+E800 to U+EFFF, in UTF-8 or as an escape.
bool has_marks(std::string_view text) {
  for (size_t at = 0; (at = text.find_first_of("\\\xEE", at)) != std::string_view::npos;) {
    if (text[at] == '\\') {
      const int unit = unit_at(text.substr(at));
      if (unit >= 0xE800 && unit <= 0xEFFF) return true;
      at += 2;
    } else {
      if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= 0xA0) return true;
      at += 1;
    }
  }
  return false;
}

enum class Lone { kReplaced, kMarked };

/// Size for size.
std::string repair_lone_surrogates(std::string_view text, Lone lone) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const size_t backslash = std::min(text.find('\\'), text.size());
    out.append(text.substr(0, backslash));
    text.remove_prefix(backslash);
    if (text.empty()) break;
    const size_t size = paired_escape(text);
    if (size > 0) {
      out.append(text.substr(0, size));
    } else if (lone == Lone::kReplaced) {
      out.append("\\ufffd");
    } else {
      out.append("\\ue").append(text.substr(3, 3));
    }
    text.remove_prefix(size == 0 ? kUnicodeEscapeBytes : size);
  }
  return out;
}

/// The byte of `text` that stands at `at` in to_utf8(text). Surrogates are replaced size for size.
size_t byte_before_repair(std::string_view text, size_t at) {
  size_t taken = 0;
  for (size_t repaired = 0; repaired < at && taken < text.size();) {
    const Utf8Step step = utf8_step(text.substr(taken));
    repaired += step.well_formed ? step.size : kReplacement.size();
    taken += step.size;
  }
  return taken;
}

/// Builds the value from the parser's events. nlohmann's own builder looks a key up among all
/// earlier ones, which takes seconds for an object of 100,000 keys, and knows no depth.
class Builder final : public nlohmann::json_sax<Json> {
 public:
  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(size_t) override { return open(Json::object()); }
  bool end_object() override { return close(); }
  bool start_array(size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    slot_ = &open_.back().member(name);
    return true;
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& why) override {
    position_ = position;
    out_of_range_ = why.id == 406;
    return false;
  }

  Json take() { return std::move(root_); }
  bool too_deep() const { return too_deep_; }
  bool out_of_range() const { return out_of_range_; }
  size_t position() const { return position_; }

 private:
  /// An array or object that is not closed yet. It is the last element of the one before, which
  /// does not grow meanwhile: the pointer holds.
  struct Open {
    Json* container;
    std::unique_ptr<std::map<std::string, size_t>> places = nullptr;  ///< Of large objects only.

    Json& member(std::string& name) {
      constexpr size_t kSearched = 16;  // Up to here a look at every key is cheaper than a map.
      std::vector<std::pair<const std::string, Json>>& members =
          container->get_ref<Json::object_t&>();
      if (members.size() < kSearched) {
        for (auto& [known, value] : members) {
          if (known == name) return value;
        }
      } else {
        if (!places) {
          places = std::make_unique<std::map<std::string, size_t>>();
          for (const auto& [known, value] : members) places->emplace(known, places->size());
        }
        const auto [place, fresh] = places->emplace(name, members.size());
        if (!fresh) return members[place->second].second;
      }
      return members.emplace_back(std::move(name), Json()).second;
    }
  };

  Json& place(Json&& value) {
    if (open_.empty()) return root_ = std::move(value);
    if (open_.back().container->is_object()) return *slot_ = std::move(value);
    return open_.back().container->get_ref<Json::array_t&>().emplace_back(std::move(value));
  }
  bool put(Json&& value) {
    place(std::move(value));
    return true;
  }
  bool open(Json&& container) {
    too_deep_ = open_.size() == kJsonDepthMax;
    if (too_deep_) return false;
    open_.push_back({&place(std::move(container))});
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json root_;
  std::vector<Open> open_;
  Json* slot_ = nullptr;
  size_t position_ = 0;
  bool too_deep_ = false;
  bool out_of_range_ = false;
};

Result<JsonPart> parse(std::string_view text, Lone lone) {
  // nlohmann takes a NUL for the end of its input; in JSON it has no place, and what follows it
  // would go unread.
  const size_t nul = text.find('\0');
  if (nul != std::string_view::npos) {
    return {Errc::kInvalid, "not JSON at byte " + std::to_string(nul + 1)};
  }
  std::string repaired;
  std::string_view clean = text;
  const bool well_formed = is_utf8(text);
  if (!well_formed) clean = repaired = to_utf8(text);
  bool halves = false;
  if (has_lone_surrogate(clean)) {
    halves = lone == Lone::kMarked && !has_marks(clean);
    clean = repaired = repair_lone_surrogates(clean, halves ? lone : Lone::kReplaced);
  }

  Builder builder;
  if (Json::sax_parse(clean, &builder)) return JsonPart{builder.take(), halves};
  if (builder.too_deep()) {
    return {Errc::kInvalid,
            "JSON is nested deeper than " + std::to_string(kJsonDepthMax) + " levels"};
  }
  const size_t at = well_formed ? builder.position() : byte_before_repair(text, builder.position());
  return {Errc::kInvalid, builder.out_of_range()
                              ? "JSON has a number out of range at byte " + std::to_string(at)
                              : "not JSON at byte " + std::to_string(at)};
}

}  // namespace

Result<Json> parse_json(std::string_view text) {
  Result<JsonPart> part = parse(text, Lone::kReplaced);
  if (!part) return part.error();
  return std::move(part->json);
}

Result<JsonPart> parse_json_part(std::string_view text) {
  return parse(text, Lone::kMarked);
}

std::string dump_json(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* find(const Json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  for (const auto& [name, value] : object.get_ref<const Json::object_t&>()) {
    if (name == key) return &value;
  }
  return nullptr;
}

std::string string_at(const Json& object, std::string_view key, std::string_view otherwise) {
  const Json* const found = find(object, key);
  if (found == nullptr || !found->is_string()) return std::string(otherwise);
  return found->get_ref<const std::string&>();
}

int64_t int_at(const Json& object, std::string_view key, int64_t otherwise) {
  const Json* const found = find(object, key);
  if (found == nullptr) return otherwise;
  if (found->is_number_unsigned()) {
    const auto value = found->get<uint64_t>();
    return value <= INT64_MAX ? static_cast<int64_t>(value) : otherwise;
  }
  if (found->is_number_integer()) return found->get<int64_t>();
  // 3.0 is how some languages write 3; beyond 2^53 a double no longer names one integer.
  if (!found->is_number_float()) return otherwise;
  const auto value = found->get<double>();
  return std::trunc(value) == value && std::fabs(value) <= 9007199254740992.0
             ? static_cast<int64_t>(value)
             : otherwise;
}

bool bool_at(const Json& object, std::string_view key, bool otherwise) {
  const Json* const found = find(object, key);
  return found != nullptr && found->is_boolean() ? found->get<bool>() : otherwise;
}

}  // namespace taskfeed

/// JSON at the border: tolerant in, valid UTF-8 out, bounded in depth.
///
/// nlohmann/json throws on a lone surrogate escape, which real model servers emit when they cut
/// text in the middle, throws on bad UTF-8 when it writes, and nests without a bound. These
/// functions are the only places that parse or write JSON.
///
/// Threads  Pure functions.
/// Errors   parse_json() names the byte at which the text stops being JSON.
/// Owns     Nothing.
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/result.h"

namespace taskfeed {

/// Keeps the order in which keys were written: people read events.
using Json = nlohmann::ordered_json;

inline constexpr int kJsonDepthMax = 64;

/// Lone surrogate escapes and ill-formed UTF-8 become U+FFFD. Deeper than kJsonDepthMax, a
/// duplicate key's last value wins, a number out of range, or trailing text: kInvalid.
Result<Json> parse_json(std::string_view text);
/// The same for a text of several parts, of which a server that counts in UTF-16 may have cut one
/// within a character: `halves` says that lone surrogates stand in it as characters 0x1000 above
/// them (U+E800 to U+EFFF, private use), so that the caller can join two parts. Where `text` has
/// such characters of its own, surrogates become U+FFFD all the same.
struct JsonPart {
  Json json;
  bool halves = false;
};
Result<JsonPart> parse_json_part(std::string_view text);
/// Compact, on one line, with ill-formed UTF-8 replaced.
std::string dump_json(const Json& json);

/// Members of an object that may be absent or of another type: no exception, no default invented
/// beyond the one that is given.
std::string string_at(const Json& object, std::string_view key, std::string_view otherwise = {});
int64_t int_at(const Json& object, std::string_view key, int64_t otherwise = 0);
bool bool_at(const Json& object, std::string_view key, bool otherwise = false);
/// The member, or nullptr where it is absent or `object` is no object.
const Json* find(const Json& object, std::string_view key);

}  // namespace taskfeed

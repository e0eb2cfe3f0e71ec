/// Money: integer billionths of a US dollar inside, a decimal number of dollars outside.
///
/// Threads  Pure functions.
/// Errors   parse_dollars() answers nothing for what is no amount.
/// Owns     Nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event/json.h"

namespace taskfeed {

/// Money, in integer billionths of a US dollar; printed as a decimal number of dollars.
using NanoDollars = int64_t;

inline constexpr NanoDollars kNanoDollarsPerDollar = 1'000'000'000;

/// 4100000 -> "0.0041"; exact, without exponent, at least one digit on each side of the point.
std::string format_dollars(NanoDollars amount);
/// The reverse; at most nine decimals, no exponent, at most nine billion dollars.
std::optional<NanoDollars> parse_dollars(std::string_view text);

/// A JSON number. A double prints its shortest exact text, so the decimals survive the way there
/// and back for every amount below four million dollars (2^53 nano-dollars is nine million).
Json dollars_to_json(NanoDollars amount);
/// Rounds to the nearest nano-dollar; 0 for what is no number, or out of range.
NanoDollars dollars_from_json(const Json* number);

}  // namespace taskfeed

#include "task/money.h"

#include <cmath>

namespace taskfeed {
namespace {

constexpr int kDecimals = 9;
constexpr int64_t kDollarsMax = 9'000'000'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::string format_dollars(NanoDollars amount) {
  const bool negative = amount < 0;
  // Through unsigned: the least int64_t has no positive counterpart.
  const uint64_t size =
      negative ? 0 - static_cast<uint64_t>(amount) : static_cast<uint64_t>(amount);
  constexpr auto kPerDollar = static_cast<uint64_t>(kNanoDollarsPerDollar);
  std::string decimals = std::to_string(size % kPerDollar);
  decimals.insert(0, kDecimals - decimals.size(), '0');
  decimals.erase(decimals.find_last_not_of('0') + 1);
  if (decimals.empty()) decimals = "0";
  return (negative ? "-" : "") + std::to_string(size / kPerDollar) + "." + decimals;
}

std::optional<NanoDollars> parse_dollars(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int64_t dollars = 0;
  size_t at = 0;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    dollars = dollars * 10 + (text[at] - '0');
    if (dollars > kDollarsMax) return std::nullopt;
  }
  if (at == 0) return std::nullopt;
  int64_t nano = 0;
  if (at < text.size()) {
    const std::string_view decimals = text.substr(at + 1);
    if (text[at] != '.' || decimals.empty() || decimals.size() > kDecimals) return std::nullopt;
    for (size_t place = 0; place < kDecimals; ++place) {
      const char digit = place < decimals.size() ? decimals[place] : '0';
      if (!is_digit(digit)) return std::nullopt;
      nano = nano * 10 + (digit - '0');
    }
  }
  const NanoDollars amount = dollars * kNanoDollarsPerDollar + nano;
  if (amount > kDollarsMax * kNanoDollarsPerDollar) return std::nullopt;
  return negative ? -amount : amount;
}

Json dollars_to_json(NanoDollars amount) {
  return static_cast<double>(amount) / static_cast<double>(kNanoDollarsPerDollar);
}

NanoDollars dollars_from_json(const Json* number) {
  if (number == nullptr || !number->is_number()) return 0;
  const double dollars = number->get<double>();
  if (!std::isfinite(dollars) || std::fabs(dollars) > static_cast<double>(kDollarsMax)) return 0;
  return std::llround(dollars * static_cast<double>(kNanoDollarsPerDollar));
}

}  // namespace taskfeed

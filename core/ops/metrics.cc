#include "ops/metrics.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/assert.h"

namespace taskfeed::ops {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool is_name(std::string_view text) {
  return !text.empty() && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

std::string_view to_string(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kGauge:
      return "gauge";
    case MetricKind::kHistogram:
      return "histogram";
  }
  TF_ASSERT_TEXT(false, "a MetricKind outside its enumeration");
  return {};
}

/// In HELP a quote stands as it is; in a label's value it is escaped too.
std::string escaped(std::string_view text, bool quote) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\\' || (c == '"' && quote)) {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

/// The shortest text that is read as the same number.
std::string number(double value) {
  std::array<char, 32> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

}  // namespace

void MetricsText::family(std::string_view name, MetricKind kind, std::string_view help) {
  TF_ASSERT_TEXT(is_name(name), name);
  TF_ASSERT_TEXT(name.ends_with("_total") == (kind == MetricKind::kCounter), name);
  TF_ASSERT_TEXT(names_.emplace(name).second, name);
  name_ = name;
  kind_ = kind;
  text_.append("# HELP ").append(name).append(" ").append(escaped(help, false)).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(to_string(kind)).append("\n");
}

void MetricsText::sample(uint64_t value, const Labels& labels) {
  TF_ASSERT(kind_ != MetricKind::kHistogram);
  line("", labels, std::to_string(value));
}

void MetricsText::sample(double value, const Labels& labels) {
  TF_ASSERT(kind_ != MetricKind::kHistogram);
  line("", labels, number(value));
}

void MetricsText::histogram(const Buckets& buckets, const Labels& labels) {
  TF_ASSERT(kind_ == MetricKind::kHistogram);
  TF_ASSERT(buckets.counts.size() == buckets.bounds.size() + 1);
  Labels with_bound = labels;
  with_bound.push_back({"le", ""});
  uint64_t count = 0;
  for (size_t at = 0; at < buckets.counts.size(); ++at) {
    count += buckets.counts[at];
    with_bound.back().value = at < buckets.bounds.size() ? number(buckets.bounds[at]) : "+Inf";
    line("_bucket", with_bound, std::to_string(count));
  }
  line("_sum", labels, number(buckets.sum));
  line("_count", labels, std::to_string(count));
}

void MetricsText::line(std::string_view suffix, const Labels& labels, std::string_view value) {
  TF_ASSERT_TEXT(!name_.empty(), "a sample of no family");
  text_.append(name_).append(suffix);
  char before = '{';
  for (const Label& label : labels) {
    TF_ASSERT_TEXT(is_name(label.name), label.name);
    text_ += before;
    text_.append(label.name).append("=\"").append(escaped(label.value, true)).append("\"");
    before = ',';
  }
  if (!labels.empty()) text_ += '}';
  text_.append(" ").append(value).append("\n");
}

}  // namespace taskfeed::ops

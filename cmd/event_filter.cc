#include "event_filter.h"

#include "event/event.h"
#include "inputs.h"

namespace taskfeed::cmd {
namespace {

Result<std::optional<WallTime>> read_moment(std::string_view option,
                                            const std::optional<std::string>& text, WallTime now) {
  if (!text) return std::optional<WallTime>();
  if (auto checked = check_utf8(option, *text); !checked) return checked.error();
  const Result<Moment> moment = parse_moment(*text, now);
  if (!moment) return {moment.error().code, std::string(option) + ": " + moment.error().text};
  return std::optional<WallTime>(moment->time);
}

}  // namespace

void declare_filter(ArgParser& parser, FilterArgs& args) {
  parser.option("--types", args.types, "GLOBS", "only these types: a,b*");
  parser.option("--exclude", args.exclude, "GLOBS", "all but these types");
  parser.option("--since", args.since, "TIME",
                "only events of this time or later: RFC 3339, unix seconds, or an age (10m)");
  parser.option("--until", args.until, "TIME", "only events up to this time, and end there");
  parser.option("-g,--grep", args.grep, "PATTERN", "only events whose JSON matches (RE2)");
}

Result<EventFilter> read_filter(const FilterArgs& args, WallTime now) {
  EventFilter filter;
  filter.args = args;
  Result<TypeFilter> types = TypeFilter::parse(args.types, args.exclude);
  if (!types) return types.error();
  filter.types = *std::move(types);
  const Result<std::optional<WallTime>> since = read_moment("--since", args.since, now);
  if (!since) return since.error();
  const Result<std::optional<WallTime>> until = read_moment("--until", args.until, now);
  if (!until) return until.error();
  filter.since = *since;
  filter.until = *until;
  if (filter.since && filter.until && *filter.since > *filter.until) {
    return {Errc::kInvalid, "--since is after --until; nothing lies between them"};
  }
  if (args.grep) {
    Result<Pattern> grep = Pattern::parse("--grep", *args.grep);
    if (!grep) return grep.error();
    filter.grep = *std::move(grep);
  }
  return filter;
}

EventFilter::Verdict EventFilter::judge(std::string_view type, std::string_view json) const {
  if (since || until) {
    // An event without a readable time cannot be said to lie outside.
    const std::optional<WallTime> time = event_time(json);
    if (time && until && *time > *until) return Verdict::kLater;
    if (time && since && *time < *since) return Verdict::kPassedOver;
  }
  const bool wanted = types.accepts(type) && (!grep || grep->matches(json));
  return wanted ? Verdict::kWanted : Verdict::kPassedOver;
}

std::string EventFilter::options(bool with_since) const {
  std::string text;
  const auto add = [&text](std::string_view option, const std::string& value) {
    text += " " + std::string(option) + " " + shell_word(value);
  };
  if (!args.types.empty()) add("--types", args.types);
  if (!args.exclude.empty()) add("--exclude", args.exclude);
  if (since && with_since) add("--since", format_rfc3339(*since));
  if (until) add("--until", format_rfc3339(*until));
  if (args.grep) add("--grep", *args.grep);
  return text;
}

}  // namespace taskfeed::cmd

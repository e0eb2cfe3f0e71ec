#include "daemon_start.h"

#include <charconv>

#include <sys/resource.h>

#include "base/text.h"
#include "redis/server_check.h"

namespace taskfeed::cmd {

Result<size_t> whole_number(std::string_view option, std::string_view text, NumberRange range) {
  size_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = !text.empty() && read.ec == std::errc{} && read.ptr == text.end();
  if (whole && value >= range.least && value <= range.most) return value;
  return Error{Errc::kInvalid, std::string(option) + " '" + escape_controls(to_utf8(text)) +
                                   "' must be a whole number from " + std::to_string(range.least) +
                                   " to " + std::to_string(range.most)};
}

Result<void> refuse_server_option(const WiringPorts& ports) {
  if (!ports.globals.server_typed) return {};
  return Error{Errc::kInvalid,
               "--server names a daemon, but serve and worker work on a Redis: name it with "
               "--redis, or leave both out for a private one"};
}

Result<RedisPlace> open_redis_to_serve(const WiringPorts& ports) {
  constexpr Milliseconds kFirstLook{1'000};
  Result<RedisPlace> place = open_redis(ports);
  if (!place) return place;
  const redis::ServerCheck found = redis::check_server(place->url, kFirstLook);
  if (found.verdict == redis::ServerCheck::Verdict::kWrong) {
    return Error{Errc::kInvalid, found.text};
  }
  if (found.verdict == redis::ServerCheck::Verdict::kAway) {
    ports.log.warn(found.text + " Waiting for it.");
  }
  return place;
}

void raise_descriptor_limit(Log& log) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    log.warn("the limit of open files could not be raised; fewer streams will fit");
  }
}

}  // namespace taskfeed::cmd

#include "redis/channel_ear.h"

#include <algorithm>
#include <charconv>

#include "redis/batch.h"
#include "redis/push_parser.h"
#include "redis/reply.h"

namespace taskfeed::redis {
namespace {

std::string list_of(const std::vector<std::string>& patterns) {
  std::string text;
  for (const std::string& pattern : patterns) text.append(text.empty() ? "" : ", ").append(pattern);
  return text;
}

uint64_t number(std::string_view digits) {
  uint64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace

ChannelEar::ChannelEar(loop::Loop& loop, const Url& url, const ChannelEarOptions& options,
                       Owner& owner, Log& log)
    : patterns_(options.patterns),
      own_prefix_(options.own_prefix),
      published_bytes_max_(options.published_bytes_max),
      owner_(owner),
      log_(log),
      link_(loop, url, *this, options.link, true) {
  TF_ASSERT(!patterns_.empty());
  TF_ASSERT(published_bytes_max_ <= options.link.wire.receive_bytes_max / 2);
  deaf_since_ms_ = link_.now_ms();
}

void ChannelEar::on_up(Link&) {
  since_us_ = 0;
  acknowledged_ = 0;
  passed_over_ = 0;
  if (leaving_) return;
  KnownScripts none;
  Batch batch(none);
  batch.command({"TIME"});
  batch.command(1 + patterns_.size()).add("PSUBSCRIBE");
  for (const std::string& pattern : patterns_) batch.add(pattern);
  link_.send(batch.bytes());
}

void ChannelEar::leave() {
  if (leaving_) return;
  leaving_ = true;
  if (!link_.up()) return on_left();
  KnownScripts none;
  Batch batch(none);
  batch.command({"PUNSUBSCRIBE"});
  link_.send(batch.bytes());
}

void ChannelEar::on_left() {
  left_ = true;
  acknowledged_ = 0;
}

void ChannelEar::on_down(Link& link, std::string_view why) {
  if (leaving_) return on_left();
  if (listening()) {
    ++stats_.losses;
    // Since the last byte: when the loss is noticed, a silence may be behind us.
    deaf_since_ms_ = link.heard_at_ms();
  }
  acknowledged_ = 0;
  log_.warn("bridge: does not listen to " + list_of(patterns_) +
            ", what is published now is lost: " + std::string(why));
}

std::optional<size_t> ChannelEar::on_bytes(Link& link, std::string_view bytes) {
  size_t used = 0;
  Push push;
  for (;;) {
    const size_t passed = std::min(passed_over_, bytes.size() - used);
    passed_over_ -= passed;
    used += passed;
    const PushParse parsed = parse_push(bytes.substr(used), published_bytes_max_, push);
    if (parsed == PushParse::kBad) return std::nullopt;
    if (parsed == PushParse::kIncomplete) break;
    if (parsed == PushParse::kTooLarge) {
      passed_over_ = push.size;
      if (const auto published = published_of(push)) owner_.on_too_large(*published, push.size);
      continue;
    }
    used += push.size;
    if (!on_push(push)) return used;
  }
  if (!listening() && !left_) link.expect();
  owner_.on_burst_end();
  return used;
}

bool ChannelEar::on_push(const Push& push) {
  switch (push.kind) {
    case Push::Kind::kPatternPublished:
      if (const auto published = published_of(push)) owner_.on_published(*published);
      return true;
    case Push::Kind::kPatternSubscribed:
      on_acknowledged();
      return true;
    case Push::Kind::kPatternUnsubscribed:
      if (push.payload == "0") on_left();
      return true;
    case Push::Kind::kArray:
      if (since_us_ == 0) since_us_ = number(push.channel) * 1'000'000 + number(push.payload);
      return true;
    case Push::Kind::kError:
      link_.lose(redis_error(push.payload, link_.name()).text);
      return false;
    case Push::Kind::kPublished:
    case Push::Kind::kSubscribed:
    case Push::Kind::kUnsubscribed:
    case Push::Kind::kStatus:
      break;
  }
  return true;
}

std::optional<ChannelEar::Published> ChannelEar::published_of(const Push& push) {
  if (push.channel.starts_with(own_prefix_)) {
    ++stats_.own;
    return std::nullopt;
  }
  const auto pattern = std::find(patterns_.begin(), patterns_.end(), push.pattern);
  if (pattern == patterns_.end()) return std::nullopt;
  return Published{.pattern = static_cast<size_t>(pattern - patterns_.begin()),
                   .channel = push.channel,
                   .bytes = push.payload,
                   .since_us = since_us_};
}

void ChannelEar::on_acknowledged() {
  if (++acknowledged_ < patterns_.size()) return;
  const Milliseconds deaf(static_cast<int64_t>(link_.now_ms() - deaf_since_ms_));
  if (has_listened_) {
    stats_.deaf_ms += static_cast<uint64_t>(deaf.count());
    log_.warn("bridge: listens to " + list_of(patterns_) + " again, after " +
              format_duration(deaf) + " in which what was published is lost");
  } else {
    log_.info("bridge: listens to " + list_of(patterns_) + " at " + link_.name());
  }
  has_listened_ = true;
}

}  // namespace taskfeed::redis

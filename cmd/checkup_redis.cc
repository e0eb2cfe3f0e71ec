// What doctor sees of a Redis.
#include <charconv>

#include "checkup.h"
#include "redis/connection.h"
#include "redis/server_check.h"

namespace taskfeed::cmd {
namespace {

constexpr Milliseconds kTimeout{3'000};
constexpr Milliseconds kClockTolerance{2'000};
constexpr uint64_t kFullPercent = 90;
/// A reader that is slow for a moment has so much; Redis' default is 32 MiB.
constexpr uint64_t kPubsubBufferLeast = 8 * 1024 * 1024;

using Table = std::map<std::string, std::string>;

/// "name:value" lines of INFO.
void read_info(std::string_view text, Table& table) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find("\r\n"));
    text.remove_prefix(std::min(line.size() + 2, text.size()));
    const size_t colon = line.find(':');
    if (colon == line.npos) continue;
    table.emplace(line.substr(0, colon), line.substr(colon + 1));
  }
}

void read_settings(const redis::ReplyView& reply, Table& table) {
  for (size_t at = 0; at + 1 < reply.size(); at += 2) {
    table.emplace(reply.at(at).text(), reply.at(at + 1).text());
  }
}

std::string value(const Table& table, const std::string& name) {
  const auto found = table.find(name);
  return found == table.end() ? std::string() : found->second;
}

uint64_t number(std::string_view text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Finding judge_persistence(const RedisFacts& facts) {
  Finding finding{Health::kOk, "redis persistence", {}, {}};
  const bool appends = value(facts.info, "aof_enabled") == "1";
  const bool append_broken = appends && value(facts.info, "aof_last_write_status") == "err";
  const bool snapshot_broken = value(facts.info, "rdb_last_bgsave_status") == "err";
  const auto save = facts.settings.find("save");
  if (append_broken || (!appends && snapshot_broken)) {
    finding.health = Health::kFailed;
    finding.text = append_broken ? "the append-only file could not be written"
                                 : "the last snapshot could not be written";
    finding.advice = {"look at Redis' log and at the free space of its disk"};
  } else if (appends) {
    finding.text = "append-only file";
    const std::string sync = value(facts.settings, "appendfsync");
    if (!sync.empty()) finding.text += ", fsync " + sync;
  } else if (save != facts.settings.end() && save->second.empty()) {
    finding.health = Health::kWarning;
    finding.text = "none: a restart of Redis loses all tasks and events";
    finding.advice = {"redis.conf: appendonly yes"};
  } else {
    finding.health = Health::kWarning;
    finding.text = "snapshots alone: a crash loses what came after the last one";
    finding.advice = {"redis.conf: appendonly yes"};
  }
  return finding;
}

Finding judge_memory(const RedisFacts& facts) {
  Finding finding{Health::kOk, "redis memory", {}, {}};
  const uint64_t most = number(value(facts.info, "maxmemory"));
  const uint64_t used = number(value(facts.info, "used_memory"));
  const std::string used_text = value(facts.info, "used_memory_human");
  const std::string policy = value(facts.info, "maxmemory_policy");
  if (most == 0) {
    finding.text = used_text + " used, no limit";
    return finding;
  }
  finding.text = used_text + " of " + value(facts.info, "maxmemory_human") + " used, " + policy;
  if (policy.starts_with("allkeys-")) {
    finding.health = Health::kFailed;
    finding.text += ": Redis removes tasks and events when memory is short";
    finding.advice = {"redis.conf: maxmemory-policy noeviction"};
  } else if (used > most / 100 * kFullPercent) {
    finding.health = Health::kWarning;
    finding.text += ": nearly full; new tasks and events will be refused";
    finding.advice = {"raise maxmemory, or keep fewer events"};
  } else if (policy.starts_with("volatile-")) {
    finding.health = Health::kWarning;
    finding.text += ": finished tasks vanish early when memory is short";
    finding.advice = {"redis.conf: maxmemory-policy noeviction"};
  }
  return finding;
}

/// "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"
Finding judge_buffers(const RedisFacts& facts) {
  Finding finding{Health::kOk, "redis pubsub buffer", {}, {}};
  std::string_view text;
  const auto setting = facts.settings.find("client-output-buffer-limit");
  if (setting != facts.settings.end()) text = setting->second;
  const size_t at = text.find("pubsub ");
  if (at == text.npos) {
    finding.text = "not known: this Redis refuses CONFIG GET";
    return finding;
  }
  text.remove_prefix(at + 7);
  const uint64_t hard = number(text.substr(0, text.find(' ')));
  if (hard == 0) {
    finding.text = "no limit";
    return finding;
  }
  finding.text = std::to_string(hard / 1024) + " KiB";
  if (hard < kPubsubBufferLeast) {
    finding.health = Health::kWarning;
    finding.text += ": a burst of events makes Redis cut the daemon off, which then reads again";
    finding.advice = {"redis.conf: client-output-buffer-limit pubsub 32mb 8mb 60"};
  }
  return finding;
}

Finding judge_clock(Milliseconds ahead) {
  Finding finding{Health::kOk, "clock", "that of Redis is ours", {}};
  const Milliseconds off = ahead < Milliseconds(0) ? -ahead : ahead;
  if (off <= kClockTolerance) return finding;
  finding.health = Health::kWarning;
  finding.text = "that of Redis is " + format_duration(off) +
                 (ahead > Milliseconds(0) ? " ahead of ours" : " behind ours");
  finding.advice = {"let both machines keep time, with chrony or systemd-timesyncd"};
  return finding;
}

}  // namespace

RedisFacts gather_redis(const redis::Url& url, const Clock& clock) {
  RedisFacts facts{
      .place = url.str(), .trouble = {}, .info = {}, .settings = {}, .clock_ahead = {}};
  const redis::ServerCheck check = redis::check_server(url, kTimeout);
  facts.trouble = check.text;
  facts.wrong = check.verdict == redis::ServerCheck::Verdict::kWrong;
  if (check.verdict != redis::ServerCheck::Verdict::kReady) return facts;
  auto connection = redis::Connection::open(url, kTimeout);
  if (!connection) {
    facts.trouble = connection.error().text;
    return facts;
  }
  redis::Batch batch((*connection)->known());
  batch.command({"INFO"});
  for (const std::string_view name : {"client-output-buffer-limit", "save", "appendfsync"}) {
    batch.command({"CONFIG", "GET", name});
  }
  batch.command({"TIME"});
  redis::Replies replies;
  const WallTime before = clock.wall();
  const auto outcome = (*connection)->exchange(batch.bytes(), batch.size(), kTimeout, replies);
  const WallTime after = clock.wall();
  if (outcome != redis::Connection::Outcome::kDone || replies.size() != batch.size()) {
    facts.trouble = "Redis at " + facts.place + " stopped answering";
    return facts;
  }
  read_info(replies.front().view().text(), facts.info);
  for (size_t at = 1; at + 1 < replies.size(); ++at) {
    read_settings(replies[at].view(), facts.settings);
  }
  const redis::ReplyView time = replies.back().view();
  if (time.size() == 2) {
    const Milliseconds there =
        std::chrono::seconds(time.at(0).integer()) + Milliseconds(time.at(1).integer() / 1'000);
    facts.clock_ahead = WallTime(there) - (before + (after - before) / 2);
  }
  return facts;
}

Findings judge_redis(const RedisFacts& facts) {
  if (!facts.trouble.empty()) {
    return {{facts.wrong ? Health::kFailed : Health::kUnreachable, "redis", facts.trouble, {}}};
  }
  Findings findings;
  findings.push_back(
      {Health::kOk, "redis", value(facts.info, "redis_version") + " at " + facts.place, {}});
  findings.push_back(judge_persistence(facts));
  findings.push_back(judge_memory(facts));
  findings.push_back(judge_buffers(facts));
  if (facts.clock_ahead) findings.push_back(judge_clock(*facts.clock_ahead));
  return findings;
}

}  // namespace taskfeed::cmd

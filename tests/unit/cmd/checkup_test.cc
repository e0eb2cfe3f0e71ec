/// What doctor makes of the facts: each trouble has a verdict and something to do.
#include "cmd/checkup.h"

#include <gtest/gtest.h>

namespace taskfeed::cmd {
namespace {

const Finding& of(const Findings& findings, std::string_view check) {
  for (const Finding& each : findings) {
    if (each.check == check) return each;
  }
  ADD_FAILURE() << "no finding of " << check;
  static const Finding none;
  return none;
}

Health health_of(const Findings& findings, std::string_view check) {
  const Finding& finding = of(findings, check);
  EXPECT_EQ(finding.advice.empty(), finding.health == Health::kOk) << finding.text;
  return finding.health;
}

RedisFacts good_redis() {
  return {.place = "redis://r:6379/0",
          .trouble = {},
          .info = {{"redis_version", "7.0.15"},
                   {"aof_enabled", "1"},
                   {"aof_last_write_status", "ok"},
                   {"rdb_last_bgsave_status", "ok"},
                   {"maxmemory", "0"},
                   {"maxmemory_policy", "noeviction"},
                   {"used_memory", "1000"},
                   {"used_memory_human", "1000B"}},
          .settings = {{"save", ""},
                       {"appendfsync", "everysec"},
                       {"client-output-buffer-limit",
                        "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"}},
          .clock_ahead = Milliseconds(3)};
}

TEST(DoctorRedis, FindsNothingWrongWithAGoodOne) {
  const Findings findings = judge_redis(good_redis());
  EXPECT_EQ(findings.size(), 5u);
  for (const Finding& each : findings) EXPECT_EQ(health_of(findings, each.check), Health::kOk);
}

TEST(DoctorRedis, TellsOfOneThatIsAwayOrWrong) {
  RedisFacts facts = good_redis();
  facts.trouble = "it is away";
  EXPECT_EQ(judge_redis(facts).front().health, Health::kUnreachable);
  facts.wrong = true;
  EXPECT_EQ(judge_redis(facts).front().health, Health::kFailed);
  EXPECT_EQ(judge_redis(facts).size(), 1u);
}

TEST(DoctorRedis, WarnsOfWhatACrashWouldLose) {
  RedisFacts facts = good_redis();
  facts.info["aof_enabled"] = "0";
  EXPECT_EQ(health_of(judge_redis(facts), "redis persistence"), Health::kWarning);
  facts.settings["save"] = "3600 1";
  EXPECT_EQ(health_of(judge_redis(facts), "redis persistence"), Health::kWarning);
  facts.info["rdb_last_bgsave_status"] = "err";
  EXPECT_EQ(health_of(judge_redis(facts), "redis persistence"), Health::kFailed);
  facts.info["aof_enabled"] = "1";
  EXPECT_EQ(health_of(judge_redis(facts), "redis persistence"), Health::kOk);
  facts.info["aof_last_write_status"] = "err";
  EXPECT_EQ(health_of(judge_redis(facts), "redis persistence"), Health::kFailed);
}

TEST(DoctorRedis, FailsWhereEventsAreEvicted) {
  RedisFacts facts = good_redis();
  facts.info["maxmemory"] = "2000";
  EXPECT_EQ(health_of(judge_redis(facts), "redis memory"), Health::kOk);
  facts.info["maxmemory_policy"] = "volatile-lru";
  EXPECT_EQ(health_of(judge_redis(facts), "redis memory"), Health::kWarning);
  facts.info["maxmemory_policy"] = "allkeys-lru";
  EXPECT_EQ(health_of(judge_redis(facts), "redis memory"), Health::kFailed);
  facts.info["maxmemory_policy"] = "noeviction";
  facts.info["used_memory"] = "1950";
  EXPECT_EQ(health_of(judge_redis(facts), "redis memory"), Health::kWarning);
}

TEST(DoctorRedis, WarnsOfABufferThatABurstFills) {
  RedisFacts facts = good_redis();
  facts.settings["client-output-buffer-limit"] = "normal 0 0 0 pubsub 1048576 0 0";
  EXPECT_EQ(health_of(judge_redis(facts), "redis pubsub buffer"), Health::kWarning);
  facts.settings["client-output-buffer-limit"] = "normal 0 0 0 pubsub 0 0 0";
  EXPECT_EQ(health_of(judge_redis(facts), "redis pubsub buffer"), Health::kOk);
  facts.settings.clear();  // CONFIG is refused.
  EXPECT_EQ(health_of(judge_redis(facts), "redis pubsub buffer"), Health::kOk);
}

TEST(DoctorRedis, WarnsOfAClockThatIsOff) {
  for (const int seconds : {-3, 3}) {
    RedisFacts facts = good_redis();
    facts.clock_ahead = Milliseconds(seconds * 1'000);
    const Findings findings = judge_redis(facts);
    EXPECT_EQ(health_of(findings, "clock"), Health::kWarning);
    EXPECT_NE(of(findings, "clock").text.find(seconds < 0 ? "3s behind" : "3s ahead"),
              std::string::npos);
  }
}

TEST(DoctorFolder, TakesOneThatIsOursAloneOrNotThereYet) {
  FolderFacts facts{.path = "/s", .trouble = {}};
  EXPECT_EQ(judge_folder(facts).health, Health::kOk);
  facts.is_there = true;
  EXPECT_EQ(judge_folder(facts).health, Health::kWarning) << "no room";
  facts.bytes_free = 1ull << 40;
  EXPECT_EQ(judge_folder(facts).health, Health::kOk);
  facts.trouble = "belongs to another user";
  EXPECT_EQ(judge_folder(facts).health, Health::kFailed);
}

DaemonFacts good_daemon() {
  return {.place = "http://d:8000",
          .error = {},
          .status = 200,
          .version = "1.0",
          .redis_detail = {},
          .workers = 4};
}

TEST(DoctorDaemon, TellsOfEachTrouble) {
  EXPECT_EQ(health_of(judge_daemon(good_daemon(), "1.0"), "daemon"), Health::kOk);
  EXPECT_EQ(health_of(judge_daemon(good_daemon(), "1.1"), "daemon"), Health::kWarning);
  DaemonFacts facts = good_daemon();
  facts.workers = 0;
  facts.queue = 7;
  EXPECT_EQ(health_of(judge_daemon(facts, "1.0"), "workers"), Health::kWarning);
  EXPECT_NE(of(judge_daemon(facts, "1.0"), "workers").text.find("7 tasks"), std::string::npos);
  facts.status = 503;
  facts.redis_detail = "Redis is away";
  EXPECT_NE(of(judge_daemon(facts, "1.0"), "daemon").text.find("Redis is away"), std::string::npos);
  facts.version = "";
  EXPECT_EQ(judge_daemon(facts, "1.0").front().health, Health::kFailed);
  facts.error = Error{Errc::kUnavailable, "nobody"};
  EXPECT_EQ(judge_daemon(facts, "1.0").front().health, Health::kUnreachable);
}

StreamFacts good_stream() {
  return {.place = "http://d:8000",
          .error = {},
          .status = 200,
          .fields = {{"content-type", "text/event-stream; charset=utf-8"},
                     {"cache-control", "no-store, no-transform"}},
          .head = Milliseconds(4),
          .first_byte = Milliseconds(5),
          .beats = {Milliseconds(5'010), Milliseconds(10'020)},
          .end = Milliseconds(10'020)};
}

TEST(DoctorStream, FindsNothingWrongWithOneThatFlows) {
  const Findings findings = judge_stream(good_stream());
  EXPECT_EQ(findings.size(), 3u);
  for (const Finding& each : findings) EXPECT_EQ(health_of(findings, each.check), Health::kOk);
}

TEST(DoctorStream, KnowsOneThatIsHeldBack) {
  StreamFacts nothing = good_stream();
  nothing.first_byte = {};
  nothing.beats = {};
  StreamFacts late = good_stream();
  late.first_byte = Milliseconds(4'000);
  StreamFacts together = good_stream();
  together.beats = {Milliseconds(6'000), Milliseconds(6'001)};
  StreamFacts few = good_stream();
  few.beats.pop_back();
  for (const StreamFacts& facts : {nothing, late, together, few}) {
    const Findings findings = judge_stream(facts);
    EXPECT_EQ(health_of(findings, "stream flow"), Health::kFailed);
    EXPECT_NE(of(findings, "stream flow").advice.front().find("proxy_buffering off"),
              std::string::npos);
  }
}

TEST(DoctorStream, KnowsOneThatIsCut) {
  StreamFacts facts = good_stream();
  facts.beats = {};
  facts.end = Milliseconds(2'000);
  facts.closed = true;
  const Findings findings = judge_stream(facts);
  EXPECT_EQ(health_of(findings, "stream flow"), Health::kFailed);
  EXPECT_NE(of(findings, "stream flow").text.find("cut after 2s"), std::string::npos);
}

TEST(DoctorStream, LooksAtTheHead) {
  StreamFacts facts = good_stream();
  facts.fields["content-encoding"] = "gzip";
  EXPECT_EQ(health_of(judge_stream(facts), "stream headers"), Health::kWarning);
  facts = good_stream();
  facts.fields.erase("cache-control");
  EXPECT_EQ(health_of(judge_stream(facts), "stream headers"), Health::kWarning);
  facts.fields["content-type"] = "text/html";
  EXPECT_EQ(judge_stream(facts).size(), 1u);
  EXPECT_EQ(health_of(judge_stream(facts), "stream"), Health::kFailed);
  for (const int status : {401, 404, 502}) {
    facts.status = status;
    EXPECT_EQ(health_of(judge_stream(facts), "stream"), Health::kFailed) << status;
  }
  facts.error = Error{Errc::kUnavailable, "nobody"};
  EXPECT_EQ(judge_stream(facts).front().health, Health::kUnreachable);
  facts.error = Error{Errc::kTimeout, "no head"};
  EXPECT_EQ(health_of(judge_stream(facts), "stream"), Health::kFailed);
  EXPECT_NE(judge_stream(facts).front().text.find("held back"), std::string::npos);
}

}  // namespace
}  // namespace taskfeed::cmd

// What doctor sees of a daemon, and of this machine.
#include <cerrno>
#include <cstring>

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/text.h"
#include "checkup.h"
#include "client/http_call.h"
#include "event/json.h"

namespace taskfeed::cmd {
namespace {

constexpr mode_t kOthers = 077;
constexpr uint64_t kFreeLeast = 256 * 1024 * 1024;
constexpr Milliseconds kTimeout{5'000};

uint64_t count_at(const Json& json, const char* check, const char* name) {
  const Json* const checks = find(json, "checks");
  const Json* const one = checks == nullptr ? nullptr : find(*checks, check);
  return one == nullptr ? 0 : static_cast<uint64_t>(int_at(*one, name));
}

}  // namespace

std::string_view to_string(Health health) {
  switch (health) {
    case Health::kOk:
      return "ok";
    case Health::kWarning:
      return "warning";
    case Health::kFailed:
      return "failed";
    case Health::kUnreachable:
      return "unreachable";
  }
  return {};
}

FolderFacts gather_folder(const std::string& path) {
  FolderFacts facts{.path = path, .trouble = {}};
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) facts.trouble = std::strerror(errno);
    return facts;
  }
  facts.is_there = true;
  if (!S_ISDIR(status.st_mode)) {
    facts.trouble = "is no folder";
  } else if (status.st_uid != ::geteuid()) {
    facts.trouble = "belongs to another user";
  } else if ((status.st_mode & kOthers) != 0) {
    facts.trouble = "is open to others";
  }
  struct statvfs room {};
  if (::statvfs(path.c_str(), &room) == 0) facts.bytes_free = room.f_bavail * room.f_frsize;
  return facts;
}

Finding judge_folder(const FolderFacts& facts) {
  const std::string path = escape_controls(to_utf8(facts.path));
  Finding finding{Health::kOk, "state directory", path, {}};
  if (!facts.trouble.empty()) {
    finding.health = Health::kFailed;
    finding.text += " " + facts.trouble;
    finding.advice = {"take another with --state-dir, or chmod 700 it if it is yours"};
  } else if (!facts.is_there) {
    finding.text += " is made when it is needed";
  } else if (facts.bytes_free < kFreeLeast) {
    finding.health = Health::kWarning;
    finding.text += " has " + std::to_string(facts.bytes_free / 1024 / 1024) + " MiB left";
    finding.advice = {"make room on its disk: the private Redis stops taking events without any"};
  }
  return finding;
}

DaemonFacts gather_daemon(const client::Endpoint& endpoint) {
  DaemonFacts facts{.place = endpoint.str(), .error = {}, .version = {}, .redis_detail = {}};
  client::HttpCall call(endpoint, {.connect_timeout = kTimeout, .answer_timeout = kTimeout});
  client::HttpRequest request;
  request.target = "/readyz";
  const Result<client::HttpAnswer> answer = call.call(request);
  if (!answer) {
    facts.error = answer.error();
    return facts;
  }
  facts.status = answer->status;
  const Result<Json> json = parse_json(answer->body);
  if (!json || !json->is_object()) return facts;
  facts.version = string_at(*json, "version");
  facts.draining = bool_at(*json, "draining");
  facts.workers = count_at(*json, "workers", "alive");
  facts.queue = count_at(*json, "queue", "length");
  if (const Json* const checks = find(*json, "checks")) {
    if (const Json* const redis = find(*checks, "redis")) {
      facts.redis_detail = string_at(*redis, "detail");
    }
  }
  return facts;
}

Findings judge_daemon(const DaemonFacts& facts, std::string_view own_version) {
  Finding finding{Health::kOk, "daemon", facts.place, {}};
  if (facts.error) {
    finding.health = Health::kUnreachable;
    finding.text = facts.error->text;
    return {finding};
  }
  if (facts.version.empty()) {
    finding.health = Health::kFailed;
    finding.text += " answered " + std::to_string(facts.status) + ", and not as taskfeed does";
    finding.advice = {"check the address, and what a proxy there passes on"};
    return {finding};
  }
  finding.text += " is ready, version " + facts.version;
  if (facts.status != 200) {
    finding.health = Health::kFailed;
    finding.text = facts.place + " is not ready: " +
                   (facts.draining ? "it is being stopped" : facts.redis_detail);
  } else if (facts.version != own_version) {
    finding.health = Health::kWarning;
    finding.text += "; this is " + std::string(own_version);
    finding.advice = {"take one version on both sides"};
  }
  Finding workers{Health::kOk, "workers", std::to_string(facts.workers) + " alive", {}};
  if (facts.workers == 0) {
    workers.health = Health::kWarning;
    workers.text = "none: " + std::to_string(facts.queue) + " tasks wait, and nobody executes them";
    workers.advice = {"start `taskfeed worker`, or the daemon without --workers 0"};
  }
  return {finding, workers};
}

}  // namespace taskfeed::cmd

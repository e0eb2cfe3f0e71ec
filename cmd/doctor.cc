// doctor: whether everything is as it should be, and what to do where it is not.
#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "checkup.h"
#include "redis/private_folder.h"
#include "subcommand.h"
#include "token_files.h"
#include "version.h"

namespace taskfeed::cmd {
namespace {

struct DoctorOptions {
  std::string url;
};

void declare(ArgParser& parser, DoctorOptions& options) {
  parser.argument("URL", options.url, false,
                  "a daemon as its clients reach it, through the proxies: looks 10 s at a stream");
}

Result<void> validate(DoctorOptions& options) {
  if (options.url.empty()) return {};
  const Result<client::Endpoint> endpoint = client::Endpoint::parse(options.url);
  return endpoint ? Result<void>() : Result<void>(endpoint.error());
}

Tone tone_of(Health health) {
  switch (health) {
    case Health::kOk:
      return Tone::kCompleted;
    case Health::kWarning:
      return Tone::kBudget;
    case Health::kFailed:
    case Health::kUnreachable:
      break;
  }
  return Tone::kFailed;
}

class Report {
 public:
  explicit Report(Deps& deps) : deps_(deps), looks_(deps.looks()) {}

  void add(const Findings& findings) {
    for (const Finding& finding : findings) add(finding);
  }
  void add(const Finding& finding) {
    worst_ = std::max(worst_, finding.health);
    failed_ = failed_ || finding.health == Health::kFailed;
    if (deps_.json()) {
      print_json({{"check", finding.check},
                  {"health", to_string(finding.health)},
                  {"text", to_utf8(finding.text)},
                  {"advice", finding.advice}},
                 deps_);
      return;
    }
    constexpr size_t kHealthWidth = 11;
    constexpr size_t kCheckWidth = 19;
    std::string health(to_string(finding.health));
    const std::string gap(kHealthWidth - health.size() + 2, ' ');
    std::string check = finding.check;
    check.resize(std::max(check.size(), kCheckWidth), ' ');
    deps_.out.line(paint(health, tone_of(finding.health), looks_) + gap + check + "  " +
                   escape_controls(to_utf8(finding.text)));
    for (const std::string& advice : finding.advice) {
      deps_.out.line(std::string(kHealthWidth + 2, ' ') + paint(advice, Tone::kDim, looks_));
    }
  }
  /// Warnings do not fail.
  ExitStatus status() const {
    if (failed_) return ExitStatus::kOther;
    return worst_ == Health::kUnreachable ? ExitStatus::kUnreachable : ExitStatus::kCompleted;
  }

 private:
  Deps& deps_;
  const Looks looks_;
  Health worst_ = Health::kOk;
  bool failed_ = false;
};

bool program_is_there(std::string_view name, const Environment& environment) {
  const std::string path = environment.get("PATH");
  for (std::string_view rest = path; !rest.empty();) {
    const std::string_view folder = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    std::error_code failed;
    if (std::filesystem::exists(std::filesystem::path(folder) / name, failed)) return true;
  }
  return false;
}

/// The private Redis, if it runs; doctor starts nothing.
Findings check_private_redis(Deps& deps) {
  const std::string& folder = deps.globals.state_dir;
  if (redis::private_redis_answers(folder) == redis::Answer::kReady) {
    redis::Url url;
    url.unix_path = folder + "/" + redis::kSocketName;
    return judge_redis(gather_redis(url, deps.clock));
  }
  if (program_is_there("redis-server", deps.environment)) {
    return {{Health::kOk, "redis", "none runs; a private one is started when it is needed", {}}};
  }
  return {{Health::kFailed,
           "redis",
           "none is given, and there is no redis-server to start",
           {"apt install redis-server, or name a Redis with --redis"}}};
}

Result<client::Endpoint> endpoint_of(const std::string& url, const Globals& globals) {
  Result<client::Endpoint> endpoint = client::Endpoint::parse(url);
  if (!endpoint) return Error{Errc::kInvalid, "--server: " + endpoint.error().text};
  if (globals.token_file.empty()) return endpoint;
  Result<std::string> token = read_token(globals.token_file);
  if (!token) return token.error();
  endpoint->token = *std::move(token);
  return endpoint;
}

void check_local_daemon(Report& report, Deps& deps) {
  client::Endpoint local;
  local.unix_path = deps.globals.local_socket();
  DaemonFacts facts = gather_daemon(local);
  if (facts.error) {
    report.add({Health::kOk, "daemon", "none runs on this state directory", {}});
  } else {
    report.add(judge_daemon(facts, kVersion));
  }
}

ExitStatus run(const DoctorOptions& options, Deps& deps) {
  const Globals& globals = deps.globals;
  Report report(deps);
  const std::string& given = options.url.empty() ? globals.server : options.url;
  if (!given.empty()) {
    const Result<client::Endpoint> endpoint = endpoint_of(given, globals);
    if (!endpoint) return fail(deps, endpoint.error());
    report.add(judge_daemon(gather_daemon(*endpoint), kVersion));
    report.add(judge_stream(gather_stream(*endpoint, deps.clock)));
  }
  if (!globals.redis.empty()) {
    const Result<redis::Url> url = redis::Url::parse(globals.redis);
    if (!url) return fail(deps, {Errc::kInvalid, "--redis: " + url.error().text});
    report.add(judge_redis(gather_redis(*url, deps.clock)));
  } else if (given.empty()) {
    report.add(judge_folder(gather_folder(globals.state_dir)));
    check_local_daemon(report, deps);
    report.add(check_private_redis(deps));
  }
  return report.status();
}

}  // namespace

ExitStatus enter_doctor(Invocation& invocation, Needs needs) {
  const Parts<DoctorOptions> parts{
      {.name = "doctor",
       .usage = "[OPTIONS] [URL]",
       .summary = "Look whether Redis, the daemon and this machine are as they should be, and, "
                  "given a URL, whether a proxy in between holds the stream back or cuts it.",
       .examples = "  taskfeed doctor\n"
                   "  taskfeed doctor --redis redis://127.0.0.1:6379\n"
                   "  taskfeed doctor http://feed.example\n"},
      declare,
      validate,
      run};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd

// What doctor sees of an event stream through proxies.
#include "checkup.h"
#include "client/http_call.h"

namespace taskfeed::cmd {
namespace {

constexpr Milliseconds kConnectTimeout{5'000};
/// Silence after which the stream counts as held back.
constexpr Milliseconds kPatience = kProbeInterval * 2 - Milliseconds(2'000);
/// A beat that comes later than this after the one before was held back on its way, as were two
/// that come together.
constexpr Milliseconds kLateness{2'000};
constexpr std::string_view kBeat = ": hb";

const std::vector<std::string> kFlowAdvice{
    "nginx:    proxy_buffering off;  and no proxy_ignore_headers X-Accel-Buffering",
    "HAProxy:  option http-no-delay  and no http-response wait-for-body",
};
const std::vector<std::string> kCutAdvice{
    "nginx:    proxy_read_timeout 1h;",
    "HAProxy:  timeout server 1h",
};
/// Of those that pack in spite of the daemon's no-transform, which HAProxy does not.
const std::vector<std::string> kPlainAdvice{
    "nginx:    gzip off;",
};

std::string field(const StreamFacts& facts, const std::string& name) {
  const auto found = facts.fields.find(name);
  return found == facts.fields.end() ? std::string() : found->second;
}

Finding judge_answer(const StreamFacts& facts) {
  Finding finding{Health::kOk, "stream", {}, {}};
  if (facts.error && facts.error->code == Errc::kTimeout) {
    // Connected, and not even the head came: a proxy waits for more before it passes anything on.
    finding.health = Health::kFailed;
    finding.text = "held back: nothing came in " + format_duration(facts.end);
    finding.advice = kFlowAdvice;
  } else if (facts.error) {
    finding.health = Health::kUnreachable;
    finding.text = facts.error->text;
  } else if (facts.status == 401 || facts.status == 403) {
    finding.health = Health::kFailed;
    finding.text = facts.place + " asks for a token";
    finding.advice = {"give one with --token-file"};
  } else if (facts.status != 200) {
    finding.health = Health::kFailed;
    finding.text = facts.place + " answered " + std::to_string(facts.status);
    finding.advice = {"check that the proxy passes /api/v1 on as it is"};
  } else if (!field(facts, "content-type").starts_with("text/event-stream")) {
    finding.health = Health::kFailed;
    finding.text = "its Content-Type is " + field(facts, "content-type");
    finding.advice = {"let the proxy leave Content-Type as it is"};
  } else {
    finding.text = "opened after " + format_duration(facts.head);
  }
  return finding;
}

bool is_held_back(const StreamFacts& facts) {
  if (!facts.first_byte || *facts.first_byte - facts.head > kLateness) return true;
  Milliseconds before = *facts.first_byte;
  for (const Milliseconds beat : facts.beats) {
    const Milliseconds gap = beat - before;
    if (gap > kProbeInterval + kLateness || gap < kProbeInterval - kLateness) return true;
    before = beat;
  }
  return false;
}

Finding judge_flow(const StreamFacts& facts) {
  Finding finding{Health::kOk, "stream flow", {}, {}};
  if (facts.first_byte && facts.closed) {
    finding.health = Health::kFailed;
    finding.text = "cut after " + format_duration(facts.end) + "; heartbeats come every 15 s";
    finding.advice = kCutAdvice;
  } else if (is_held_back(facts) || facts.beats.size() < kProbeBeats) {
    finding.health = Health::kFailed;
    finding.text = "held back: " + (facts.first_byte ? "events do not come when they are sent"
                                                     : "nothing came in " +
                                                           format_duration(facts.end - facts.head));
    finding.advice = kFlowAdvice;
  } else {
    finding.text = std::to_string(facts.beats.size()) + " heartbeats in time";
  }
  return finding;
}

Finding judge_fields(const StreamFacts& facts) {
  Finding finding{Health::kOk, "stream headers", "as the daemon sends them", {}};
  if (const std::string coding = field(facts, "content-encoding"); !coding.empty()) {
    finding.health = Health::kWarning;
    finding.text = "it is compressed (" + coding + "), which holds small events back";
    finding.advice = kPlainAdvice;
  } else if (field(facts, "cache-control").find("no-store") == std::string::npos) {
    finding.health = Health::kWarning;
    finding.text = "Cache-Control is " + (field(facts, "cache-control").empty()
                                              ? std::string("gone")
                                              : field(facts, "cache-control"));
    finding.advice = {"let the proxy leave Cache-Control: no-store, no-transform as it is"};
  }
  return finding;
}

/// Notes when what came.
class Watch {
 public:
  Watch(StreamFacts& facts, const Clock& clock)
      : facts_(facts), clock_(clock), begun_(clock.mono()) {}

  Milliseconds elapsed() const { return clock_.mono() - begun_; }
  /// False: enough has been seen.
  bool take(std::string_view bytes) {
    if (!facts_.first_byte) facts_.first_byte = elapsed();
    line_.append(bytes);
    for (size_t end = line_.find('\n'); end != line_.npos; end = line_.find('\n')) {
      if (line_.starts_with(kBeat)) facts_.beats.push_back(elapsed());
      line_.erase(0, end + 1);
    }
    return facts_.beats.size() < kProbeBeats && line_.size() < kLineMax &&
           elapsed() < kProbeInterval * (kProbeBeats + 2);
  }

 private:
  static constexpr size_t kLineMax = 1024 * 1024;
  StreamFacts& facts_;
  const Clock& clock_;
  const MonoTime begun_;
  std::string line_;
};

}  // namespace

StreamFacts gather_stream(const client::Endpoint& endpoint, const Clock& clock) {
  StreamFacts facts{
      .place = endpoint.str(), .error = {}, .fields = {}, .first_byte = {}, .beats = {}};
  client::HttpCall call(endpoint,
                        {.connect_timeout = kConnectTimeout, .answer_timeout = kPatience});
  client::HttpRequest request;
  // Events would only be in the way.
  request.target = "/api/v1/events/stream?types=none&heartbeat=" +
                   std::to_string(kProbeInterval / std::chrono::seconds(1));
  request.headers["Accept"] = "text/event-stream";
  request.headers["Accept-Encoding"] = "gzip, br";  // As a browser does.
  Watch watch(facts, clock);
  bool enough = false;
  client::HttpCall::Reader reader;
  reader.on_fields = [&facts](const auto& fields) { facts.fields = fields; };
  reader.on_head = [&facts, &watch](int status, std::string_view) {
    facts.status = status;
    facts.head = watch.elapsed();
    return status == 200;
  };
  reader.on_bytes = [&watch, &enough](std::string_view bytes) {
    enough = !watch.take(bytes);
    return !enough;
  };
  const Result<void> read = call.stream(request, reader);
  facts.end = watch.elapsed();
  if (!read) facts.error = read.error();
  const Milliseconds heard =
      facts.beats.empty() ? facts.first_byte.value_or(facts.head) : facts.beats.back();
  facts.closed = !enough && facts.end - heard < kPatience - kLateness / 2;
  return facts;
}

Findings judge_stream(const StreamFacts& facts) {
  Findings findings{judge_answer(facts)};
  if (findings.front().health != Health::kOk) return findings;
  findings.push_back(judge_flow(facts));
  findings.push_back(judge_fields(facts));
  return findings;
}

}  // namespace taskfeed::cmd

/// The HTTP API as one table of routes over service::Tasks.
///
/// Every route of agents and tasks stands under /api/v1 and /v1, with and without a trailing slash;
/// the probes stand at the root.
///
/// Threads  handle() may be called from any thread at once; it blocks as service::Tasks does.
/// Errors   Each is a Reply with a problem document; 500 tells nothing of the inside.
/// Owns     Nothing. Borrows its ports.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/call.h"
#include "http/token_book.h"
#include "service/many_places.h"
#include "service/tasks.h"

namespace taskfeed::http {

/// What the bridge has done since the daemon began, under the names that /health shows.
struct BridgeReport {
  using Counts = std::vector<std::pair<std::string, uint64_t>>;
  bool listening = false;
  Counts counts;
  Counts unreadable;  ///< By reason.
};

/// What /health shows; it is 503 where Redis is away, or the bridge does not listen. /readyz is 503
/// where `redis_reachable` is false or `draining` is true.
struct HealthReport {
  bool redis_reachable = false;
  std::string redis_detail;  ///< Why not, in a sentence.
  size_t queue_length = 0;
  size_t workers_alive = 0;
  size_t streams = 0;
  bool draining = false;
  std::optional<BridgeReport> bridge;  ///< Where one is asked for.
};

class HealthSource {
 public:
  /// From any thread; answers from what is known, within milliseconds, also while Redis hangs.
  virtual HealthReport health() = 0;
  /// What /metrics answers, in Prometheus' text format 0.0.4. From any thread, in a second at most.
  virtual std::string metrics() = 0;

 protected:
  ~HealthSource() = default;
};

struct ApiPorts {
  service::Tasks& tasks;
  HealthSource& health;
  std::string version;
  const Clock& clock;
  service::ManyPlaces& places;
};

/// What a pattern's `{agent}` and `{task}` stood for; not yet validated.
struct Captures {
  std::string_view agent;
  std::string_view task;
};

/// A pattern that starts with kOfTask stands at each of kTaskRoots: a task is found under its
/// agent, and by its id alone. Under an agent that is not its own it is not found.
inline constexpr std::string_view kOfTask = "{task}";
inline constexpr std::array<std::string_view, 2> kTaskRoots{"/agents/{agent}/tasks/{task}",
                                                            "/tasks/{task}"};

struct Route {
  std::string_view method;
  std::string_view pattern;  ///< "/agents/{agent}", "{task}/state"; without prefix.
  bool probe;                ///< Stands at the root, not under a prefix.
  Reply (*handler)(const ApiPorts& ports, const Call& call, const Captures& captures);
  std::string_view summary;
};

/// All of them; openapi.json describes each.
std::span<const Route> routes();

class Api {
 public:
  explicit Api(ApiPorts ports) : ports_(std::move(ports)) {}

  /// What a caller must be allowed; nothing for the probes, OPTIONS, and what is no route.
  std::optional<Scope> scope_of(const Call& call) const;
  /// What can be answered without the body: an unknown path, a wrong method, a wrong content type
  /// and OPTIONS.
  std::optional<Reply> before_body(const Call& call) const;
  /// The rest. A HEAD is answered as its GET; whoever writes it leaves the body out.
  Reply handle(const Call& call) const;
  const std::string& version() const { return ports_.version; }

 private:
  ApiPorts ports_;
};

/// Whether `target` is one of the probes: they have a lane of their own in the WorkerPool.
bool is_probe(std::string_view target);

}  // namespace taskfeed::http

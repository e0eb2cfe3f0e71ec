// publish: adds events to a task; from the arguments, or as NDJSON from stdin.
#include <poll.h>

#include "base/text.h"
#include "event_publisher.h"
#include "inputs.h"
#include "subcommand.h"

namespace taskfeed::cmd {
namespace {

struct PublishOptions {
  std::string word, type, json;
  // validate()'s.
  std::optional<TaskId> task;
  bool ndjson = false;
  Json payload = Json::object();
};

void declare(ArgParser& parser, PublishOptions& options) {
  parser.argument("TASK", options.word, true, "a task id");
  parser.argument("TYPE", options.type, true, "the event's type; - reads NDJSON from stdin");
  parser.argument("JSON", options.json, false, "its payload, an object; - reads it from stdin");
}

Result<Json> read_payload(std::string_view text) {
  // parse_json() mends what is no UTF-8, as for model servers; a publisher is told, as over HTTP.
  if (auto checked = check_utf8("the payload", text); !checked) return checked.error();
  Result<Json> json = parse_json(text);
  if (!json) return {Errc::kInvalid, "the payload is " + json.error().text};
  if (!json->is_object()) return {Errc::kInvalid, "the payload must be a JSON object"};
  return json;
}

Result<void> validate(PublishOptions& options) {
  Result<TaskId> task = TaskId::parse(options.word);
  if (!task) return task.error();
  options.task = *std::move(task);
  options.ndjson = options.type == "-";
  if (options.ndjson) {
    if (options.json.empty()) return {};
    return {Errc::kInvalid, "with NDJSON on stdin there is no JSON argument; leave it out"};
  }
  if (const auto type = EventType::parse(options.type); !type) return type.error();
  if (options.json.empty() || options.json == "-") return {};
  Result<Json> payload = read_payload(options.json);
  if (!payload) return payload.error();
  options.payload = *std::move(payload);
  return {};
}

/// Whoever repeats a publish whose answer was lost must say the same id again.
service::PublishInput identified(Json json, std::string type, Deps& deps) {
  if (find(json, "event_id") == nullptr) json["event_id"] = deps.ids.uuid7().str();
  if (find(json, "timestamp") == nullptr) json["timestamp"] = format_rfc3339(deps.clock.wall());
  return {.type = std::move(type), .json = std::move(json)};
}

/// The first contact is not waited for: a wrong address should be told at once.
Result<void> publish(const TaskId& task, std::vector<service::PublishInput> inputs, bool first,
                     Deps& deps) {
  PublishLimits limits;
  if (first) limits.retry_max = Milliseconds(0);
  const Pause pause = [&deps](Milliseconds time) {
    pollfd interrupted{deps.interrupts.descriptor(), POLLIN, 0};
    return ::poll(&interrupted, 1, static_cast<int>(time.count())) == 0;
  };
  const std::vector<service::PublishInput> published = inputs;
  const Result<std::vector<Cursor>> cursors =
      publish_surely(deps.tasks(), task, std::move(inputs), limits, deps.clock, pause);
  if (!cursors) return cursors.error();
  for (size_t at = 0; at < cursors->size(); ++at) {
    if (!deps.json()) {
      deps.out.write((*cursors)[at].str() + "\n");
      continue;
    }
    Json line = Json::object();
    line["id"] = (*cursors)[at].str();
    line["event_id"] = string_at(published[at].json, "event_id");
    deps.out.write(dump_json(line) + "\n");
  }
  deps.out.flush();
  return {};
}

/// Lines that are there already go together; a slow writer's go one by one, as they come.
class LineBatches {
 public:
  explicit LineBatches(Deps& deps) : deps_(deps) {}

  uint64_t published() const { return published_; }

  Result<void> publish_all(const TaskId& task) {
    for (;;) {
      const Result<std::optional<std::string>> line = deps_.in.line(kEventBytesMax);
      if (!line) return at_line(line.error());
      if (!*line) return flush(task);
      ++number_;
      if (Result<void> added = add(**line); !added) {
        // What stood before the bad line is published: it was right, and is in order.
        if (Result<void> done = flush(task); !done) return done;
        return added;
      }
      const PublishLimits limits;
      const bool full =
          batch_.size() >= limits.batch_events_max || bytes_ >= limits.batch_bytes_max;
      if (full || !deps_.in.has_line()) {
        if (Result<void> done = flush(task); !done) return done;
      }
    }
  }

 private:
  Error at_line(const Error& error) const {
    return {error.code, "line " + std::to_string(number_ + 1) + " " + error.text};
  }
  Result<void> add(const std::string& line) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) return {};
    const auto wrong = [this](const std::string& what) -> Result<void> {
      return Error{Errc::kInvalid, "line " + std::to_string(number_) + " " + what};
    };
    if (!is_utf8(line)) return wrong("is not UTF-8");
    Result<Json> json = parse_json(line);
    if (!json) return wrong("is " + json.error().text);
    if (!json->is_object()) return wrong("is no JSON object");
    const std::string type = string_at(*json, "event_type");
    if (type.empty()) return wrong("has no event_type");
    if (const auto read = EventType::parse(type); !read)
      return wrong("is refused: " + read.error().text);
    batch_.push_back(identified(*std::move(json), {}, deps_));
    bytes_ += line.size();
    return {};
  }
  Result<void> flush(const TaskId& task) {
    if (batch_.empty()) return {};
    const size_t count = batch_.size();
    bytes_ = 0;
    Result<void> done = publish(task, std::exchange(batch_, {}), published_ == 0, deps_);
    if (!done && count > 1) {
      return Error{done.error().code, "lines up to " + std::to_string(number_) +
                                          " were not published: " + done.error().text};
    }
    if (done) published_ += count;
    return done;
  }

  Deps& deps_;
  std::vector<service::PublishInput> batch_;
  size_t bytes_ = 0;
  uint64_t number_ = 0;
  uint64_t published_ = 0;
};

ExitStatus run(const PublishOptions& options, Deps& deps) {
  if (options.ndjson) {
    LineBatches lines(deps);
    const Result<void> done = lines.publish_all(*options.task);
    if (done) return ExitStatus::kCompleted;
    if (lines.published() > 0) {
      remark(deps, std::to_string(lines.published()) + " events were published before this:");
    }
    return fail(deps, done.error());
  }
  Json payload = options.payload;
  if (options.json == "-") {
    const Result<std::string> text = deps.in.rest(kEventBytesMax, "the payload");
    if (!text) return fail(deps, text.error());
    Result<Json> read = read_payload(*text);
    if (!read) return fail(deps, read.error());
    payload = *std::move(read);
  }
  const Result<void> done =
      publish(*options.task, {identified(std::move(payload), options.type, deps)}, true, deps);
  return done ? ExitStatus::kCompleted : fail(deps, done.error());
}

}  // namespace

ExitStatus enter_publish(Invocation& invocation, Needs needs) {
  const Parts<PublishOptions> parts{
      {.name = "publish",
       .usage = "[OPTIONS] TASK TYPE [JSON]",
       .summary = "Add an event to a task; prints its cursor. An event that names its event_id is\n"
                  "added once, however often it is published.",
       .examples = "  taskfeed publish TASK WorkflowProgressUpdated '{\"percent\":40}'\n"
                   "  my-program | taskfeed publish TASK -\n"},
      declare,
      validate,
      run};
  return enter(parts, invocation, needs);
}

}  // namespace taskfeed::cmd

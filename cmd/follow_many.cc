#include "follow_many.h"

#include "base/text.h"
#include "broker/registry.h"
#include "event/json.h"
#include "event_printer.h"
#include "inputs.h"
#include "many_place.h"
#include "many_source.h"
#include "status_line.h"

namespace taskfeed::cmd {
namespace {

constexpr Milliseconds kLookInterval{500};
/// After --until: for events of before that are still on their way.
constexpr Milliseconds kUntilGrace{1'000};

class FollowMany {
 public:
  FollowMany(const FollowManyRequest& request, Deps& deps)
      : request_(request),
        deps_(deps),
        printer_(deps.out, deps.globals.output,
                 request.timestamps ? with_timestamps(deps.looks(), deps.globals) : deps.looks()),
        status_(deps) {
    status_.watch_all();
    place_.stand_at(request.after);
  }

  ExitStatus run() {
    const std::unique_ptr<StreamSource> source = deps_.backend->stream();
    deps_.interrupts.on_signal([&source] { source->wake(); });
    deps_.interrupts.on_resize([&source] { source->wake(); });
    const EventFilter& filter = request_.filter;
    auto* const many = dynamic_cast<ManySource*>(source.get());
    // One that could not even begin says why to whoever opens anything.
    const Result<void> opened = many == nullptr ? source->open({.task = broker::registry_id()})
                                                : many->open_many({.selection = request_.selection,
                                                                   .after = request_.after,
                                                                   .types = filter.args.types,
                                                                   .exclude = filter.args.exclude,
                                                                   .since = filter.since});
    const ExitStatus status = opened ? read(*source) : fail(deps_, opened.error());
    deps_.interrupts.on_signal({});
    deps_.interrupts.on_resize({});
    status_.hide();
    printer_.finish();
    return status;
  }

 private:
  ExitStatus read(StreamSource& source) {
    const std::optional<MonoTime> deadline = deps_.deadline();
    for (;;) {
      deps_.out.look();
      if (deps_.out.broken()) return ExitStatus::kPipe;
      if (deadline && deps_.clock.mono() >= *deadline) {
        return leave(ExitStatus::kTimeout, "--timeout ran out");
      }
      const std::optional<WallTime>& until = request_.filter.until;
      if (until && deps_.clock.wall() >= *until + kUntilGrace) return ExitStatus::kCompleted;
      // No poll(2) wakes us where stdout's reader leaves, so we look now and then.
      const MonoTime look_again = deps_.clock.mono() + kLookInterval;
      const std::optional<StreamItem> item =
          next(source, deadline ? std::min(*deadline, look_again) : look_again);
      if (deps_.interrupts.received() != 0) {
        return leave(deps_.interrupts.status(), "interrupted");
      }
      if (!item) continue;
      if (const auto status = take(*item)) return *status;
    }
  }

  std::optional<StreamItem> next(StreamSource& source, MonoTime until) {
    if (!status_.on()) return source.next(until);
    // Not drawn between events that are there already.
    std::optional<StreamItem> item = source.next(deps_.clock.mono());
    if (item) return item;
    status_.show();
    return source.next(until);
  }

  /// An exit status where this item ends everything.
  std::optional<ExitStatus> take(const StreamItem& item) {
    if (item.kind != StreamItem::Kind::kEvent) status_.hide();
    if (item.kind == StreamItem::Kind::kFailed) return fail(deps_, item.error);
    if (item.kind == StreamItem::Kind::kEnd) return ExitStatus::kCompleted;
    const sse::Message& message = item.event;
    // An event that is left for later keeps its place: ids from there on are past it.
    if (message.last_event_id != id_ && !later_) {
      id_ = message.last_event_id;
      place_.stand_at(id_);
      if (deps_.globals.output == OutputFormat::kSse) status_.hide();
      printer_.place(id_);
    }
    const std::string& type = message.event;
    if (type == "heartbeat") return std::nullopt;
    const Result<Json> json = parse_json(message.data);
    const Json data = json ? *json : Json::object();
    if (message.cursor.empty()) return control(message, data);
    return event(message, data);
  }

  std::optional<ExitStatus> control(const sse::Message& message, const Json& data) {
    const Result<TaskId> task = TaskId::parse(string_at(data, "task_id"));
    status_.hide();
    if (message.event == "stream.task_end") {
      if (task && !place_.ended(*task)) return std::nullopt;
      if (task) status_.ended(*task);
      printer_.control(message);
      return std::nullopt;
    }
    printer_.control(message);
    if (message.event == "stream.state") tell_state(data);
    if (message.event != "stream.gap") return std::nullopt;
    tell_gap(task, data);
    if (task && string_at(data, "reason") == "reset") place_.forget(*task);
    if (request_.fail_on_gap) return ExitStatus::kGap;
    return std::nullopt;
  }

  void tell_state(const Json& data) {
    printer_.finish();
    if (!bool_at(data, "resumable", true)) {
      remark(deps_,
             "too many tasks are open for a place to resume from: who resumes sees events again");
    }
    if (bool_at(data, "full")) {
      remark(deps_, std::to_string(int_at(data, "tasks")) +
                        " tasks are followed, as many as one stream may; further ones are shown "
                        "once others have ended");
    }
  }

  void tell_gap(const Result<TaskId>& task, const Json& data) {
    printer_.finish();
    const std::string reason = string_at(data, "reason");
    if (reason == "unresumable") {
      remark(deps_, "where it broke off is unknown; what happened meanwhile is not shown");
    } else if (!task) {
      remark(deps_, "tasks may be missing: the record of new ones has a gap (" + reason + ")");
    } else if (reason == "reset") {
      remark(deps_,
             "events of " + task->str() +
                 " are lost: Redis has another history now, or none (reset); it is read anew");
    } else {
      remark(deps_, "events of " + task->str() + " after " + string_at(data, "from") +
                        " are lost (" + reason + ")");
    }
  }

  std::optional<ExitStatus> event(const sse::Message& message, const Json& data) {
    const Result<TaskId> task = TaskId::parse(string_at(data, "task_id"));
    const std::optional<Cursor> at = Cursor::read(message.cursor);
    const EventFilter::Verdict verdict =
        request_.filter.judge(message.event, json_line(message.data));
    // Who goes on later begins with it.
    later_ = later_ || verdict == EventFilter::Verdict::kLater;
    if (verdict == EventFilter::Verdict::kLater) return std::nullopt;
    if (task && at && !place_.read(*task, *at)) return std::nullopt;
    if (task) status_.add(*task, message.event, message.data);
    if (verdict == EventFilter::Verdict::kWanted) {
      status_.hide();
      printer_.event(message, task ? task->str() : std::string());
    }
    if (request_.on_shown && !deps_.out.broken()) {
      // Where there is no place, an older one in a file would still miss nothing.
      const std::string place = place_.text();
      const Result<void> told = place.empty() ? Result<void>() : request_.on_shown(place);
      if (!told) {
        status_.hide();
        printer_.finish();
        return fail(deps_, told.error());
      }
    }
    const bool stops =
        !request_.until_event.empty() && glob_match(request_.until_event, message.event);
    return stops ? std::optional(ExitStatus::kCompleted) : std::nullopt;
  }

  ExitStatus leave(ExitStatus status, std::string_view why) {
    status_.hide();
    printer_.finish();
    deps_.err.line("taskfeed: " + std::string(why) + "; resume with: " + resume_command());
    return status;
  }

  /// `taskfeed tail --all --after C`, with the options that lead to the same place.
  std::string resume_command() const {
    std::string text = "taskfeed" + deps_.backend->origin_options() + " tail";
    if (request_.selection.agents.empty()) text += " --all";
    for (const AgentId& agent : request_.selection.agents) text += " --agent " + agent.str();
    const std::string place = place_.text();
    if (!request_.resume_option.empty()) {
      text += request_.resume_option;
    } else if (!place.empty()) {
      text += " --after " + place;
    }
    return text + request_.filter.options(place.empty());
  }

  const FollowManyRequest& request_;
  Deps& deps_;
  EventPrinter printer_;
  StatusLine status_;
  ManyPlace place_;
  std::string id_;
  bool later_ = false;  ///< An event after --until was seen.
};

}  // namespace

ExitStatus follow_many(const FollowManyRequest& request, Deps& deps) {
  return FollowMany(request, deps).run();
}

}  // namespace taskfeed::cmd

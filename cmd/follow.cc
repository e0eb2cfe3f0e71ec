#include "follow.h"

#include <deque>
#include <map>

#include "base/text.h"
#include "event/json.h"
#include "status_line.h"

namespace taskfeed::cmd {
namespace {

constexpr Milliseconds kLookInterval{500};

/// How far one task has been read.
struct Reader {
  bool in_history = true;  // Not yet at what was there when the stream was opened.
  std::optional<Cursor> history_end;
  std::string cursor;  // Of the last event that was seen.
  bool over = false;
  std::deque<sse::Message> held;  // With -n and a filter: the newest matches so far.
  ExitStatus status = ExitStatus::kCompleted;
};

class Follow {
 public:
  Follow(const FollowRequest& request, Deps& deps)
      : request_(request),
        deps_(deps),
        filter_(request.filter),
        printer_(deps.out, deps.globals.output,
                 request.timestamps ? with_timestamps(deps.looks(), deps.globals) : deps.looks()),
        status_(deps) {
    // A daemon counts -n before it filters; a person means the newest N of what is shown. And
    // --no-follow and --until end at a cursor that only an unfiltered stream is sure to reach.
    // And who watches the status line counts what is not shown as well.
    filters_here_ =
        !filter_.empty() && (request.newest || !request.follow || filter_.until || watched());
    holds_ = request.newest && *request.newest > 0 && (filters_here_ || request.after);
  }

  ExitStatus run() {
    std::unique_ptr<StreamSource> source = deps_.backend->stream();
    deps_.interrupts.on_signal([&source] { source->wake(); });
    deps_.interrupts.on_resize([&source] { source->wake(); });
    const ExitStatus status = open(*source) ? read(*source) : failed_;
    deps_.interrupts.on_signal({});
    deps_.interrupts.on_resize({});
    status_.hide();
    printer_.finish();
    return status;
  }

 private:
  bool watched() const { return request_.print && status_.on(); }

  bool open(StreamSource& source) {
    for (const TaskId& task : request_.tasks) {
      readers_.emplace(task, Reader{});
      StreamRequest stream{.task = task,
                           .after = request_.after,
                           .include_history = true,
                           .history_newest = {},
                           .types = {},
                           .exclude = {},
                           .since = {}};
      if (!filters_here_) {
        stream.types = filter_.args.types;
        stream.exclude = filter_.args.exclude;
        stream.since = filter_.since;
      }
      if (request_.newest && !holds_) {
        if (*request_.newest == 0)
          stream.include_history = false;
        else
          stream.history_newest = request_.newest;
      }
      if (const Result<void> opened = source.open(stream); !opened) {
        failed_ = fail(deps_, opened.error());
        return false;
      }
    }
    return true;
  }

  ExitStatus read(StreamSource& source) {
    deadline_ = deps_.deadline();
    if (request_.time_max) {
      const MonoTime end = deps_.clock.mono() + *request_.time_max;
      deadline_ = deadline_ ? std::min(*deadline_, end) : end;
    }
    for (;;) {
      if (until_is_past()) end_live_readers();
      if (all_over()) return joined_status();
      deps_.out.look();
      if (deps_.out.broken()) return ExitStatus::kPipe;
      if (deadline_ && deps_.clock.mono() >= *deadline_) {
        return leave(ExitStatus::kTimeout, "--timeout ran out");
      }
      // No poll(2) wakes us where stdout's reader leaves, so we look now and then.
      const MonoTime look_again = deps_.clock.mono() + look_interval();
      std::optional<StreamItem> item =
          next(source, deadline_ ? std::min(*deadline_, look_again) : look_again);
      if (request_.heed_interrupts && deps_.interrupts.received() != 0) {
        return leave(deps_.interrupts.status(), "interrupted");
      }
      if (!item) continue;
      Reader& reader = readers_.at(item->task);
      if (reader.over) continue;
      if (const auto status = take(*item, reader)) return *status;
    }
  }

  std::optional<StreamItem> next(StreamSource& source, MonoTime until) {
    if (!watched()) return source.next(until);
    // Not drawn between events that are there already.
    std::optional<StreamItem> item = source.next(deps_.clock.mono());
    if (item) return item;
    if (!printer_.flowing()) status_.show();
    return source.next(until);
  }

  /// An exit status where this item ends everything.
  std::optional<ExitStatus> take(StreamItem& item, Reader& reader) {
    if (item.kind != StreamItem::Kind::kEvent) status_.hide();
    if (item.kind == StreamItem::Kind::kFailed) return fail(deps_, item.error);
    if (item.kind == StreamItem::Kind::kEnd) {
      end(item.task, reader);
      return std::nullopt;
    }
    const std::string& type = item.event.event;
    if (type == "stream.open") return opened(item, reader), std::nullopt;
    if (type == "stream.gap") return gap(item);
    if (type == "stream.end") {
      printer_control(item.event);
      const Result<Json> said = parse_json(item.event.data);
      if (said && string_at(*said, "status") == "gone") {
        gone(item.task, reader);
      } else {
        end(item.task, reader);
      }
      return std::nullopt;
    }
    if (type == "heartbeat") return std::nullopt;
    return event(item, reader);
  }

  void opened(const StreamItem& item, Reader& reader) {
    printer_control(item.event);
    const Result<Json> open = parse_json(item.event.data);
    if (!open || !reader.in_history) return;
    reader.history_end = Cursor::read(string_at(*open, "last_id"));
    const uint64_t end = reader.history_end ? reader.history_end->seq : 0;
    const bool anew = string_at(*open, "replay") == "reset";
    const bool nothing_wanted = request_.newest == 0u;
    const bool all_seen = request_.after && !anew && request_.after->seq >= end;
    if (end == 0 || nothing_wanted || all_seen) history_through(reader);
  }

  std::optional<ExitStatus> gap(const StreamItem& item) {
    status_.hide();
    printer_control(item.event);
    const Result<Json> gap = parse_json(item.event.data);
    const Json lost = gap ? *gap : Json::object();
    printer_.finish();
    const std::string reason = string_at(lost, "reason");
    const std::string where = "events of " + item.task.str() + " after " + string_at(lost, "from");
    if (reason == "reset") {
      // Where it goes on, `to`, is then a place in another history, perhaps its beginning, 0-0.
      remark(deps_,
             where + " are lost: Redis has another history now, or none (reset); it is read anew");
    } else {
      remark(deps_, where + " up to " + string_at(lost, "to") + " are lost (" + reason + ")");
    }
    if (request_.fail_on_gap) return ExitStatus::kGap;
    return std::nullopt;
  }

  std::optional<ExitStatus> event(StreamItem& item, Reader& reader) {
    const Cursor at = Cursor::read(item.event.last_event_id).value_or(Cursor{});
    const EventFilter::Verdict verdict = judge(item.event);
    const bool later = verdict == EventFilter::Verdict::kLater;
    if (!later) reader.cursor = item.event.last_event_id;
    if (request_.on_event) request_.on_event(item.task, item.event);
    if (watched()) status_.add(item.task, item.event.event, item.event.data);
    const bool stops = !later && !request_.until_event.empty() &&
                       glob_match(request_.until_event, item.event.event);
    if (verdict == EventFilter::Verdict::kWanted) {
      if (holds_ && reader.in_history) {
        reader.held.push_back(item.event);
        if (reader.held.size() > *request_.newest) reader.held.pop_front();
      } else {
        print(item.task, item.event);
      }
    }
    if (reader.in_history && reader.history_end && at.seq >= reader.history_end->seq) {
      flush_held(item.task, reader);
      history_through(reader);
    }
    if (later) return std::nullopt;
    if (const Result<void> told = tell_shown(at, reader); !told) {
      status_.hide();
      printer_.finish();
      return fail(deps_, told.error());
    }
    if (stops) return ExitStatus::kCompleted;
    return std::nullopt;
  }

  EventFilter::Verdict judge(const sse::Message& event) const {
    if (filter_.empty()) return EventFilter::Verdict::kWanted;
    return filter_.judge(event.event, json_line(event.data));
  }

  bool until_is_past() const { return filter_.until && deps_.clock.wall() >= *filter_.until; }

  /// Who still reads history ends with it.
  void end_live_readers() {
    for (auto& [task, reader] : readers_) {
      if (!reader.in_history) reader.over = true;
    }
  }

  Milliseconds look_interval() const {
    const WallTime now = deps_.clock.wall();
    if (!filter_.until || *filter_.until <= now) return kLookInterval;
    return std::min(kLookInterval, *filter_.until - now);
  }

  Result<void> tell_shown(const Cursor& at, const Reader& reader) {
    // What is held is not printed yet, and what nobody could read was not shown.
    if (!request_.on_shown || !reader.held.empty() || deps_.out.broken()) return {};
    return request_.on_shown(at);
  }

  void flush_held(const TaskId& task, Reader& reader) {
    for (const sse::Message& event : reader.held) print(task, event);
    reader.held.clear();
  }

  void history_through(Reader& reader) {
    reader.in_history = false;
    if (!request_.follow || until_is_past()) reader.over = true;
  }

  void print(const TaskId& task, const sse::Message& event) {
    if (!request_.print) return;
    status_.hide();
    printer_.event(event, request_.prefix ? task.str() : std::string());
  }
  void printer_control(const sse::Message& event) {
    if (!request_.print) return;
    status_.hide();
    printer_.control(event);
  }

  /// Perhaps there is another by now under its id; it is not what was followed.
  void gone(const TaskId& task, Reader& reader) {
    flush_held(task, reader);
    reader.over = true;
    reader.status = fail(
        deps_, Error{Errc::kNotFound, "the task " + task.str() + " is gone: Redis has lost it"});
  }

  void end(const TaskId& task, Reader& reader) {
    flush_held(task, reader);
    reader.over = true;
    const Result<Task> now = deps_.tasks().get(task);
    if (!now) {
      reader.status = fail(deps_, now.error());
      return;
    }
    reader.status = exit_status_of(now->status, now->error ? now->error->kind : "");
  }

  bool all_over() const {
    for (const auto& [task, reader] : readers_) {
      if (!reader.over) return false;
    }
    return true;
  }

  /// Of several tasks the first, in the order given, that did not complete.
  ExitStatus joined_status() const {
    for (const TaskId& task : request_.tasks) {
      if (const ExitStatus status = readers_.at(task).status; status != ExitStatus::kCompleted) {
        return status;
      }
    }
    return ExitStatus::kCompleted;
  }

  ExitStatus leave(ExitStatus status, std::string_view why) {
    status_.hide();
    printer_.finish();
    if (!request_.resume_line) return status;
    for (const TaskId& task : request_.tasks) {
      const Reader& reader = readers_.at(task);
      if (reader.over) continue;
      deps_.err.line("taskfeed: " + std::string(why) +
                     "; resume with: " + resume_command(task, reader.cursor));
    }
    return status;
  }

  /// `taskfeed tail T --after C`, with the options that lead to the same place.
  std::string resume_command(const TaskId& task, const std::string& cursor) const {
    const std::string after = cursor.empty() ? "" : " --after " + cursor;
    return "taskfeed" + deps_.backend->origin_options() + " tail " + task.str() +
           (request_.resume_option.empty() ? after : request_.resume_option) +
           filter_.options(cursor.empty());
  }

  const FollowRequest& request_;
  Deps& deps_;
  const EventFilter& filter_;
  bool filters_here_ = false;
  bool holds_ = false;
  EventPrinter printer_;
  StatusLine status_;
  std::optional<MonoTime> deadline_;
  std::map<TaskId, Reader> readers_;
  ExitStatus failed_ = ExitStatus::kOther;
};

}  // namespace

ExitStatus follow(const FollowRequest& request, Deps& deps) {
  return Follow(request, deps).run();
}

}  // namespace taskfeed::cmd

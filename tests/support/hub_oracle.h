/// What a reader of a stream may hear, and what not: judged frame by frame.
///
/// The rule is one sentence: a reader hears the events after its cursor, in order, each once; and
/// where some are missing, a stream.gap stands in their place that covers them. The Truth is what
/// the store ever held; a Witness is a Sink that knows its place in it.
///
/// Threads  One.
/// Errors   A frame that breaks the rule is written down, with what came before: complaint().
/// Owns     The Truth: the events of every history. A Witness: its place.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event/json.h"
#include "hub/hub.h"

namespace taskfeed::testing {

/// Every history that the store had: a new one begins whenever it loses everything.
class Truth {
 public:
  struct Place {
    size_t history = 0;
    std::string type;
  };

  void append(const Cursor& cursor, std::string_view type) {
    places_.emplace(cursor, Place{history_, std::string(type)});
    events_.emplace(std::pair(history_, cursor.seq), cursor);
    last_ = cursor;
    if (!is_terminal(type)) return;
    ended_ = true;
    ends_.emplace(history_, cursor);
  }
  void trim_before(uint64_t seq) {
    uint64_t& oldest = oldest_.try_emplace(history_, 1).first->second;
    oldest = std::max(oldest, seq);
  }
  void lose_everything() {
    ++history_;
    last_ = {};
    ended_ = false;
  }

  size_t history() const { return history_; }
  const Cursor& last() const { return last_; }
  uint64_t oldest_seq() const { return oldest_seq(history_); }
  uint64_t oldest_seq(size_t history) const {
    const auto found = oldest_.find(history);
    return found == oldest_.end() ? 1 : found->second;
  }
  bool ended() const { return ended_; }
  /// The terminal event of that history.
  std::optional<Cursor> end_of(size_t history) const {
    const auto found = ends_.find(history);
    return found == ends_.end() ? std::nullopt : std::optional(found->second);
  }
  const Place* find(const Cursor& cursor) const {
    const auto found = places_.find(cursor);
    return found == places_.end() ? nullptr : &found->second;
  }
  /// Of the history, at that seq.
  const Place* find(size_t history, uint64_t seq) const {
    const auto found = events_.find({history, seq});
    return found == events_.end() ? nullptr : find(found->second);
  }

 private:
  std::map<Cursor, Place> places_;
  std::map<std::pair<size_t, uint64_t>, Cursor> events_;
  std::map<size_t, Cursor> ends_;
  std::map<size_t, uint64_t> oldest_;
  size_t history_ = 0;
  Cursor last_;
  bool ended_ = false;
};

class Witness final : public hub::Sink {
 public:
  /// `asked` is what it subscribes with first. A cursor that the store never had is a stale one.
  Witness(const Truth& truth, hub::StreamOptions asked) : truth_(truth), asked_(std::move(asked)) {
    begin_at(asked_.after.value_or(Cursor()));
  }

  /// What to subscribe with: at first as it was asked, and then with the last id that it was told,
  /// as a client does that comes back.
  hub::StreamOptions options() const {
    hub::StreamOptions options = asked_;
    if (last_id_) options.after = last_id_;
    return options;
  }
  void comes_back() {
    close_reason.reset();
    opened_ = false;
    stalled = false;
    pending = 0;
    begin_at(last_id_ ? *last_id_ : asked_.after.value_or(Cursor()));
    frames_ += " ↻";
  }

  size_t deliver(const FramePtr& frame) override {
    frames_ += ' ';
    if (frame->cursor().seq > 0) {
      on_id(*frame);
    } else {
      on_control(*frame);
    }
    if (stalled) pending += frame->bytes().size();
    return pending;
  }
  size_t pending_bytes() const override { return pending; }
  void closed(hub::CloseReason reason) override {
    subscription = nullptr;
    close_reason = reason;
    if (reason == hub::CloseReason::kEnded && !said_end_) complain("closed as ended, unsaid");
  }

  /// Where all is quiet: the reader has everything, and knows of the end.
  void expect_caught_up() {
    frames_ += " …";
    if (said_end_) {
      if (close_reason != hub::CloseReason::kEnded) complain("was told the end, and not closed");
      return;
    }
    if (close_reason) return complain("was closed before the end");
    if (truth_.ended()) return complain("was not told the end");
    if (!opened_) return complain("was never opened");
    const bool anew = !asked_.after && (!asked_.include_history || asked_.history_newest);
    if (anew && !gapped_ && place_.seq == 0 && !last_id_) {
      complain("has no cursor to come back with");
    }
    if (stale_) return complain("was not told that its place is lost");
    if (place_.seq > 0 && history_ != truth_.history()) return complain("stands in a lost history");
    skip_to(truth_.last().seq + 1, truth_.history());
  }

  const std::string& complaint() const { return complaint_; }
  const std::string& heard() const { return frames_; }

  hub::Subscription* subscription = nullptr;
  std::optional<hub::CloseReason> close_reason;
  bool stalled = false;
  size_t pending = 0;

 private:
  void begin_at(const Cursor& cursor) {
    began_in_ = truth_.history();
    place_ = cursor;
    const Truth::Place* const there = truth_.find(cursor);
    stale_ = cursor.seq > 0 && there == nullptr;
    history_ = there == nullptr ? truth_.history() : there->history;
  }

  void on_id(const Frame& frame) {
    const Cursor& cursor = frame.cursor();
    const bool event = frame.bytes().find("\ndata: ") != std::string_view::npos;
    frames_ += (event ? "" : "progress ") + cursor.str();
    if (!opened_ || said_end_) complain("comes before the opening or after the end");
    const Truth::Place* const there = truth_.find(cursor);
    if (there == nullptr) return complain("is no event of this task");
    // Before its first event a reader has no place that could be lost.
    const bool anywhere = place_.seq == 0;
    // A place whose event was trimmed, with nothing lost behind it, cannot be held against history:
    // it is believed.
    const bool joins = !anywhere && there->history > history_;
    const bool believed = truth_.oldest_seq(there->history) > place_.seq;
    if (joins && !believed) complain("joins two histories in silence");
    // An event of a lost history may still be under way when a page of the new one is here. Where
    // it fits, nobody can tell yet; but a reset must follow.
    const bool phantom = !anywhere && there->history < history_;
    const bool again = !event && cursor == place_;
    if (!again) skip_to(cursor.seq, there->history);
    const bool wanted = asked_.filter.accepts(there->type);
    if (event && !wanted) complain("does not pass the filter");
    if (!event && wanted && !again) complain("passes over what is wanted");
    place_ = cursor;
    history_ = there->history;
    stale_ = phantom;
    last_id_ = cursor;
  }

  /// Nothing that the reader wants may stand between its place and `seq`.
  void skip_to(uint64_t seq, size_t history) {
    if (seq <= place_.seq) return complain("comes twice, or goes back");
    for (uint64_t missing = place_.seq + 1; missing < seq; ++missing) {
      if (!passed_over(history, missing)) {
        return complain("lacks " + std::to_string(missing) + " before it");
      }
    }
  }
  bool passed_over(size_t history, uint64_t seq) const {
    if (unwanted(history, seq)) return true;
    // In an older history, that is, where the place behind it was believed.
    bool older = false;
    for (size_t each = history_; each < history; ++each) older |= unwanted(each, seq);
    return older && seq < truth_.oldest_seq(history);
  }
  bool unwanted(size_t history, uint64_t seq) const {
    const Truth::Place* const there = truth_.find(history, seq);
    return there != nullptr && !asked_.filter.accepts(there->type);
  }

  void on_control(const Frame& frame) {
    const std::string_view bytes = frame.bytes();
    if (bytes == "id: 0-0\n\n") return on_first_place();
    const size_t at = bytes.find("data: ");
    const Json json = parse_json(bytes.substr(at + 6, bytes.size() - at - 8)).value();
    if (frame.type() == "stream.open") {
      on_open(json);
    } else if (frame.type() == "stream.gap") {
      on_gap(json);
    } else if (frame.type() == "stream.end") {
      frames_ += "end";
      if (json.at("status") == "gone") return on_gone();
      // Of the history that it reads, which the store may have lost since.
      const size_t history = place_.seq == 0 ? truth_.history() : history_;
      const std::optional<Cursor> end = truth_.end_of(history);
      if (!end) return complain("says the end of a stream that goes on");
      skip_to(end->seq + 1, history);
      said_end_ = true;
    } else {
      complain("is unknown");
    }
  }

  /// Right where the store lost the task at some time since the reader began; what it had is gone
  /// by a reset that was told before.
  void on_gone() {
    frames_ += "-gone";
    const bool lost =
        truth_.history() > began_in_ || (truth_.history() > 0 && truth_.last().seq == 0);
    if (!lost) complain("says that a task is gone which is there");
    if (place_.seq > 0) complain("does not tell what is lost");
    said_end_ = true;
  }

  /// The cursor before the first event, for a reader that begins where there is none yet.
  void on_first_place() {
    frames_ += "progress 0-0";
    if (place_.seq > 0) complain("goes back to the beginning");
    last_id_ = Cursor();
  }

  void on_open(const Json& json) {
    const std::string replay = json.at("replay").get<std::string>();
    frames_ += "open-" + replay;
    if (opened_) complain("is a second opening");
    opened_ = true;
    if (place_.seq > 0 || last_id_ || !json.at("last_id").is_string()) return;
    const Cursor last = Cursor::parse(json.at("last_id").get<std::string>()).value();
    // Live only, or the newest N: the place is where the stream stood when it was opened.
    if (asked_.include_history && !asked_.history_newest) return;
    begin_at(last);
    if (!asked_.include_history) return;
    place_ = {last.seq - std::min(last.seq, *asked_.history_newest), 0};
  }

  void on_gap(const Json& json) {
    const Cursor from = Cursor::parse(json.at("from").get<std::string>()).value();
    const Cursor to = Cursor::parse(json.at("to").get<std::string>()).value();
    const bool reset = json.at("reason") == "reset";
    frames_ += (reset ? "reset(" : "trimmed(") + from.str() + ".." + to.str() + ")";
    if (!opened_ || said_end_) complain("comes before the opening or after the end");
    if (from.seq < place_.seq) complain("begins before the reader's place");
    if (reset) {
      // An old event that was still under way may have been passed over, unheard.
      const Truth::Place* const passed = truth_.find(from);
      const bool old = passed != nullptr && passed->history != truth_.history();
      if (!stale_ && !old && history_ == truth_.history()) complain("tells a reset that was none");
      if (to.seq + 1 != truth_.oldest_seq()) complain("does not end before what is left");
    } else {
      if (to.seq <= place_.seq) complain("is a gap of nothing");
      if (to.seq >= truth_.oldest_seq()) complain("calls trimmed what is there");
    }
    gapped_ = true;
    // A gap is told from a page that was read just now.
    history_ = truth_.history();
    stale_ = false;
    place_ = {to.seq, 0};
  }

  void complain(const std::string& why) {
    if (complaint_.empty()) complaint_ = "the last of [" + frames_ + "] " + why;
  }

  const Truth& truth_;
  const hub::StreamOptions asked_;
  Cursor place_;                   ///< Of the event before the next.
  std::optional<Cursor> last_id_;  ///< As EventSource keeps it.
  size_t began_in_ = 0;            ///< The history that there was when it began.
  size_t history_ = 0;             ///< In which its place is.
  bool stale_ = false;             ///< Its place is in no history that there is.
  bool opened_ = false;
  bool said_end_ = false;
  bool gapped_ = false;
  std::string frames_;
  std::string complaint_;
};

}  // namespace taskfeed::testing

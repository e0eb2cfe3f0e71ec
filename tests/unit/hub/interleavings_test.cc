/// The seam between history and live, in every order of everything that can happen, up to a bound.
#include <functional>

#include <gtest/gtest.h>

#include "support/hub_oracle.h"
#include "support/hub_world.h"

namespace taskfeed::hub {
namespace {

using namespace taskfeed::testing;
using Passage = broker::MemoryFeed::Passage;

const TaskId kTask = task("t");

/// What can happen next, each in one letter, so that a sequence is a word.
enum class Act : char {
  kPublish = 'p',
  kPublishLost = 'l',   ///< Stored, and the delivery is lost.
  kPublishTwice = 'd',  ///< Stored once, and delivered twice.
  kEnd = 'e',           ///< The terminal event.
  kArrive = 'a',        ///< The oldest thing under way arrives: an acknowledgement, event or page.
  kTurn = 't',          ///< The loop turns.
  kPass = 's',          ///< Time passes: the watch looks.
  kBreak = 'x',         ///< The connection breaks …
  kMend = 'm',          ///< … and is back.
  kJoin = 'j',          ///< Another reader comes, from the beginning.
  kComeBack = 'c',      ///< The first reader leaves, and comes back with its cursor.
  kTrim = 'r',          ///< All but the newest event are trimmed.
  kLose = 'z',          ///< The store loses everything.
};

/// What a sequence begins with.
struct Start {
  std::string name;
  int stored = 0;          ///< Events in history.
  bool live = false;       ///< The reader is live already.
  bool resumes = false;    ///< With a cursor: that of the first event …
  uint32_t wrong_tag = 0;  ///< … or one at its seq, with another tag …
  uint64_t ahead = 0;      ///< … or one that far beyond the newest.
  StreamOptions options = {};
};

/// One run from the start, step by step.
class Run {
 public:
  explicit Run(const Start& start) : world_(small_limits()) {
    for (int i = 0; i < start.stored; ++i) publish(Passage::kDeliver);
    StreamOptions options = start.options;
    if (start.resumes) options.after = Cursor{1, 1};  // HubWorld's first tag.
    if (start.wrong_tag > 0) options.after = Cursor{1, start.wrong_tag};
    if (start.ahead > 0) options.after = Cursor{truth_.last().seq + start.ahead, 4'711};
    join(options);
    if (start.live) world_.settle();
  }

  /// False where that cannot happen now, or would change nothing.
  bool take(Act act) {
    const bool idle = was_idle_;
    was_idle_ = false;
    switch (act) {
      case Act::kPublish:
        return !truth_.ended() && publish(Passage::kDeliver);
      case Act::kPublishLost:
        return !truth_.ended() && publish(Passage::kDrop);
      case Act::kPublishTwice:
        return !truth_.ended() && publish(Passage::kRepeat);
      case Act::kEnd:
        return !truth_.ended() && publish(Passage::kDeliver, types::kCompleted);
      case Act::kArrive:
        return world_.feed.pump_one();
      case Act::kTurn:
        was_idle_ = !world_.hub.tick();
        return !idle;
      case Act::kPass:
        world_.clock.advance(Milliseconds(1'000));
        was_idle_ = !world_.hub.tick();
        return true;
      case Act::kBreak:
        if (connected_) world_.feed.lose();
        return std::exchange(connected_, false);
      case Act::kMend:
        if (!connected_) world_.feed.restore();
        return !std::exchange(connected_, true);
      case Act::kJoin:
        return readers_.size() < 2 && join({});
      case Act::kComeBack:
        return come_back(*readers_.front());
      case Act::kTrim:
        return trim();
      case Act::kLose:
        if (truth_.last().seq == 0) return false;
        world_.broker.lose_everything();
        truth_.lose_everything();
        return true;
    }
    return false;
  }

  /// Peace: whatever was under way arrives, and the watch looks until there is nothing to see.
  std::string settled() {
    if (!connected_) world_.feed.restore();
    world_.settle();
    for (int second = 0; second < 4; ++second) world_.pass();
    for (const auto& reader : readers_) reader->expect_caught_up();
    return complaint();
  }
  std::string complaint() const {
    for (const auto& reader : readers_) {
      if (!reader->complaint().empty()) return reader->complaint();
    }
    return {};
  }

 private:
  /// Rings of two frames, pages of one or two, and hardly any patience.
  static Limits small_limits() {
    Limits limits;
    limits.ring_frames_max = 2;
    limits.held_frames_max = 1;
    limits.reads_max = 1;
    limits.sink_pending_bytes_max = 600;
    return limits;
  }
  bool publish(Passage passage, std::string_view type = types::kProgress) {
    world_.feed.passage = [passage](const TaskId&, const Cursor&) { return passage; };
    truth_.append(world_.append(kTask, 1, type), type);
    return true;
  }
  bool join(const StreamOptions& options) {
    readers_.push_back(std::make_unique<Witness>(truth_, options));
    subscribe(*readers_.back());
    return true;
  }
  void subscribe(Witness& reader) {
    reader.subscription = world_.hub.subscribe(kTask, reader.options(), reader).value();
  }
  bool come_back(Witness& reader) {
    if (reader.subscription == nullptr) return false;
    world_.hub.unsubscribe(reader.subscription);
    reader.comes_back();
    subscribe(reader);
    return true;
  }
  bool trim() {
    if (truth_.last().seq == 0 || truth_.oldest_seq() == truth_.last().seq) return false;
    world_.broker.trim_before(kTask, truth_.last().seq);
    truth_.trim_before(truth_.last().seq);
    return true;
  }

  Truth truth_;
  std::vector<std::unique_ptr<Witness>> readers_;
  HubWorld world_;
  bool connected_ = true;
  bool was_idle_ = false;  ///< The loop turned, and had nothing to do.
};

/// Every word of up to `length` letters.
class Search {
 public:
  Search(const Start& start, std::string_view alphabet, size_t length)
      : start_(start), alphabet_(alphabet), length_(length) {}

  /// The first word that breaks the rule, and how; empty where none does.
  std::string run() {
    from("");
    return found_;
  }
  size_t words() const { return words_; }

 private:
  void from(const std::string& word) {
    if (!found_.empty() || !holds(word) || word.size() == length_) return;
    for (const char letter : alphabet_) from(word + letter);
  }
  /// False where nothing needs to come after the word.
  bool holds(const std::string& word) {
    Run run(start_);
    for (const char letter : word) {
      if (!run.take(static_cast<Act>(letter))) return false;
    }
    ++words_;
    const std::string complaint = run.settled();
    if (complaint.empty()) return true;
    found_ = start_.name + ", then \"" + word + "\": " + complaint;
    return false;
  }

  const Start& start_;
  const std::string_view alphabet_;
  const size_t length_;
  size_t words_ = 0;
  std::string found_;
};

std::vector<Start> starts() {
  StreamOptions live_only;
  live_only.include_history = false;
  StreamOptions newest;
  newest.history_newest = 1;
  StreamOptions filtered;
  filtered.filter = TypeFilter::parse("*Completed", "").value();
  return {{.name = "a new reader of an empty stream"},
          {.name = "a new reader of three events", .stored = 3},
          {.name = "a live reader", .stored = 2, .live = true},
          {.name = "a cursor that matches", .stored = 3, .resumes = true},
          {.name = "a cursor with another tag", .stored = 3, .wrong_tag = 4'711},
          {.name = "a cursor that is ahead", .stored = 2, .ahead = 1},
          {.name = "live only", .stored = 2, .options = live_only},
          {.name = "the newest one", .stored = 3, .options = newest},
          {.name = "a filter", .stored = 2, .live = true, .options = filtered}};
}

class HubInterleavings : public ::testing::TestWithParam<Start> {
 protected:
  void expect_none_breaks_the_rule(std::string_view alphabet, size_t length) {
    Search search(GetParam(), alphabet, length);
    EXPECT_EQ(search.run(), "");
    EXPECT_GT(search.words(), 200u);
    RecordProperty("words", static_cast<int>(search.words()));
  }
};

INSTANTIATE_TEST_SUITE_P(From, HubInterleavings, ::testing::ValuesIn(starts()),
                         [](const auto& start) {
                           std::string name = start.param.name;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });
void PrintTo(const Start& start, std::ostream* out) {
  *out << start.name;
}

TEST_P(HubInterleavings, OfAllThatMayHappenToAFollowedStream) {
  expect_none_breaks_the_rule("pldeatsxmjcr", 4);
}

TEST_P(HubInterleavings, OfDeliveriesPagesAndTurns) {
  expect_none_breaks_the_rule("pldat", 7);
}

TEST_P(HubInterleavings, OfLossesOfTheConnection) {
  expect_none_breaks_the_rule("patxm", 7);
}

TEST_P(HubInterleavings, OfReadersThatComeAndGo) {
  expect_none_breaks_the_rule("patjce", 6);
}

TEST_P(HubInterleavings, OfTrimmedHistory) {
  expect_none_breaks_the_rule("platr", 7);
}

/// Without lost deliveries: where the store loses its history and the feed loses an event of the
/// new one, on a connection that never broke, no reader can tell.
TEST_P(HubInterleavings, OfAStoreThatLosesEverything) {
  expect_none_breaks_the_rule("pdatsz", 6);
  expect_none_breaks_the_rule("patxmjcz", 5);
}

}  // namespace
}  // namespace taskfeed::hub

/// events: pages, filters, and cursors that go on where a page ended.
#include "service_world.h"

namespace taskfeed::service {
namespace {

using namespace taskfeed::testing;
using Seqs = std::vector<uint64_t>;

class ServiceEvents : public ServiceWorld {
 protected:
  explicit ServiceEvents(const ServiceLimits& limits = {}) : ServiceWorld(limits) {}
  /// Every third event is a "Rare".
  TaskId with_events(int count) {
    const TaskId id = submitted("theirs");
    for (int i = 1; i <= count; ++i) append(id, i % 3 == 0 ? "Rare" : "Note");
    return id;
  }
  EventsQuery of_type(std::string_view types, size_t limit) {
    EventsQuery query;
    query.limit = limit;
    query.filter = TypeFilter::parse(types, "").value();
    return query;
  }
  static Seqs seqs(const EventsPage& page) {
    Seqs all;
    for (const StoredEvent& event : page.events) all.push_back(event.cursor.seq);
    return all;
  }
  /// Page after page.
  Seqs all(const TaskId& id, EventsQuery query) {
    Seqs all;
    for (int pages = 0; pages < 1'000; ++pages) {
      const EventsPage page = service_.events(id, query).value();
      EXPECT_LE(page.events.size(), query.limit);
      for (const uint64_t seq : seqs(page)) all.push_back(seq);
      if (!page.next) return all;
      query.after = page.next;
    }
    ADD_FAILURE() << "the pages do not end";
    return all;
  }
};

TEST_F(ServiceEvents, OfATaskWithoutAnyIsAnEmptyPage) {
  const EventsPage page = service_.events(submitted(), {}).value();
  EXPECT_TRUE(page.events.empty());
  EXPECT_FALSE(page.next || page.first);
  EXPECT_EQ(page.last, Cursor{});
  EXPECT_EQ(page.status, TaskStatus::kSubmitted);
  EXPECT_EQ(page.anchor, broker::Anchor::kStart);
}

TEST_F(ServiceEvents, GoOnWhereAPageEnded) {
  const TaskId id = with_events(7);
  const EventsPage page = service_.events(id, {.limit = 3}).value();
  EXPECT_EQ(seqs(page), (Seqs{1, 2, 3}));
  EXPECT_EQ(page.next, page.events.back().cursor);
  EXPECT_EQ(page.first->seq, 1u);
  EXPECT_EQ(page.last.seq, 7u);
  for (const size_t limit : {1u, 2u, 3u, 6u, 7u, 8u}) {
    EXPECT_EQ(all(id, {.limit = limit}), (Seqs{1, 2, 3, 4, 5, 6, 7})) << limit;
  }
  EXPECT_FALSE(service_.events(id, {.limit = 7})->next) << "nothing follows";
}

TEST_F(ServiceEvents, EndBeforeASeqWhereThatIsAskedFor) {
  const TaskId id = with_events(7);
  EXPECT_EQ(all(id, {.before_seq = 4, .limit = 2}), (Seqs{1, 2, 3}));
}

TEST_F(ServiceEvents, PassAFilterWithoutLossWhateverThePageHolds) {
  const TaskId id = with_events(20);
  for (const size_t limit : {1u, 2u, 5u, 6u, 7u}) {
    EXPECT_EQ(all(id, of_type("Rare", limit)), (Seqs{3, 6, 9, 12, 15, 18})) << limit;
  }
  EXPECT_TRUE(all(id, of_type("Other", 5)).empty());
}

TEST_F(ServiceEvents, TellWhatTheCursorMissed) {
  const TaskId id = with_events(6);
  const Cursor second = service_.events(id, {})->events[1].cursor;
  EXPECT_EQ(service_.events(id, {.after = second})->anchor, broker::Anchor::kMatches);
  EXPECT_EQ(service_.events(id, {.after = Cursor{2, second.tag + 1}})->anchor,
            broker::Anchor::kMismatch);
  EXPECT_EQ(service_.events(id, {.after = Cursor{9, 1}})->anchor, broker::Anchor::kAhead);
  broker.trim_before(id, 5);
  const EventsPage page = service_.events(id, {.after = second}).value();
  EXPECT_EQ(page.anchor, broker::Anchor::kTrimmed);
  EXPECT_EQ(page.first->seq, 5u);
  EXPECT_EQ(seqs(page), (Seqs{5, 6}));
}

TEST_F(ServiceEvents, GiveAtLeastOne) {
  EXPECT_EQ(service_.events(with_events(3), {.limit = 0})->events.size(), 1u);
}

class ServiceEventsPatience : public ServiceEvents {
 protected:
  ServiceEventsPatience() : ServiceEvents({.filter_pages_max = 2}) {}
};

TEST_F(ServiceEventsPatience, EndsWithACursorWhereAFilterAcceptsLittle) {
  const TaskId id = submitted("theirs");
  for (int i = 0; i < 2'500; ++i) append(id, "Note");
  const Cursor wanted = append(id, "Rare");
  const EventsPage page = service_.events(id, of_type("Rare", 5)).value();
  EXPECT_TRUE(page.events.empty());
  ASSERT_TRUE(page.next);
  EXPECT_EQ(page.next->seq, 2'000u) << "as far as it read";
  EventsQuery rest = of_type("Rare", 5);
  rest.after = page.next;
  EXPECT_EQ(seqs(service_.events(id, rest).value()), Seqs{wanted.seq});
}

}  // namespace
}  // namespace taskfeed::service

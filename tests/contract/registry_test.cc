/// TaskStore: the record of creations (broker/registry.h).
#include "broker/registry.h"

#include "worlds.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;

class ContractRegistry : public Contract {
 protected:
  std::vector<std::string> entered() {
    std::vector<std::string> all;
    const Page page = read(registry_id());
    for (const StoredEvent& event : page.events) {
      const auto registration = read_registration(event.json);
      all.push_back(registration ? registration->task.str() + " of " + registration->agent.str()
                                 : event.json);
    }
    return all;
  }
};
TASKFEED_CONTRACT(ContractRegistry);

TEST_P(ContractRegistry, HasEachCreatedTaskInTheOrderOfTheStore) {
  Task late = a_task("late", "a2");
  late.created_at = late.created_at - Milliseconds(86'400'000);
  ASSERT_TRUE(tasks.create(a_task("t1", "a1")).ok());
  ASSERT_TRUE(tasks.create(late).ok()) << "its creator's clock is a day behind";
  ASSERT_TRUE(tasks.create(a_task("t2", "a1")).ok());
  EXPECT_EQ(entered(), (std::vector<std::string>{"t1 of a1", "late of a2", "t2 of a1"}));
  const Page page = read(registry_id());
  EXPECT_EQ(page.last.seq, 3u);
  EXPECT_EQ(page.events.front().type, kRegistrationType);
}

TEST_P(ContractRegistry, IsNoTaskItself) {
  ASSERT_TRUE(tasks.create(a_task("t1")).ok());
  EXPECT_EQ(code_of(tasks.load(registry_id())), Errc::kNotFound);
  EXPECT_EQ(tasks.list({})->tasks.size(), 1u);
}

TEST_P(ContractRegistry, IsHeardLive) {
  class Heard final : public Follower {
   public:
    void on_acknowledged() override { acknowledged = true; }
    void on_live(const LiveEvent& event) override { json = event.json; }
    void on_lost() override {}
    void on_page(Result<Page>) override {}
    std::atomic<bool> acknowledged{false};
    std::string json;
  };
  Heard heard;
  const auto feed = world->feed();
  feed->on_thread([&heard](Feed& each) { each.follow(registry_id(), heard); });
  ASSERT_TRUE(feed->until([&heard] { return heard.acknowledged.load(); }));
  ASSERT_TRUE(tasks.create(a_task("t1", "a7")).ok());
  std::string json;
  ASSERT_TRUE(feed->until([&] {
    feed->on_thread([&](Feed&) { json = heard.json; });
    return !json.empty();
  }));
  EXPECT_EQ(read_registration(json)->task, task("t1"));
  EXPECT_EQ(read_registration(json)->agent, agent("a7"));
  feed->on_thread([](Feed& each) { each.unfollow(registry_id()); });
}

TEST(Registration, IsOneEventHoweverOftenItIsMade) {
  EXPECT_EQ(registration_of(a_task("t1"))->id, registration_of(a_task("t1"))->id);
  EXPECT_NE(registration_of(a_task("t1"))->id, registration_of(a_task("t2"))->id);
  const std::string uuid = "0198c0de-0000-7000-8000-0000000000ff";
  EXPECT_EQ(registration_of(a_task(uuid))->id.str(), uuid);
  EXPECT_FALSE(read_registration("{}"));
  EXPECT_FALSE(read_registration("not json"));
}

}  // namespace
}  // namespace taskfeed::broker

/// AgentStore.
#include "worlds.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;

class ContractAgents : public Contract {};
TASKFEED_CONTRACT(ContractAgents);

TEST_P(ContractAgents, AreNoneAtFirst) {
  EXPECT_TRUE(agents.agents()->empty());
  EXPECT_EQ(code_of(agents.agent(agent("a1"))), Errc::kNotFound);
  EXPECT_EQ(code_of(agents.remove_agent(agent("a1"))), Errc::kNotFound);
}

TEST_P(ContractAgents, AreGivenBackAsTheyWerePut) {
  const std::string config = "{\"id\":\"a1\",\"text\":\"\\n \xE2\x82\xAC\"}\r\n";
  ASSERT_TRUE(agents.put_agent({agent("a1"), config}).ok());
  EXPECT_EQ(agents.agent(agent("a1"))->config_json, config);
  EXPECT_EQ(agents.agent(agent("a1"))->id, agent("a1"));
}

TEST_P(ContractAgents, AreReplacedByPuttingThemAgain) {
  ASSERT_TRUE(agents.put_agent({agent("a1"), "one"}).ok());
  ASSERT_TRUE(agents.put_agent({agent("a1"), "two"}).ok());
  ASSERT_EQ(agents.agents()->size(), 1u);
  EXPECT_EQ(agents.agents()->at(0).config_json, "two");
}

TEST_P(ContractAgents, AreListedById) {
  for (const char* id : {"b", "a_", "a-", "Z", "9"}) {
    ASSERT_TRUE(agents.put_agent({agent(id), id}).ok());
  }
  std::string listed;
  const auto stored = agents.agents().value();
  for (const StoredAgent& each : stored) listed += each.id.str() + " ";
  EXPECT_EQ(listed, "9 Z a- a_ b ");
}

TEST_P(ContractAgents, AreGoneOnceRemoved) {
  ASSERT_TRUE(agents.put_agent({agent("a1"), "one"}).ok());
  ASSERT_TRUE(agents.put_agent({agent("a2"), "two"}).ok());
  ASSERT_TRUE(agents.remove_agent(agent("a1")).ok());
  EXPECT_EQ(code_of(agents.agent(agent("a1"))), Errc::kNotFound);
  EXPECT_EQ(agents.agents()->size(), 1u);
}

TEST_P(ContractAgents, AreNotStoredForWantOfMemory) {
  world->set_full(true);
  EXPECT_EQ(code_of(agents.put_agent({agent("a1"), "one"})), Errc::kFull);
  world->set_full(false);
  EXPECT_TRUE(agents.agents()->empty());
}

}  // namespace
}  // namespace taskfeed::broker

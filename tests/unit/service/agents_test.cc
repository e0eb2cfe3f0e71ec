/// Agents: declared, replaced, built in, gone.
#include "service_world.h"

namespace taskfeed::service {
namespace {

using namespace taskfeed::testing;

class ServiceAgents : public ServiceWorld {
 protected:
  ServiceAgents() : ServiceWorld({.agents_max = 3}) {}
  static runner::AgentConfig external(std::string_view id) {
    return {.id = agent(id), .runner = runner::RunnerKind::kExternal};
  }
};

TEST_F(ServiceAgents, AreListedByIdWithoutThoseThatAreBuiltIn) {
  const auto agents = service_.agents()->agents;
  ASSERT_EQ(agents.size(), 2u);
  EXPECT_EQ(agents[0].id, agent("builder"));
  EXPECT_EQ(agents[1].id, agent("theirs"));
}

TEST_F(ServiceAgents, AreFoundAsTheyWereDeclared) {
  runner::AgentConfig config = external("theirs");
  config.description = "Grüße";
  config.enable_streaming = true;
  ASSERT_TRUE(service_.put_agent(config).ok());
  EXPECT_EQ(service_.agent(agent("theirs")).value(), config);
}

TEST_F(ServiceAgents, ThatAreUnknownAreNotFound) {
  EXPECT_EQ(code_of(service_.agent(agent("nobody"))), Errc::kNotFound);
  EXPECT_EQ(code_of(service_.remove_agent(agent("nobody"))), Errc::kNotFound);
}

TEST_F(ServiceAgents, ThatAreBuiltInAreAlwaysThereAndNobodys) {
  for (const char* id : {"run", "bridge"}) {
    EXPECT_EQ(service_.agent(agent(id))->runner, runner::RunnerKind::kExternal);
    EXPECT_EQ(code_of(service_.put_agent(external(id))), Errc::kInvalid);
    EXPECT_EQ(code_of(service_.remove_agent(agent(id))), Errc::kInvalid);
  }
}

TEST_F(ServiceAgents, AreRemovedOnce) {
  ASSERT_TRUE(service_.remove_agent(agent("theirs")).ok());
  EXPECT_EQ(code_of(service_.remove_agent(agent("theirs"))), Errc::kNotFound);
  EXPECT_EQ(code_of(service_.agent(agent("theirs"))), Errc::kNotFound);
}

TEST_F(ServiceAgents, AreBoundedInNumberButMayBeReplaced) {
  ASSERT_TRUE(service_.put_agent(external("third")).ok());
  EXPECT_EQ(code_of(service_.put_agent(external("fourth"))), Errc::kTooLarge);
  EXPECT_TRUE(service_.put_agent(external("third")).ok());
}

TEST_F(ServiceAgents, ThatCannotBeReadDoNotHideTheOthers) {
  ASSERT_TRUE(broker.put_agent({agent("broken"), "{"}).ok());
  const AgentListing listing = service_.agents().value();
  EXPECT_EQ(listing.agents.size(), 2u);
  ASSERT_EQ(listing.unreadable.size(), 1u);
  EXPECT_EQ(listing.unreadable[0].id, agent("broken"));
  EXPECT_EQ(listing.unreadable[0].why, service_.agent(agent("broken")).error().text);
}

TEST_F(ServiceAgents, ThatCannotBeReadCanStillBeRemoved) {
  ASSERT_TRUE(broker.put_agent({agent("broken"), "{"}).ok());
  EXPECT_EQ(code_of(service_.agent(agent("broken"))), Errc::kInternal);
  EXPECT_TRUE(service_.remove_agent(agent("broken")).ok());
}

}  // namespace
}  // namespace taskfeed::service

/// create, get and list.
#include "service_world.h"

namespace taskfeed::service {
namespace {

using namespace taskfeed::testing;

class ServiceCreate : public ServiceWorld {};

TEST_F(ServiceCreate, AnswersTheTaskAsItWillBeFound) {
  const Task made = service_.create(spec()).value();
  EXPECT_EQ(made.status, TaskStatus::kSubmitted);
  EXPECT_EQ(made.created_at, clock.wall());
  EXPECT_EQ(made.spec, spec());
  EXPECT_EQ(service_.get(made.id).value(), made);
}

TEST_F(ServiceCreate, GivesEachTaskAnIdOfItsOwn) {
  const TaskId first = submitted();
  const TaskId second = submitted();
  EXPECT_NE(first, second);
  EXPECT_TRUE(Uuid::parse(first.str()).ok());
  EXPECT_LT(first, second) << "in the order of creation";
}

TEST_F(ServiceCreate, RefusesAnUnknownAgent) {
  const auto refused = service_.create(spec("nobody"));
  EXPECT_EQ(code_of(refused), Errc::kNotFound);
  EXPECT_NE(refused.error().text.find("nobody"), std::string::npos);
  EXPECT_TRUE(service_.list({})->tasks.empty());
}

TEST_F(ServiceCreate, RefusesWhatTheRulesRefuse) {
  TaskSpec wrong = spec();
  wrong.labels["taskfeed.bridged"] = "x";
  EXPECT_EQ(code_of(service_.create(wrong)), Errc::kInvalid);
  EXPECT_TRUE(service_.list({})->tasks.empty());
}

TEST_F(ServiceCreate, WorksForTheAgentsThatAreBuiltIn) {
  EXPECT_TRUE(service_.create(spec("run")).ok());
  EXPECT_TRUE(service_.create(spec("bridge")).ok());
}

TEST_F(ServiceCreate, PassesTheStoresTroubleOn) {
  broker.set_full(true);
  EXPECT_EQ(code_of(service_.create(spec())), Errc::kFull);
  broker.set_full(false);
  gate = [](std::string_view call) { return call == "create" ? Passage::kDead : Passage::kOpen; };
  EXPECT_EQ(code_of(service_.create(spec())), Errc::kUnavailable);
}

class ServiceModelAgent : public ServiceWorld {
 protected:
  void declare(std::vector<std::string> task_parameters) {
    runner::AgentConfig assistant{.id = agent("assistant"), .runner = runner::RunnerKind::kOpenAi};
    assistant.model_server = runner::ModelServer{
        .base_url = HttpUrl::parse("http://127.0.0.1:1/v1").value(), .model = "m"};
    assistant.model_server->task_parameters = std::move(task_parameters);
    ASSERT_TRUE(service_.put_agent(assistant).ok());
  }
  TaskSpec with(Json parameters) const {
    TaskSpec asked = spec("assistant");
    asked.parameters = std::move(parameters);
    return asked;
  }
};

TEST_F(ServiceModelAgent, TakesTheParametersThatItsOperatorAllows) {
  declare({"temperature"});
  EXPECT_TRUE(service_.create(with({{"temperature", 1}, {"depth", 3}, {"budget", 0.1}})).ok());
  EXPECT_EQ(code_of(service_.create(with({{"model", "other"}}))), Errc::kForbidden);
  EXPECT_EQ(code_of(service_.create(with({{"base_url", "http://h"}}))), Errc::kForbidden);
  EXPECT_EQ(code_of(service_.create(with({{"temperature", "hot"}}))), Errc::kInvalid);
  EXPECT_EQ(code_of(service_.create(with({{"budget", 0}}))), Errc::kInvalid);
  EXPECT_EQ(service_.list({})->tasks.size(), 1u);
}

TEST_F(ServiceModelAgent, IsAskedAgainWhenTheTaskIsExecuted) {
  declare({"temperature"});
  const TaskId task = service_.create(with({{"temperature", 1}})).value().id;
  declare({});
  const auto refused = service_.execute(task, {});
  EXPECT_EQ(code_of(refused), Errc::kForbidden);
  EXPECT_NE(refused.error().text.find("temperature"), std::string::npos);
  EXPECT_EQ(service_.get(task)->status, TaskStatus::kSubmitted);
  declare({"temperature"});
  EXPECT_TRUE(service_.execute(task, {}).ok());
}

TEST_F(ServiceModelAgent, KeepsToTheBudgetOfAnExecution) {
  declare({});
  const TaskId task = service_.create(with(Json::object())).value().id;
  EXPECT_EQ(code_of(service_.execute(task, {.budget = -1})), Errc::kInvalid);
  EXPECT_EQ(code_of(service_.execute(task, {.budget = {{"euro", 1}}})), Errc::kInvalid);
  EXPECT_EQ(service_.execute(task, {.budget = 0.25}).value().budget, (Json{{"usd", 0.25}}));
  EXPECT_EQ(service_.get(task).value().budget, (Json{{"usd", 0.25}}));
}

TEST_F(ServiceModelAgent, AloneIsExecutedWithABudget) {
  const TaskId task = submitted();
  const auto refused = service_.execute(task, {.budget = 0.25});
  EXPECT_EQ(code_of(refused), Errc::kInvalid);
  EXPECT_EQ(refused.error().text,
            "the agent builder has runner \"command\", which keeps to no budget; execute the task "
            "without one");
  EXPECT_EQ(service_.get(task)->status, TaskStatus::kSubmitted);
}

class ServiceCreateOnce : public ServiceWorld {};

TEST_F(ServiceCreateOnce, AnswersTheSameTaskAsItIsByThen) {
  const auto first = service_.create_once(spec(), "k-1").value();
  EXPECT_FALSE(first.replayed);
  EXPECT_EQ(Uuid::parse(first.task.id.str()).value().bytes()[6] >> 4, 8) << "RFC 9562, 5.8";
  ASSERT_TRUE(service_.execute(first.task.id, {}).ok());
  const auto again = service_.create_once(spec(), "k-1").value();
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.task.id, first.task.id);
  EXPECT_EQ(again.task.status, TaskStatus::kPending);
  EXPECT_EQ(service_.list({})->tasks.size(), 1u);
}

TEST_F(ServiceCreateOnce, TakesEachKeyAndEachAgentForItself) {
  const TaskId one = service_.create_once(spec(), "k-1")->task.id;
  EXPECT_NE(service_.create_once(spec(), "k-2")->task.id, one);
  EXPECT_NE(service_.create_once(spec("run"), "k-1")->task.id, one);
}

TEST_F(ServiceCreateOnce, RefusesOtherContentsAndNamesTheTask) {
  const TaskId one = service_.create_once(spec(), "k-1")->task.id;
  TaskSpec other = spec();
  other.description += "!";
  const auto refused = service_.create_once(other, "k-1");
  EXPECT_EQ(code_of(refused), Errc::kReused);
  EXPECT_NE(refused.error().text.find(one.str()), std::string::npos);
}

TEST_F(ServiceCreateOnce, RefusesWhatIsNoKey) {
  for (const std::string& key : {std::string(), std::string(256, 'k'), std::string("a\nb"),
                                 std::string("\xc3\xa4"), std::string("a\x7f")}) {
    EXPECT_EQ(code_of(service_.create_once(spec(), key)), Errc::kInvalid) << key;
  }
  EXPECT_TRUE(service_.create_once(spec(), std::string(255, 'k')).ok());
}

TEST_F(ServiceCreateOnce, MayBeRepeatedAfterAnAnswerThatWasLost) {
  gate = [](std::string_view call) { return call == "create" ? Passage::kDead : Passage::kOpen; };
  EXPECT_EQ(code_of(service_.create_once(spec(), "k-1")), Errc::kUnavailable);
  gate = [](std::string_view) { return Passage::kOpen; };
  EXPECT_TRUE(service_.create_once(spec(), "k-1").ok());
  EXPECT_EQ(service_.list({})->tasks.size(), 1u);
}

class ServiceGet : public ServiceWorld {};

TEST_F(ServiceGet, OfAnUnknownTaskSaysSoInEveryCall) {
  const TaskId nobody = task("nobody");
  for (const Errc code : {code_of(service_.get(nobody)), code_of(service_.execute(nobody, {})),
                          code_of(service_.control(nobody, {})), code_of(service_.state(nobody)),
                          code_of(service_.result(nobody)), code_of(service_.events(nobody, {})),
                          code_of(service_.publish(nobody, {{"Note", Json::object(), false}}))}) {
    EXPECT_EQ(code, Errc::kNotFound);
  }
  EXPECT_NE(service_.get(nobody).error().text.find("nobody"), std::string::npos);
}

TEST_F(ServiceGet, PassesTheStoresTroubleOn) {
  const TaskId id = submitted();
  gate = [](std::string_view) { return Passage::kDead; };
  EXPECT_EQ(code_of(service_.get(id)), Errc::kUnavailable);
  EXPECT_EQ(code_of(service_.events(id, {})), Errc::kUnavailable);
  EXPECT_EQ(code_of(service_.publish(id, {{"Note", Json::object(), false}})), Errc::kUnavailable);
}

class ServiceList : public ServiceWorld {};

TEST_F(ServiceList, GoesPageByPageNewestFirst) {
  std::vector<TaskId> made;
  for (int i = 0; i < 5; ++i) {
    clock.advance(Milliseconds(1));
    made.push_back(submitted());
  }
  const auto first = service_.list({.limit = 3}).value();
  ASSERT_EQ(first.tasks.size(), 3u);
  EXPECT_EQ(first.tasks[0].id, made[4]);
  const auto rest = service_.list({.limit = 3, .cursor = first.cursor}).value();
  ASSERT_EQ(rest.tasks.size(), 2u);
  EXPECT_EQ(rest.tasks[1].id, made[0]);
  EXPECT_TRUE(rest.cursor.empty());
  EXPECT_EQ(service_.list({.limit = 0})->tasks.size(), 1u);
  EXPECT_EQ(code_of(service_.list({.cursor = "nonsense"})), Errc::kInvalid);
}

TEST_F(ServiceList, IsOfOneAgentAndOneStatusWhereThatIsAskedFor) {
  submitted("theirs");
  const TaskId pending = task_in(TaskStatus::kPending);
  submitted();
  const auto found =
      service_.list({.agent = agent("builder"), .status = TaskStatus::kPending}).value();
  ASSERT_EQ(found.tasks.size(), 1u);
  EXPECT_EQ(found.tasks[0].id, pending);
}

}  // namespace
}  // namespace taskfeed::service

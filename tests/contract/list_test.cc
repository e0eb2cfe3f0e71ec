/// TaskStore::list(): newest first, page by page, whatever moves meanwhile.
#include "worlds.h"

namespace taskfeed::broker {
namespace {

using namespace taskfeed::testing;
using Ids = std::vector<std::string>;

class ContractList : public Contract {
 protected:
  /// A task a second younger than the one before.
  TaskId younger(std::string_view id, std::string_view agent_id = "a1") {
    Task task = a_task(id, agent_id);
    task.created_at += Milliseconds(1'000 * ++seconds_);
    TF_ASSERT(tasks.create(task).ok());
    return task.id;
  }
  static Ids ids_of(const TaskPage& page) {
    Ids ids;
    for (const StoredTask& stored : page.tasks) ids.push_back(stored.task.id.str());
    return ids;
  }
  /// Page after page; `between` is called after each.
  Ids all(
      ListQuery query, const std::function<void()>& between = [] {}) {
    Ids ids;
    for (int pages = 0; pages < 100; ++pages) {
      const TaskPage page = tasks.list(query).value();
      EXPECT_LE(page.tasks.size(), query.limit);
      for (std::string& id : ids_of(page)) ids.push_back(std::move(id));
      if (page.cursor.empty()) return ids;
      query.cursor = page.cursor;
      between();
    }
    ADD_FAILURE() << "the list does not end";
    return ids;
  }

 private:
  int seconds_ = 0;
};
TASKFEED_CONTRACT(ContractList);

TEST_P(ContractList, OfNothingIsEmptyAndTheLastPage) {
  const TaskPage page = tasks.list({}).value();
  EXPECT_TRUE(page.tasks.empty());
  EXPECT_TRUE(page.cursor.empty());
}

TEST_P(ContractList, HasTheNewestFirst) {
  for (const char* id : {"m", "z", "a"}) younger(id);
  const TaskPage page = tasks.list({}).value();
  EXPECT_EQ(ids_of(page), (Ids{"a", "z", "m"}));
  EXPECT_TRUE(page.cursor.empty());
  EXPECT_EQ(page.tasks[0].task.spec, a_task("a").spec);
}

TEST_P(ContractList, PassesNoTaskOverAndGivesNoneTwice) {
  for (int i = 10; i < 30; ++i) {
    // Two in each millisecond: the ids decide.
    Task task = a_task("t" + std::to_string(i));
    task.created_at += Milliseconds(i / 2);
    ASSERT_TRUE(tasks.create(task).ok());
  }
  const Ids whole = all({.limit = 100});
  ASSERT_EQ(whole.size(), 20u);
  EXPECT_EQ(whole.front(), "t29");
  EXPECT_EQ(whole.back(), "t10");
  for (const size_t limit : {1u, 2u, 3u, 7u, 19u, 20u}) EXPECT_EQ(all({.limit = limit}), whole);
}

TEST_P(ContractList, IsOfOneAgentWhereThatIsAskedFor) {
  younger("t1", "a1");
  younger("t2", "a2");
  younger("t3", "a1");
  EXPECT_EQ(all({.agent = agent("a1"), .limit = 1}), (Ids{"t3", "t1"}));
  EXPECT_EQ(all({.agent = agent("a2")}), (Ids{"t2"}));
  EXPECT_TRUE(all({.agent = agent("a3")}).empty());
}

TEST_P(ContractList, IsOfOneStatusWhereThatIsAskedFor) {
  for (int i = 1; i <= 6; ++i) {
    const TaskId task = younger("t" + std::to_string(i));
    if (i % 2 == 0) append(task, event(types::kStarted));
  }
  EXPECT_EQ(all({.status = TaskStatus::kRunning, .limit = 1}), (Ids{"t6", "t4", "t2"}));
  EXPECT_EQ(all({.status = TaskStatus::kSubmitted, .limit = 2}), (Ids{"t5", "t3", "t1"}));
  EXPECT_TRUE(all({.status = TaskStatus::kFailed}).empty());
}

TEST_P(ContractList, GoesOnWhereTheLastTaskOfAPageIsOfAnotherStatusByNow) {
  for (const char* id : {"t1", "t2", "t3"}) append(younger(id), event(types::kStarted));
  const Ids listed = all({.status = TaskStatus::kRunning, .limit = 1}, [&] {
    const TaskPage newest = tasks.list({.status = TaskStatus::kRunning, .limit = 1}).value();
    append(newest.tasks[0].task.id, event(types::kCompleted));
  });
  EXPECT_EQ(listed, (Ids{"t3", "t2", "t1"}));
}

TEST_P(ContractList, IsNotMovedByTasksThatComeMeanwhile) {
  for (const char* id : {"t1", "t2", "t3"}) younger(id);
  int more = 0;
  EXPECT_EQ(all({.limit = 1}, [&] { younger("new" + std::to_string(++more)); }),
            (Ids{"t3", "t2", "t1"}));
}

TEST_P(ContractList, RefusesACursorThatIsNone) {
  created();
  for (const char* text : {"nonsense", "12", ".t1", "x.t1", "1-1"}) {
    EXPECT_EQ(code_of(tasks.list({.cursor = text})), Errc::kInvalid) << text;
  }
}

TEST_P(ContractList, GivesAtLeastOneAndAtMostFiveHundred) {
  for (int i = 0; i < 502; ++i) younger("t" + std::to_string(i));
  EXPECT_EQ(tasks.list({.limit = 0})->tasks.size(), 1u);
  const TaskPage page = tasks.list({.limit = 10'000}).value();
  EXPECT_EQ(page.tasks.size(), 500u);
  EXPECT_FALSE(page.cursor.empty());
}

}  // namespace
}  // namespace taskfeed::broker

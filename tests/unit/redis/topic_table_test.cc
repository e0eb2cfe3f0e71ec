#include "redis/topic_table.h"

#include <map>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace taskfeed::redis {
namespace {

TEST(RedisTopicTable, FindsWhatAMapFindsThroughAnyHistory) {
  std::minstd_rand random(7);
  TopicTable table;
  std::map<std::string, Topic*> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::string name = "task-" + std::to_string(random() % 500);
    const auto known = model.find(name);
    if (known == model.end()) {
      ASSERT_EQ(table.find(name), nullptr);
      model[name] = &table.add(name);
    } else if (random() % 2 == 0) {
      ASSERT_EQ(table.find(name), known->second);
      ASSERT_EQ(table.remove(*known->second)->name(), name);
      model.erase(known);
    }
    ASSERT_EQ(table.size(), model.size());
  }
  for (const auto& [name, topic] : model) EXPECT_EQ(table.find(name), topic);
  EXPECT_EQ(table.all().size(), model.size());
}

TEST(RedisTopicTable, TellsNamesApartThatShareABeginning) {
  TopicTable table;
  Topic& longer = table.add("ab");
  EXPECT_EQ(table.find("a"), nullptr);
  EXPECT_EQ(table.find("abc"), nullptr);
  EXPECT_EQ(table.find("ab"), &longer);
}

}  // namespace
}  // namespace taskfeed::redis

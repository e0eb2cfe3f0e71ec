/// Several toolboxes as one.
#include "runner/joined_toolbox.h"

#include <gtest/gtest.h>

#include "support/recording_log.h"
#include "support/recording_sink.h"

namespace taskfeed::runner {
namespace {

/// Has tools of these names, and says which box carried a call out.
class FakeBox final : public Toolbox {
 public:
  FakeBox(std::string name, std::vector<std::string> tools)
      : name_(std::move(name)), tools_(std::move(tools)) {}

  Result<std::vector<Tool>> list(std::stop_token) override {
    ++lists;
    if (broken) return Error{Errc::kUnavailable, name_ + " cannot be reached"};
    std::vector<Tool> listed;
    for (const std::string& tool : tools_) listed.push_back({.name = tool, .description = name_});
    return listed;
  }
  ToolResult call(const ToolCall& call, OutputSink&, std::stop_token) override {
    ToolResult result;
    result.text = name_ + " ran " + call.name;
    return result;
  }

  bool broken = false;
  int lists = 0;

 private:
  const std::string name_;
  const std::vector<std::string> tools_;
};

class JoinedToolboxTest : public ::testing::Test {
 protected:
  JoinedToolbox joined() {
    std::vector<std::unique_ptr<Toolbox>> boxes;
    boxes.push_back(std::move(first_owned_));
    boxes.push_back(std::move(second_owned_));
    return {std::move(boxes), log_};
  }
  ToolResult call(JoinedToolbox& box, const std::string& name) {
    return box.call({.id = "c1", .name = name}, sink_, {});
  }

  std::unique_ptr<FakeBox> first_owned_ =
      std::make_unique<FakeBox>("commands", std::vector<std::string>{"a", "b"});
  std::unique_ptr<FakeBox> second_owned_ =
      std::make_unique<FakeBox>("servers", std::vector<std::string>{"b", "c"});
  FakeBox& first_ = *first_owned_;
  FakeBox& second_ = *second_owned_;
  testing::RecordingLog log_;
  testing::RecordingSink sink_;
};

using JoinedToolboxList = JoinedToolboxTest;
using JoinedToolboxCall = JoinedToolboxTest;

TEST_F(JoinedToolboxList, HasEachNameOnceAndTheFirstKeepsIt) {
  JoinedToolbox box = joined();
  const std::vector<Tool> tools = box.list({}).value();
  ASSERT_EQ(tools.size(), 3u);
  EXPECT_EQ(tools[0].name, "a");
  EXPECT_EQ(tools[1].name, "b");
  EXPECT_EQ(tools[1].description, "commands");
  EXPECT_EQ(tools[2].name, "c");
  EXPECT_EQ(log_.count("\"b\" is left out"), 1u);
  EXPECT_EQ(call(box, "b").text, "commands ran b");
  EXPECT_EQ(call(box, "c").text, "servers ran c");
}

TEST_F(JoinedToolboxList, GoesOnWithoutABoxThatFails) {
  second_.broken = true;
  JoinedToolbox box = joined();
  EXPECT_EQ(box.list({}).value().size(), 2u);
  EXPECT_EQ(log_.count("servers cannot be reached"), 0u) << "the box itself tells of it";
}

TEST_F(JoinedToolboxList, FailsWhereEveryBoxDoes) {
  first_.broken = second_.broken = true;
  JoinedToolbox box = joined();
  EXPECT_EQ(box.list({}).error().text, "servers cannot be reached");
  EXPECT_EQ(call(box, "a").text, "servers cannot be reached");
  EXPECT_TRUE(call(box, "a").is_error);
}

TEST_F(JoinedToolboxList, IsEmptyOfNoBoxes) {
  JoinedToolbox box({}, log_);
  EXPECT_TRUE(box.list({}).value().empty());
}

TEST_F(JoinedToolboxCall, ListsOnceWhereNobodyDidBefore) {
  JoinedToolbox box = joined();
  EXPECT_EQ(call(box, "c").text, "servers ran c");
  EXPECT_EQ(call(box, "a").text, "commands ran a");
  EXPECT_EQ(first_.lists, 1);
}

TEST_F(JoinedToolboxCall, OfAnUnknownNameIsAnErrorForTheModel) {
  JoinedToolbox box = joined();
  const ToolResult result = call(box, "nothing");
  EXPECT_TRUE(result.is_error);
  EXPECT_EQ(result.text, "there is no tool \"nothing\" at present");
  EXPECT_EQ(call(box, "nothing").text, result.text);
  EXPECT_EQ(first_.lists, 1);
}

}  // namespace
}  // namespace taskfeed::runner

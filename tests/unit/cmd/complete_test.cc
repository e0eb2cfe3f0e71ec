#include "cmd/complete.h"

#include <gtest/gtest.h>

#include "cmd_world.h"

namespace taskfeed::cmd {
namespace {

using Words = std::vector<std::string>;

struct Shell {
  Offer offer(const Words& words) {
    const Environment environment{[](std::string_view) { return std::string(); }};
    const OpenBackend open = [](const WiringPorts&) -> Result<std::unique_ptr<Backend>> {
      return Error{Errc::kInternal, "completion opens nothing itself"};
    };
    const Invocation invocation{{}, environment, 0, out, out, open};
    return complete(words, invocation, [this](Live what) {
      asked.push_back(what);
      return what == Live::kAgents ? agents : tasks;
    });
  }
  Words offered(const Words& words) {
    Words values;
    for (const Candidate& each : offer(words).candidates) values.push_back(each.value);
    return values;
  }

  TextOutput out;
  std::vector<Candidate> agents{{"red", "one"}, {"blue", ""}};
  std::vector<Candidate> tasks{{"t-2", "new"}, {"t-1", "old"}};
  std::vector<Live> asked;
};

TEST(CompleteNames, OffersEverySubcommandThatHelpShows) {
  Shell shell;
  const Words offered = shell.offered({""});
  size_t shown = 0;
  for (const Subcommand& each : subcommands()) shown += each.help.empty() ? 0 : 1;
  EXPECT_EQ(offered.size(), shown);
  EXPECT_GT(shown, 15u);
  EXPECT_EQ(shell.offered({"__"}), Words{});
}

TEST(CompleteNames, OffersVerbsAfterASubcommandThatHasSome) {
  Shell shell;
  EXPECT_EQ(shell.offered({"agents", "s"}), Words{"show"});
  EXPECT_EQ(shell.offered({"agents", "--server", "http://a:1", "s"}), Words{"show"});
}

TEST(CompleteNames, OffersNothingAfterAWordThatIsNoSubcommand) {
  Shell shell;
  EXPECT_EQ(shell.offered({"tial", ""}), Words{});
  EXPECT_EQ(shell.offered({"agents", "lits", ""}), Words{});
}

TEST(CompleteTree, KnowsAtLeastOneOptionOfEverySubcommandAndVerb) {
  Shell shell;
  for (const Subcommand& each : subcommands()) {
    if (each.help.empty() || each.name == "help") continue;
    Words words{std::string(each.name)};
    if (!each.verbs.empty()) words.emplace_back(each.verbs.substr(0, each.verbs.find('|')));
    words.emplace_back("--js");
    EXPECT_EQ(shell.offered(words), Words{"--json"}) << each.name;
  }
  EXPECT_EQ(shell.out.text, "");
}

TEST(CompleteOptions, OffersOwnOnesAndThoseOfAll) {
  Shell shell;
  EXPECT_EQ(shell.offered({"tail", "--fo"}), Words{"--follow"});
  EXPECT_EQ(shell.offered({"tail", "--ser"}), Words{"--server"});
  EXPECT_EQ(shell.offered({"--vers"}), Words{"--version"});
  EXPECT_EQ(shell.offered({"list", "--fo"}), Words{});
}

TEST(CompleteValues, AreThoseOfTheOptionBeforeOrInTheWord) {
  Shell shell;
  EXPECT_EQ(shell.offered({"list", "-o", ""}), (Words{"text", "json"}));
  EXPECT_EQ(shell.offered({"tail", "-o", ""}), (Words{"text", "json", "sse", "raw"}));
  EXPECT_EQ(shell.offered({"tail", "--time=i"}), Words{"--time=iso"});
  EXPECT_EQ(shell.offered({"tail", "--lines", ""}), Words{"all"});
  EXPECT_EQ(shell.offered({"tail", "--json="}), Words{});
  EXPECT_EQ(shell.offered({"--color", "n"}), Words{"never"});
}

TEST(CompleteValues, OfAListOfTypesGoOnAfterTheComma) {
  Shell shell;
  EXPECT_EQ(shell.offered({"tail", "--types=X,WorkflowPro"}),
            Words{"--types=X,WorkflowProgressUpdated"});
  EXPECT_EQ(shell.offered({"tail", "--types", "X,WorkflowPro"}),
            Words{"X,WorkflowProgressUpdated"});
}

TEST(CompleteLive, AsksForWhatTheArgumentNames) {
  Shell shell;
  EXPECT_EQ(shell.offered({"tail", ""}), (Words{"t-2", "t-1"}));
  EXPECT_EQ(shell.offered({"tail", "t-2", "t-1"}), Words{"t-1"});
  EXPECT_EQ(shell.offered({"create", "--agent", "b"}), Words{"blue"});
  EXPECT_EQ(shell.asked, (std::vector<Live>{Live::kTasks, Live::kTasks, Live::kAgents}));
  EXPECT_EQ(shell.offered({"tail", "--agent", "b"}), Words{"blue"});
}

TEST(CompleteLive, AsksForTasksThatWaitWhereTheyAreAnswered) {
  Shell shell;
  EXPECT_EQ(shell.offered({"approve", "--refuse", "t-1"}), Words{"t-1"});
  EXPECT_EQ(shell.offered({"input", ""}), (Words{"t-2", "t-1"}));
  EXPECT_EQ(shell.offered({"input", "t-1", ""}), Words{});
  EXPECT_EQ(shell.asked, (std::vector<Live>{Live::kTasksToApprove, Live::kTasksToAnswer}));
}

TEST(CompleteLive, AsksNobodyForAnythingElse) {
  Shell shell;
  shell.offer({"ta"});
  shell.offer({"tail", "--"});
  shell.offer({"tail", "-o", ""});
  shell.offer({"run", ""});
  shell.offer({"help", ""});
  EXPECT_TRUE(shell.asked.empty());
}

TEST(CompleteFiles, AreLeftToTheShell) {
  Shell shell;
  EXPECT_EQ(shell.offer({"agents", "apply", "x"}).also, Offer::Also::kFiles);
  EXPECT_EQ(shell.offer({"serve", "--agents", ""}).also, Offer::Also::kFolders);
  EXPECT_EQ(shell.offer({"run", "--", "ma"}).also, Offer::Also::kPrograms);
  EXPECT_EQ(shell.offer({"run", "--", "make", "-"}).also, Offer::Also::kFiles);
}

TEST(CompleteText, HasATabBeforeWhatACandidateIs) {
  EXPECT_EQ(offer_text({{{"a", "about"}, {"b", ""}}, Offer::Also::kNothing}), "a\tabout\nb\n");
  EXPECT_EQ(offer_text({{}, Offer::Also::kFolders}), ":folders\n");
}

}  // namespace
}  // namespace taskfeed::cmd

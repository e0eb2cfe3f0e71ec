/// An agent's programs for its model, as JSON: there and back, and what is refused.
#include <gtest/gtest.h>

#include "runner/model_config.h"

namespace taskfeed::runner {
namespace {

Json least() {
  return {{"name", "t"}, {"run", {"true"}}};
}

Result<std::vector<CommandTool>> read(const Json& tool) {
  return command_tools_from_json(Json::array({tool}));
}

TEST(CommandToolConfig, IsReadBackAsItWasWritten) {
  CommandTool tool;
  tool.name = "disk_usage";
  tool.description = "Bytes used below a folder";
  tool.parameters = Json{{"type", "object"},
                         {"properties", {{"path", {{"type", "string"}}}}},
                         {"required", {"path"}},
                         {"additionalProperties", false}};
  tool.argv = {"du", "-sb", "--", "{path}"};
  tool.arguments_on_stdin = true;
  tool.cwd = "/srv";
  tool.env = {{"LANG", "C.UTF-8"}};
  tool.pass_env = {"TOKEN"};
  tool.timeout = Milliseconds(5'000);
  tool.output_bytes_max = 1'000;
  tool.approval = true;
  tool.idempotent = true;
  const std::vector<CommandTool> tools{tool};
  EXPECT_EQ(command_tools_from_json(command_tools_to_json(tools)).value(), tools);
}

TEST(CommandToolConfig, FillsInWhatIsLeftOut) {
  CommandTool expected;
  expected.name = "t";
  expected.argv = {"true"};
  EXPECT_EQ(read(least()).value().front(), expected);
  Json json = least();
  json["parameters"] = Json::object();
  EXPECT_EQ(read(json).value().front().parameters, expected.parameters);
}

TEST(CommandToolConfig, TakesTheWordsOfMcpServersToo) {
  for (const auto& [value, asks] : std::initializer_list<std::pair<Json, bool>>{
           {true, true}, {"always", true}, {false, false}, {"never", false}}) {
    Json json = least();
    json["approval"] = value;
    json["idempotent"] = value;
    EXPECT_EQ(read(json).value().front().approval, asks) << value;
    EXPECT_EQ(read(json).value().front().idempotent, asks) << value;
  }
}

TEST(CommandToolConfig, HasEachNameOnce) {
  EXPECT_EQ(command_tools_from_json(Json::array({least(), least()})).error().text,
            "tools[1].name \"t\" is the name of another tool of this agent");
  EXPECT_EQ(command_tools_from_json(least()).error().text,
            "tools must be a list of programs, as [[agent.tools]]");
  EXPECT_EQ(command_tools_from_json(Json::array({1})).error().text, "tools[0] must be a table");
}

struct Wrong {
  std::string_view at;  ///< JSON pointer.
  Json value;
  std::string_view named;
};

TEST(CommandToolConfigErrors, NameTheKeyThatIsWrong) {
  const Json schema{{"type", "object"}, {"properties", {{"a", {{"type", "string"}}}}}};
  for (const Wrong& wrong :
       {Wrong{"/command", "x", "command is not a key"},
        Wrong{"/name", "a b", "name"},
        Wrong{"/name", std::string(65, 'a'), "name"},
        Wrong{"/description", 1, "description"},
        Wrong{"/run", Json::array(), "run must be"},
        Wrong{"/run", "true", "run must be"},
        Wrong{"/run", {"{a}"}, "run[0] is the program itself"},
        Wrong{"/run", {"sh-{a}", "x"}, "run[0] is the program itself"},
        Wrong{"/run", {"echo", "{b}"}, "run[1] has {b}, which is none of"},
        Wrong{"/stdin", "text", "stdin must be"},
        Wrong{"/stdin", true, "stdin must be"},
        Wrong{"/cwd", "srv", "cwd must be an absolute path"},
        Wrong{"/env", {{"TASKFEED_X", "1"}}, "env.TASKFEED_X is set"},
        Wrong{"/pass_env", {"a-b"}, "pass_env"},
        Wrong{"/timeout", "0", "timeout"},
        Wrong{"/output_bytes_max", 0, "output_bytes_max"},
        Wrong{"/output_bytes_max", 196'609, "output_bytes_max"},
        Wrong{"/approval", "sometimes", "approval must be"},
        Wrong{"/approval", {"t"}, "approval must be"},
        Wrong{"/idempotent", 1, "idempotent"},
        Wrong{"/parameters", "x", "parameters must be a table"},
        Wrong{"/parameters/type", "array", "parameters.type"},
        Wrong{"/parameters/properties", Json::array(), "parameters.properties"},
        Wrong{"/parameters/properties/a", "string", "parameters.properties.a"},
        Wrong{"/parameters/required", "a", "parameters.required"},
        Wrong{"/parameters/required", {1}, "parameters.required"},
        Wrong{"/parameters/required", {"b"}, "parameters.required has \"b\""}}) {
    Json json = least();
    json["parameters"] = schema;
    json[Json::json_pointer(std::string(wrong.at))] = wrong.value;
    const auto tools = read(json);
    ASSERT_FALSE(tools.ok()) << wrong.at << " = " << wrong.value;
    EXPECT_TRUE(tools.error().text.starts_with("tools[0]." + std::string(wrong.named)))
        << tools.error().text;
  }
}

TEST(CommandToolConfigErrors, KeepArgumentsOutOfAShellsText) {
  const auto run = [](const Json& argv) {
    Json json = least();
    json["parameters"] = {{"properties", {{"a", {{"type", "string"}}}}}};
    json["run"] = argv;
    return read(json);
  };
  for (const Json& argv : {Json{"sh", "-c", "wc -l {a}"}, Json{"/bin/bash", "-ec", "ls '{a}'"},
                           Json{"zsh", "-l", "-c", "{a} "}}) {
    const auto refused = run(argv);
    ASSERT_FALSE(refused.ok()) << argv;
    EXPECT_NE(refused.error().text.find("in a shell's text"), std::string::npos)
        << refused.error().text;
  }
  for (const Json& argv :
       {Json{"sh", "-c", "wc -l \"$1\"", "sh", "{a}"}, Json{"sh", "-c", "{a}"},
        Json{"sh", "script.sh", "x{a}"}, Json{"grep", "-c", "x{a}"}, Json{"sh", "--c", "x{a}"}}) {
    EXPECT_TRUE(run(argv).ok()) << argv;
  }
}

TEST(CommandToolConfigErrors, NameTheLimitThatWasPassed) {
  Json many = Json::array();
  for (size_t i = 0; i <= ModelLimits{}.tools_max; ++i) {
    many.push_back({{"name", "t" + std::to_string(i)}, {"run", {"true"}}});
  }
  EXPECT_EQ(command_tools_from_json(many).error().code, Errc::kTooLarge);
  many.erase(many.begin());
  EXPECT_TRUE(command_tools_from_json(many).ok());
  Json json = least();
  json["parameters"] = {{"type", "object"}, {"x", std::string(65'536, 'x')}};
  EXPECT_EQ(read(json).error().code, Errc::kTooLarge);
}

}  // namespace
}  // namespace taskfeed::runner

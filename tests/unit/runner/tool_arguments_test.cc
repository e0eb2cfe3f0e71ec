/// A model's arguments against a tool's schema.
#include "runner/tool_arguments.h"

#include <gtest/gtest.h>

namespace taskfeed::runner {
namespace {

Json schema(std::string_view text) {
  return parse_json(text).value();
}

const char* const kSearch = R"({
  "type": "object",
  "properties": {
    "pattern": {"type": "string"},
    "depth": {"type": "integer"},
    "ratio": {"type": "number"},
    "deep": {"type": "boolean"},
    "kinds": {"type": "array"},
    "options": {"type": "object"},
    "order": {"enum": ["name", "size", 3]},
    "limit": {"type": ["integer", "null"]},
    "any": {}
  },
  "required": ["pattern"]
})";

std::string misfit_of(std::string_view arguments, std::string_view of = kSearch) {
  return misfit(schema(of), schema(arguments));
}

TEST(ToolArguments, FitWhereTypesAndChoicesDo) {
  for (const char* arguments :
       {R"({"pattern":""})", R"({"pattern":"x","depth":3,"ratio":1,"deep":false})",
        R"({"pattern":"x","depth":3.0,"ratio":0.5})", R"({"pattern":"x","kinds":[],"options":{}})",
        R"({"pattern":"x","order":"size"})", R"({"pattern":"x","order":3})",
        R"({"pattern":"x","limit":null})", R"({"pattern":"x","limit":1})",
        R"({"pattern":"x","any":[1]})", R"({"pattern":"x","depth":null})",
        R"({"pattern":"x","unknown":1})"}) {
    EXPECT_EQ(misfit_of(arguments), "") << arguments;
  }
}

TEST(ToolArguments, AreToldWhatIsWrongWithThem) {
  EXPECT_EQ(misfit_of("{}"), "pattern is required, and missing");
  EXPECT_EQ(misfit_of(R"({"pattern":null})"), "pattern is required, and missing");
  EXPECT_EQ(misfit_of(R"({"pattern":3})"), "pattern must be of type string, not 3");
  EXPECT_EQ(misfit_of(R"({"pattern":"x","depth":"3"})"),
            "depth must be of type integer, not \"3\"");
  EXPECT_EQ(misfit_of(R"({"pattern":"x","depth":1.5})"), "depth must be of type integer, not 1.5");
  EXPECT_EQ(misfit_of(R"({"pattern":"x","limit":"all"})"),
            "limit must be of type integer or null, not \"all\"");
  EXPECT_EQ(misfit_of(R"({"pattern":"x","order":"age"})"),
            "order must be one of [\"name\",\"size\",3], not \"age\"");
  EXPECT_EQ(misfit_of(R"(["x"])"), "the arguments must be one JSON object, not [\"x\"]");
}

TEST(ToolArguments, AreToldOfAllThatIsWrongAtOnce) {
  EXPECT_EQ(misfit_of(R"({"depth":"3","deep":"no"})"),
            "pattern is required, and missing; depth must be of type integer, not \"3\"; "
            "deep must be of type boolean, not \"no\"");
}

TEST(ToolArguments, MayBeClosed) {
  const char* const closed =
      R"({"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false})";
  EXPECT_EQ(misfit_of(R"({"a":1})", closed), "");
  EXPECT_EQ(misfit_of(R"({"c":1})", closed), "c is no argument of this tool; known are a, b");
  EXPECT_EQ(misfit_of(R"({"c":null})", closed), "c is no argument of this tool; known are a, b");
  EXPECT_EQ(misfit_of(R"({"c":1})", R"({"additionalProperties":false})"),
            "c is no argument of this tool; known are none");
}

TEST(ToolArguments, AreQuotedShort) {
  Json arguments = Json::object();
  for (int i = 0; i < 100; ++i) arguments[std::string(1'000, 'n') + std::to_string(i)] = "x";
  arguments["pattern"] = std::string(100'000, 'p');
  const std::string text =
      misfit(schema(R"({"properties":{"pattern":{"type":"null"}},"additionalProperties":false})"),
             arguments);
  EXPECT_LT(text.size(), 8'000u);
  EXPECT_NE(text.find("…"), std::string::npos);
}

/// As a server's generator writes an argument that must be given and may be null.
TEST(ToolArguments, MayBeNullWhereTheSchemaIsPutTogether) {
  const char* const schema = R"({"required":["a"],"properties":{
      "a":{"anyOf":[{"type":"string"},{"type":"null"}]}}})";
  EXPECT_EQ(misfit_of(R"({"a":null})", schema), "");
  EXPECT_EQ(misfit_of("{}", schema), "a is required, and missing");
}

TEST(ToolArguments, PassSchemasThatSayOddThings) {
  for (const char* odd : {"{}", R"({"properties":3})", R"({"properties":{"a":{"type":"decimal"}}})",
                          R"({"properties":{"a":{"enum":"x","type":7}}})",
                          R"({"required":[1],"properties":{"a":{"type":[]}}})"}) {
    EXPECT_EQ(misfit_of(R"({"a":1})", odd), "") << odd;
  }
}

}  // namespace
}  // namespace taskfeed::runner

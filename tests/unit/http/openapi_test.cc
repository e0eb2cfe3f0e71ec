/// /openapi.json, held against the table of routes and against what the handlers take.
#include "http/openapi.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "support/api_world.h"

namespace taskfeed {
namespace {

using testing::ApiWorld;
using testing::expect_json;
using testing::Told;

using Names = std::set<std::string>;

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const size_t at = text.find(what);
  return at == std::string::npos ? text : text.replace(at, what.size(), with);
}

/// One method of one path, in the table and in the document.
struct Operation {
  std::string method;
  std::string path;  ///< "/api/v1/agents/{agent}"
  std::string summary;
  bool operator<(const Operation& other) const {
    return std::tie(path, method) < std::tie(other.path, other.method);
  }
};

std::vector<Operation> operations_of_table() {
  std::vector<Operation> all;
  for (const http::Route& route : http::routes()) {
    const std::string pattern(route.pattern);
    const auto add = [&all, &route](const std::string& path) {
      all.push_back({std::string(route.method), path, std::string(route.summary)});
    };
    if (route.probe) {
      add(pattern);
    } else if (pattern.starts_with(http::kOfTask)) {
      for (const std::string_view root : http::kTaskRoots) {
        add("/api/v1" + std::string(root) + pattern.substr(http::kOfTask.size()));
      }
    } else {
      add("/api/v1" + pattern);
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

const Json& document() {
  static const Json json = parse_json(http::openapi_document()).value();
  return json;
}

/// What `#/components/…` names; itself where it is no reference.
const Json& resolved(const Json& json) {
  const Json* const reference = find(json, "$ref");
  if (reference == nullptr) return json;
  return document().at(Json::json_pointer(reference->get<std::string>().substr(1)));
}

std::vector<Operation> operations_of_document() {
  std::vector<Operation> all;
  for (const auto& [path, item] : document().at("paths").items()) {
    for (const auto& [key, operation] : item.items()) {
      if (key == "parameters") continue;
      std::string method = key;
      std::transform(method.begin(), method.end(), method.begin(), ::toupper);
      all.push_back({method, path, string_at(operation, "summary")});
    }
  }
  std::sort(all.begin(), all.end());
  return all;
}

/// The names of its parameters that stand in `place`; one that stands twice fails the test.
Names parameters(const Operation& operation, std::string_view place) {
  std::string method = operation.method;
  std::transform(method.begin(), method.end(), method.begin(), ::tolower);
  const Json& item = document().at("paths").at(operation.path);
  Names names;
  for (const Json* const owner : {&item, &item.at(method)}) {
    const Json* const listed = find(*owner, "parameters");
    if (listed == nullptr) continue;
    for (const Json& each : *listed) {
      const Json& parameter = resolved(each);
      if (string_at(parameter, "in") != place) continue;
      EXPECT_TRUE(names.insert(string_at(parameter, "name")).second) << parameter;
      EXPECT_EQ(bool_at(parameter, "required"), place == "path") << parameter;
    }
  }
  return names;
}

TEST(OpenapiDocument, IsServedAsItWasBuiltIn) {
  ApiWorld world;
  const Told told = world.get("/openapi.json");
  EXPECT_EQ(string_at(expect_json(told, 200), "openapi"), "3.1.0");
  EXPECT_EQ(told.body, http::openapi_document());
}

TEST(OpenapiDocument, HasTheVersionOfTheBuild) {
  EXPECT_EQ(string_at(document().at("info"), "version"), TASKFEED_VERSION);
}

TEST(OpenapiDocument, HasEveryRouteOfTheTableAndNoOther) {
  const auto lines = [](const std::vector<Operation>& operations) {
    std::vector<std::string> all;
    for (const Operation& each : operations) {
      all.push_back(each.method + " " + each.path + ": " + each.summary);
    }
    return all;
  };
  EXPECT_EQ(lines(operations_of_document()), lines(operations_of_table()));
}

TEST(OpenapiDocument, NamesEveryOperationOnce) {
  Names ids;
  for (const auto& [path, item] : document().at("paths").items()) {
    for (const auto& [key, operation] : item.items()) {
      if (key == "parameters") continue;
      EXPECT_TRUE(ids.insert(string_at(operation, "operationId")).second) << path << " " << key;
    }
  }
}

TEST(OpenapiDocument, AsksForTheScopeThatTheApiAsksFor) {
  ApiWorld world;
  for (const auto& [path, item] : document().at("paths").items()) {
    for (const auto& [key, operation] : item.items()) {
      if (key == "parameters") continue;
      SCOPED_TRACE(key + " " + path);
      http::Call call;
      call.method = key;
      std::transform(key.begin(), key.end(), call.method.begin(), ::toupper);
      call.path = replaced(replaced(path, "{agent}", "outside"), "{task}", "t");
      const std::optional<http::Scope> scope = world.api.scope_of(call);
      Json expected = Json::array();
      if (scope) {
        expected.push_back(Json::object());
        expected.push_back({{"bearer", {http::to_string(*scope)}}});
      }
      EXPECT_EQ(operation.at("security"), expected);
    }
  }
}

TEST(OpenapiDocument, DescribesTheParametersOfEachPath) {
  for (const Operation& operation : operations_of_document()) {
    SCOPED_TRACE(operation.method + " " + operation.path);
    Names expected;
    for (const std::string_view name : {"agent", "task"}) {
      const std::string part = "{" + std::string(name) + "}";
      if (operation.path.find(part) != std::string::npos) expected.emplace(name);
    }
    EXPECT_EQ(parameters(operation, "path"), expected);
  }
}

/// Whatever in the handlers' sources could be the name of a parameter.
Names possible_names() {
  static const std::regex literal("\"([A-Za-z_]+)\"");
  Names names;
  for (const auto& entry : std::filesystem::directory_iterator(TASKFEED_HTTP_SOURCES)) {
    const std::string file = entry.path().filename();
    if (!file.starts_with("api_") && !file.starts_with("query_params")) continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const std::string source = text.str();
    for (std::sregex_iterator at(source.begin(), source.end(), literal), end; at != end; ++at) {
      names.insert((*at)[1]);
    }
  }
  return names;
}

/// A body with which the route gets as far as it can.
std::string body_for(const Operation& operation) {
  if (operation.method != "POST" && operation.method != "PUT") return {};
  if (operation.path.ends_with("/events")) return R"({"event_type":"note"})";
  if (operation.path.find("tasks") != std::string::npos) return {};
  return R"({"id":"outside","runner":"external"})";
}

/// Whether the route reads the parameter: then it refuses one that is not even UTF-8.
bool reads(const Operation& operation, const std::string& name) {
  ApiWorld world;
  const Task task = world.create("outside");
  std::string target = replaced(operation.path, "{agent}", "outside");
  target = replaced(target, "{task}", task.id.str()) + "?" + name + "=%ff";
  const Told told =
      world.ask({.method = operation.method, .target = target, .body = body_for(operation)});
  return told.status == 400 &&
         string_at(told.json(), "detail").starts_with("the parameter " + name + " ");
}

TEST(OpenapiDocument, HasEveryQueryParameterThatTheHandlersReadAndNoOther) {
  const Names names = possible_names();
  ASSERT_TRUE(names.count("lastEventId") == 1 && names.count("maybe_repeated") == 1);
  size_t found = 0;
  for (const Operation& operation : operations_of_document()) {
    SCOPED_TRACE(operation.method + " " + operation.path);
    const Names described = parameters(operation, "query");
    Names all = names;
    all.insert(described.begin(), described.end());
    Names read;
    std::copy_if(all.begin(), all.end(), std::inserter(read, read.end()),
                 [&operation](const std::string& name) { return reads(operation, name); });
    EXPECT_EQ(described, read);
    found += read.size();
  }
  EXPECT_GT(found, 30u);
}

TEST(OpenapiDocument, DescribesTheCursorOfTheHeaderWhereItIsRead) {
  for (const Operation& operation : operations_of_document()) {
    SCOPED_TRACE(operation.method + " " + operation.path);
    ApiWorld world;
    const Task task = world.create("outside");
    std::string target = replaced(operation.path, "{agent}", "outside");
    target = replaced(target, "{task}", task.id.str());
    const Told told = world.ask({.method = operation.method,
                                 .target = target,
                                 .body = body_for(operation),
                                 .fields = {{"Last-Event-ID", "no cursor"}}});
    const bool refused =
        told.status == 400 && string_at(told.json(), "detail").starts_with("Last-");
    EXPECT_EQ(parameters(operation, "header").count("Last-Event-ID") == 1, refused);
  }
}

/// Every "$ref" below `json`.
void collect_references(const Json& json, Names& into) {
  if (json.is_object()) {
    if (const Json* const reference = find(json, "$ref")) into.insert(*reference);
    for (const auto& [key, value] : json.items()) collect_references(value, into);
  } else if (json.is_array()) {
    for (const Json& value : json) collect_references(value, into);
  }
}

TEST(OpenapiDocument, UsesEveryComponentAndHasWhatItUses) {
  Names used;
  collect_references(document(), used);
  Names there;
  for (const auto& [kind, components] : document().at("components").items()) {
    for (const auto& [name, component] : components.items()) {
      there.insert("#/components/" + kind + "/" + name);
    }
  }
  // A schema that no JSON answer has: what the data of an event stream's frames are.
  for (const std::string_view name : {"NestedEvent", "StreamOpen", "StreamGap", "StreamEnd"}) {
    EXPECT_EQ(used.insert("#/components/schemas/" + std::string(name)).second, true) << name;
  }
  // Named by `security`, which has no references; AsksForTheScopeThatTheApiAsksFor looks at it.
  used.insert("#/components/securitySchemes/bearer");
  EXPECT_EQ(used, there);
}

}  // namespace
}  // namespace taskfeed

#include "cmd/config.h"

#include <filesystem>
#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "base/assert.h"
#include "cmd/config_template.h"
#include "cmd/preset.h"

namespace taskfeed::cmd {
namespace {

std::string refusal(std::string_view toml) {
  const Result<ConfigFile> file = parse_config(toml, "f.toml");
  return file ? "accepted" : file.error().text;
}

TEST(ConfigFileKeys, ThatAreUnknownAreRefusedWithTheirLine) {
  EXPECT_EQ(refusal("utc = true\nserv = \"x\"\n"),
            "f.toml:2: unknown key 'serv', did you mean server?; `taskfeed help configuration` "
            "lists them");
  EXPECT_EQ(refusal("\n[serve]\nworker = 4\n"),
            "f.toml:3: unknown key 'serve.worker', did you mean serve.workers?; "
            "`taskfeed help configuration` lists them");
  EXPECT_TRUE(refusal("[elsewhere]\na = 1\n").starts_with("f.toml:1: unknown key 'elsewhere'"));
  EXPECT_TRUE(refusal("[profile.a]\nx = 1\n").starts_with("f.toml:2: unknown key 'x'"));
  EXPECT_TRUE(refusal("[profile.a.profile.b]\n").find("unknown key 'profile'") !=
              std::string::npos);
}

TEST(ConfigFileTypes, ThatAreOthersAreRefusedWithTheirLine) {
  const std::pair<std::string, std::string> rows[] = {
      {"server = 4", "server must be a text in quotation marks"},
      {"utc = \"yes\"", "utc must be true or false"},
      {"utc = 1", "utc must be true or false"},
      {"serve.workers = \"4\"", "serve.workers must be a whole number"},
      {"serve.workers = 4.0", "serve.workers must be a whole number"},
      {"serve.workers = 257", "serve.workers: must be a whole number from 0 to 256"},
      {"serve.workers = -1", "serve.workers: must be a whole number from 0 to 256"},
      {"serve.listen = \"a:1\"", "serve.listen must be a list of texts, as in [\"a\", \"b\"]"},
      {"serve.listen = [1]", "serve.listen must be a list of texts, as in [\"a\", \"b\"]"},
      {"timeout = 30", "timeout must be a text such as \"30s\""},
      {"timeout = \"soon\"", "timeout: must be a duration such as 30s or 5m"},
      {"color = \"purple\"", "color: must be auto, always or never"},
      {"output = \"sse\"", "output: must be text or json"},
      {"profile = 1", "profile must be a table, as in [profile.NAME]"},
      {"profile.a = 1", "profile.a must be a table"},
      {"serve = 1",
       "unknown key 'serve', did you mean server?; `taskfeed help configuration` "
       "lists them"},
      {"[server]\nx = 1", "server must be a text in quotation marks"}};
  for (const auto& [toml, why] : rows) EXPECT_EQ(refusal(toml), "f.toml:1: " + why);
  EXPECT_TRUE(refusal("server = \"ftp://x\"").starts_with("f.toml:1: server: "));
  EXPECT_TRUE(refusal("redis = \"rediss://x\"").starts_with("f.toml:1: redis: "));
}

TEST(ConfigFileSyntax, ThatIsNoTomlNamesTheLine) {
  EXPECT_TRUE(refusal("utc = true\nutc = true\n").starts_with("f.toml:2: "));
  EXPECT_TRUE(refusal("a b").starts_with("f.toml:1: "));
  EXPECT_TRUE(refusal("a = \"\xff\"").starts_with("f.toml:1: "));
}

TEST(ConfigFilePaths, StandBelowTheFilesFolder) {
  const auto file = parse_config("state_dir = \"s\"\nserve.agents = \"/a/b\"\n", "/etc/x/f.toml");
  ASSERT_TRUE(file.ok()) << file.error().text;
  std::map<std::string_view, std::string> paths;
  for (const ConfigValue& each : file->values) paths[each.key->name] = each.texts.front();
  EXPECT_EQ(paths["state_dir"], "/etc/x/s");
  EXPECT_EQ(paths["serve.agents"], "/a/b");
}

TEST(ConfigKeys, HaveOneVariableEachThatFollowsFromTheirName) {
  std::map<std::string_view, int> variables;
  for (const ConfigKey& key : config_keys()) {
    std::string expected = "TASKFEED_";
    for (const char c : key.name) expected += c == '.' ? '_' : static_cast<char>(std::toupper(c));
    if (key.name == "redis") expected = "TASKFEED_REDIS_URL";
    EXPECT_EQ(key.variable, expected);
    EXPECT_EQ(++variables[key.variable], 1);
    if (!key.fallback.empty()) {
      EXPECT_TRUE(value_from_text(key, std::string(key.fallback)).ok()) << key.name;
    }
  }
}

TEST(ConfigKeys, ShowUrlsWithoutTheirPassword) {
  const ConfigKey& redis = *config_key("redis");
  EXPECT_EQ(value_as_toml(redis, {"redis://ada:secret@h:1/2"}), "\"redis://ada@h:1/2\"");
  EXPECT_EQ(value_as_toml(redis, {"redis://:secret@h"}), "\"redis://@h\"");
  EXPECT_EQ(value_as_toml(redis, {"redis://:se@cret@h"}), "\"redis://@h\"");
  EXPECT_EQ(value_as_toml(redis, {"redis://h:1"}), "\"redis://h:1\"");
}

TEST(ConfigTemplate, TakesMoreAtItsEnd) {
  const auto file = parse_config(config_template(false) + "utc = true\n", "t");
  ASSERT_TRUE(file.ok()) << file.error().text;
  EXPECT_EQ(file->values.size(), 1u);
}

TEST(ConfigTemplate, IsRightAsItStandsAndWithEveryKeySet) {
  for (const bool for_project : {false, true}) {
    const std::string text = config_template(for_project);
    const auto as_it_stands = parse_config(text, "t");
    ASSERT_TRUE(as_it_stands.ok()) << as_it_stands.error().text;
    EXPECT_TRUE(as_it_stands->values.empty());
    std::string set;
    size_t keys = 0;
    for (size_t begin = 0; begin < text.size();) {
      const size_t end = text.find('\n', begin);
      std::string line = text.substr(begin, end - begin);
      begin = end + 1;
      const bool is_key = line.find(" = ") != std::string::npos && line.starts_with("# ");
      if (is_key || line.starts_with("# [")) line = line.substr(2);
      keys += is_key ? 1 : 0;
      set += line + "\n";
    }
    const auto all = parse_config(set, "t");
    ASSERT_TRUE(all.ok()) << all.error().text << "\n" << set;
    const size_t in_profile = for_project ? 0 : 1;
    EXPECT_EQ(all->values.size() + in_profile, keys);
    if (!for_project) {
      EXPECT_EQ(all->values.size(), config_keys().size());
      continue;
    }
    for (const ConfigValue& value : all->values) {
      EXPECT_TRUE(check_project_value(value, "t").ok()) << value.key->name;
    }
  }
}

/// A home folder, a repository below it, and somebody who works in it.
class ConfigWorld : public ::testing::Test {
 protected:
  ConfigWorld() {
    std::string pattern = (std::filesystem::temp_directory_path() / "taskfeed-XXXXXX").string();
    TF_ASSERT(::mkdtemp(pattern.data()) != nullptr);
    root_ = pattern;
    for (const char* folder : {"ada/.config/taskfeed", "ada/repo/.git", "ada/repo/deep/er"}) {
      std::filesystem::create_directories(root_ + "/" + folder);
    }
    variables_["HOME"] = root_ + "/ada";
    environment_.get = [this](std::string_view name) { return variables_[std::string(name)]; };
    environment_.working_folder = root_ + "/ada/repo/deep/er";
    environment_.system_config = root_ + "/system.toml";
  }
  ~ConfigWorld() override { std::filesystem::remove_all(root_); }

  std::string write(const std::string& name, std::string_view text) {
    const std::string path = root_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  std::string project(std::string_view text) { return write("ada/repo/taskfeed.toml", text); }
  std::string user(std::string_view text) {
    return write("ada/.config/taskfeed/config.toml", text);
  }
  std::string system(std::string_view text) { return write("system.toml", text); }

  /// "VALUE from PLACE", "unset", or the error.
  std::string found(std::string_view key) {
    const Result<Config> config = Config::load(choice_, environment_);
    if (!config) return config.error().text;
    const auto setting = config->setting(*config_key(key));
    if (!setting) return setting.error().text;
    if (!*setting) return "unset";
    std::string place = (*setting)->place;
    if (place.starts_with(root_)) place = place.substr(root_.size() + 1);
    return (*setting)->texts.front() + " from " + place;
  }

  std::string root_;
  std::map<std::string, std::string> variables_;
  Environment environment_;
  ConfigChoice choice_;
};

using ConfigOrder = ConfigWorld;
using ConfigProject = ConfigWorld;
using ConfigProfile = ConfigWorld;
using ConfigVariables = ConfigWorld;
using ConfigPresets = ConfigWorld;

TEST_F(ConfigOrder, GoesFromTheEnvironmentToTheSystemsFile) {
  EXPECT_EQ(found("color"), "unset");
  system("color = \"never\"");
  EXPECT_EQ(found("color"), "never from system.toml:1");
  user("\ncolor = \"auto\"");
  EXPECT_EQ(found("color"), "auto from ada/.config/taskfeed/config.toml:2");
  project("color = \"always\"");
  EXPECT_EQ(found("color"), "always from ada/repo/taskfeed.toml:1");
  variables_["NO_COLOR"] = "1";
  EXPECT_EQ(found("color"), "never from NO_COLOR");
  variables_["TASKFEED_COLOR"] = "auto";
  EXPECT_EQ(found("color"), "auto from TASKFEED_COLOR");
}

TEST_F(ConfigOrder, ReadsANamedFileInPlaceOfTheThree) {
  system("utc = true");
  user("color = \"auto\"");
  project("time = \"iso\"");
  choice_.file = write("named.toml", "quiet = true");
  EXPECT_EQ(found("quiet"), "true from named.toml:1");
  for (const char* key : {"utc", "color", "time"}) EXPECT_EQ(found(key), "unset") << key;
  choice_.file.reset();
  variables_["TASKFEED_CONFIG"] = root_ + "/named.toml";
  EXPECT_EQ(found("quiet"), "true from named.toml:1");
}

TEST_F(ConfigOrder, ANamedFileThatIsNotThereIsAnError) {
  choice_.file = root_ + "/none.toml";
  EXPECT_EQ(found("utc"), root_ + "/none.toml: No such file or directory");
}

TEST_F(ConfigOrder, FollowsXdgConfigHome) {
  user("utc = true");
  std::filesystem::create_directories(root_ + "/xdg/taskfeed");
  variables_["XDG_CONFIG_HOME"] = root_ + "/xdg";
  EXPECT_EQ(found("utc"), "unset");
  write("xdg/taskfeed/config.toml", "utc = false");
  EXPECT_EQ(found("utc"), "false from xdg/taskfeed/config.toml:1");
}

TEST_F(ConfigProject, IsTheNearestFileAndNoOther) {
  project("color = \"always\"\ntime = \"iso\"");
  write("ada/repo/deep/taskfeed.toml", "color = \"never\"");
  EXPECT_EQ(found("color"), "never from ada/repo/deep/taskfeed.toml:1");
  EXPECT_EQ(found("time"), "unset");
}

TEST_F(ConfigProject, EndsAtTheRootOfTheRepository) {
  write("ada/taskfeed.toml", "utc = true");
  EXPECT_EQ(found("utc"), "unset");
  std::filesystem::remove(root_ + "/ada/repo/.git");
  EXPECT_EQ(found("utc"), "true from ada/taskfeed.toml:1");
}

TEST_F(ConfigProject, OutsideRepositoriesAndHomeIsTheFolderItselfAlone) {
  variables_["HOME"] = root_ + "/elsewhere";
  std::filesystem::remove(root_ + "/ada/repo/.git");
  project("utc = true");
  EXPECT_EQ(found("utc"), "unset");
  environment_.working_folder = root_ + "/ada/repo";
  EXPECT_EQ(found("utc"), "true from ada/repo/taskfeed.toml:1");
}

TEST_F(ConfigProject, ThatAnybodyMayWriteToIsNotFollowed) {
  ASSERT_EQ(::chmod(project("utc = true").c_str(), 0666), 0);
  EXPECT_NE(found("utc").find("is not followed"), std::string::npos) << found("utc");
}

TEST_F(ConfigProject, MayNameADaemonOfThisMachineAlone) {
  for (const char* near : {"http://127.0.0.1:8000", "localhost:1", "unix:/run/x.sock"}) {
    project("server = \"" + std::string(near) + "\"");
    EXPECT_EQ(found("server"), std::string(near) + " from ada/repo/taskfeed.toml:1");
  }
  for (const char* far :
       {"http://tasks.example", "http://10.0.0.1:8000", "http://localhost.evil"}) {
    project("server = \"" + std::string(far) + "\"");
    EXPECT_NE(found("server").find("taskfeed.toml:1: server names another machine"),
              std::string::npos)
        << found("server");
  }
  project("redis = \"redis://cache.example\"");
  EXPECT_NE(found("redis").find("redis names another machine"), std::string::npos);
}

TEST_F(ConfigProject, HasNoSayInWhatADaemonDoesAndWhereStateIs) {
  project("state_dir = \"s\"\n[serve]\nallow_host = [\"*\"]\n");
  EXPECT_NE(found("state_dir").find("is not taken from a project file"), std::string::npos);
  EXPECT_NE(found("serve.allow_host").find("taskfeed.toml:3: serve.allow_host is not taken"),
            std::string::npos);
  EXPECT_EQ(found("utc"), "unset") << "what is not asked for disturbs nobody";
  choice_.file = root_ + "/ada/repo/taskfeed.toml";
  EXPECT_EQ(found("serve.allow_host"), "* from ada/repo/taskfeed.toml:3");
}

TEST_F(ConfigProject, HasNoProfiles) {
  project("[profile.a]\nutc = true");
  EXPECT_NE(found("utc").find("has profiles, which stand in your own file only"),
            std::string::npos);
}

TEST_F(ConfigProfile, ComesBeforeTheRestOfItsFile) {
  user("time = \"iso\"\nutc = true\n[profile.lab]\ntime = \"raw\"\n");
  EXPECT_EQ(found("time"), "iso from ada/.config/taskfeed/config.toml:1");
  choice_.profile = "lab";
  EXPECT_EQ(found("time"), "raw from ada/.config/taskfeed/config.toml:4");
  EXPECT_EQ(found("utc"), "true from ada/.config/taskfeed/config.toml:2");
  choice_.profile.reset();
  variables_["TASKFEED_PROFILE"] = "lab";
  EXPECT_EQ(found("time"), "raw from ada/.config/taskfeed/config.toml:4");
}

TEST_F(ConfigProfile, ThatIsNotThereIsAnError) {
  choice_.profile = "lba";
  EXPECT_EQ(found("time"), "--profile: there is no profile 'lba'; no configuration file has one");
  user("[profile.lab]\nutc = true\n[profile.home]\nutc = false\n");
  EXPECT_EQ(found("time"),
            "--profile: there is no profile 'lba', did you mean lab?; there are: home, lab");
}

TEST_F(ConfigVariables, AreCheckedAsFilesAre) {
  variables_["TASKFEED_QUIET"] = "maybe";
  EXPECT_EQ(found("quiet"), "TASKFEED_QUIET 'maybe': must be true or false");
  variables_["TASKFEED_QUIET"] = "1";
  EXPECT_EQ(found("quiet"), "true from TASKFEED_QUIET");
  variables_["TASKFEED_SERVE_LISTEN"] = "a:1,unix:/x";
  const auto config = Config::load({}, environment_);
  EXPECT_EQ((*config->setting(*config_key("serve.listen")))->texts,
            (std::vector<std::string>{"a:1", "unix:/x"}));
}

TEST_F(ConfigVariables, OfOthersStandBelowOurs) {
  EXPECT_EQ(found("state_dir"), "unset");
  variables_["STATE_DIRECTORY"] = "/var/lib/units/feed";
  EXPECT_EQ(found("state_dir"), "/var/lib/units/feed from STATE_DIRECTORY");
  variables_["TASKFEED_STATE_DIR"] = "/mine";
  EXPECT_EQ(found("state_dir"), "/mine from TASKFEED_STATE_DIR");
  variables_["TERM"] = "dumb";
  EXPECT_EQ(found("color"), "never from TERM");
  variables_["CLICOLOR_FORCE"] = "1";
  EXPECT_EQ(found("color"), "always from CLICOLOR_FORCE");
}

TEST_F(ConfigPresets, SayWhereAValueComesFromThatIsWrong) {
  Presets presets;
  presets.add({"--listen", "/etc/f.toml:3"});
  EXPECT_EQ(presets.explain({Errc::kInvalid, "--listen: no port"}).text,
            "--listen: no port (set by /etc/f.toml:3)");
  EXPECT_EQ(presets.explain({Errc::kInvalid, "--queue: odd"}).text, "--queue: odd");
}

}  // namespace
}  // namespace taskfeed::cmd

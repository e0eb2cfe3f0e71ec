/// A refusal, whatever its body.
#include "client/problem.h"

#include <gtest/gtest.h>

namespace taskfeed::client {
namespace {

TEST(Problem, SaysWhatTheDaemonSaid) {
  const Error error =
      error_from(404,
                 R"({"type":"about:blank","title":"Not Found","status":404,"detail":"no task t1",)"
                 R"("code":"not_found"})",
                 "http://h:1");
  EXPECT_EQ(error.code, Errc::kNotFound);
  EXPECT_EQ(error.text, "no task t1");
}

TEST(Problem, PutsItsCodeBeforeTheStatus) {
  EXPECT_EQ(error_from(409, R"({"code":"ended","detail":"x"})", "s").code, Errc::kEnded);
  EXPECT_EQ(error_from(409, R"({"code":"unheard_of","detail":"x"})", "s").code, Errc::kConflict);
  EXPECT_EQ(error_from(409, R"({"code":7})", "s").code, Errc::kConflict);
}

TEST(Problem, KnowsEveryCodeThatTheDaemonWrites) {
  for (int code = 0; code <= static_cast<int>(Errc::kInternal); ++code) {
    const auto expected = static_cast<Errc>(code);
    const std::string body = R"({"code":")" + std::string(to_string(expected)) + "\"}";
    EXPECT_EQ(error_from(418, body, "s").code, expected) << body;
  }
}

TEST(Problem, HasItsTitleWhereThereIsNoDetail) {
  EXPECT_EQ(error_from(500, R"({"title":"Broken"})", "s").text, "Broken");
}

TEST(Problem, IsTheStatusAloneWhereTheBodySaysNothing) {
  for (const std::string& body :
       {std::string(), std::string("<html>"), std::string("[]"), std::string("{}"),
        std::string("{\"detail\":3}"), "{\"detail\":\"" + std::string(70'000, 'x') + "\"}"}) {
    const Error error = error_from(503, body, "http://h:1");
    EXPECT_EQ(error.code, Errc::kUnavailable);
    EXPECT_EQ(error.text, "http://h:1 answered 503");
  }
}

TEST(Problem, MeansWhatItsStatusMeans) {
  const std::vector<std::pair<int, Errc>> meanings{
      {400, Errc::kInvalid},     {401, Errc::kUnauthorised}, {403, Errc::kForbidden},
      {404, Errc::kNotFound},    {405, Errc::kInvalid},      {409, Errc::kConflict},
      {410, Errc::kEnded},       {413, Errc::kTooLarge},     {414, Errc::kTooLarge},
      {429, Errc::kFull},        {431, Errc::kTooLarge},     {500, Errc::kInternal},
      {502, Errc::kUnavailable}, {503, Errc::kUnavailable},  {504, Errc::kTimeout},
      {507, Errc::kFull},        {301, Errc::kInternal},     {599, Errc::kInternal}};
  for (const auto& [status, code] : meanings) {
    EXPECT_EQ(error_from(status, "", "s").code, code) << status;
  }
}

}  // namespace
}  // namespace taskfeed::client

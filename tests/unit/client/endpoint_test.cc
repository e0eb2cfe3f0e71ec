/// Where a daemon is, in every way to write it, and every way not to.
#include "client/endpoint.h"

#include <gtest/gtest.h>

namespace taskfeed::client {
namespace {

struct Good {
  std::string_view text;
  std::string_view host;
  int port;
  std::string_view unix_path;
  std::string_view written;
};
void PrintTo(const Good& good, std::ostream* out) {
  *out << good.text;
}

class Endpoints : public ::testing::TestWithParam<Good> {};

TEST_P(Endpoints, AreReadAndWritten) {
  const auto endpoint = Endpoint::parse(GetParam().text);
  ASSERT_TRUE(endpoint.ok()) << endpoint.error().text;
  EXPECT_EQ(endpoint->host, GetParam().host);
  EXPECT_EQ(endpoint->port, GetParam().port);
  EXPECT_EQ(endpoint->unix_path, GetParam().unix_path);
  EXPECT_EQ(endpoint->str(), GetParam().written);
  EXPECT_EQ(Endpoint::parse(endpoint->str()).value(), *endpoint);
}

INSTANTIATE_TEST_SUITE_P(
    All, Endpoints,
    ::testing::Values(Good{"http://localhost:8000", "localhost", 8000, "", "http://localhost:8000"},
                      Good{"http://localhost", "localhost", 8000, "", "http://localhost:8000"},
                      Good{"localhost", "localhost", 8000, "", "http://localhost:8000"},
                      Good{"localhost:1", "localhost", 1, "", "http://localhost:1"},
                      Good{"build_host.example-1.org:65535", "build_host.example-1.org", 65535, "",
                           "http://build_host.example-1.org:65535"},
                      Good{"http://127.0.0.1:80/", "127.0.0.1", 80, "", "http://127.0.0.1:80"},
                      Good{"http://[::1]:9000", "::1", 9000, "", "http://[::1]:9000"},
                      Good{"[fe80::1%25]", "fe80::1%25", 8000, "", "http://[fe80::1%25]:8000"},
                      Good{"unix:/run/taskfeed/socket", "", 8000, "/run/taskfeed/socket",
                           "unix:/run/taskfeed/socket"},
                      Good{"unix:///run/socket", "", 8000, "/run/socket", "unix:/run/socket"},
                      Good{"unix:socket", "", 8000, "socket", "unix:socket"}));

struct Wrong {
  std::string_view text;
  std::string_view why;
};
void PrintTo(const Wrong& wrong, std::ostream* out) {
  *out << wrong.text;
}

class EndpointErrors : public ::testing::TestWithParam<Wrong> {};

TEST_P(EndpointErrors, NameThePartThatIsWrongAndWhatToWrite) {
  const auto endpoint = Endpoint::parse(GetParam().text);
  ASSERT_FALSE(endpoint.ok());
  EXPECT_EQ(endpoint.error().code, Errc::kInvalid);
  EXPECT_NE(endpoint.error().text.find(GetParam().why), std::string::npos) << endpoint.error().text;
  EXPECT_NE(endpoint.error().text.find("write http://HOST:PORT or unix:PATH"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    All, EndpointErrors,
    ::testing::Values(Wrong{"", "no host"}, Wrong{"http://", "no host"}, Wrong{":8000", "no host"},
                      Wrong{"https://localhost", "TLS"}, Wrong{"ftp://localhost", "scheme"},
                      Wrong{"http://localhost:", "port"}, Wrong{"localhost:0", "port"},
                      Wrong{"localhost:65536", "port"}, Wrong{"localhost:80a", "port"},
                      Wrong{"localhost:-1", "port"}, Wrong{"localhost: 80", "port"},
                      Wrong{"localhost:99999999999", "port"},
                      Wrong{"http://localhost:80/api", "port"},
                      Wrong{"http://localhost/api", "path"}, Wrong{"local host", "sign"},
                      Wrong{"http://ann:secret@localhost", "password"}, Wrong{"[::1", "no host"},
                      Wrong{"[]", "no host"}, Wrong{"[::g]", "IPv6"},
                      Wrong{"[::1]x", "after its host"}, Wrong{"[::1]:", "port"},
                      Wrong{"unix:", "no socket"}, Wrong{"unix://", "no socket"}));

TEST(EndpointErrors, RefuseASocketThatIsLongerThanTheKernelTakes) {
  EXPECT_TRUE(Endpoint::parse("unix:/" + std::string(106, 'x')).ok());
  EXPECT_FALSE(Endpoint::parse("unix:/" + std::string(107, 'x')).ok());
  EXPECT_FALSE(Endpoint::parse(std::string_view("unix:/a\0b", 9)).ok());
}

TEST(EndpointErrors, ShowNoControlCharacters) {
  const auto endpoint = Endpoint::parse("\x1B[31mhost");
  ASSERT_FALSE(endpoint.ok());
  EXPECT_EQ(endpoint.error().text.find('\x1B'), std::string::npos);
}

}  // namespace
}  // namespace taskfeed::client

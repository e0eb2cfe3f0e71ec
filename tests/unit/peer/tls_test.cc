/// TLS with certificates that are to be trusted, and with others.
#include <cstdlib>

#include <gtest/gtest.h>

#include "peer/http_call.h"
#include "support/tls_peer.h"

namespace taskfeed::peer {
namespace {

class PeerCertificate : public ::testing::Test {
 protected:
  ~PeerCertificate() override { ::unsetenv("SSL_CERT_FILE"); }
  void trust(const std::string& file) { ::setenv("SSL_CERT_FILE", file.c_str(), 1); }
  WholeAnswer ask(const std::string& host) {
    const HttpUrl url{true, host, server_.port(), ""};
    CallRequest request;
    request.method = "GET";
    request.target = "/list-apps";
    return fetch(url, request, {}, {});
  }
  testing::TlsPeer server_{"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" +
                           std::string(300'000, 'x')};
};

TEST_F(PeerCertificate, ThatIsTrustedLetsTheAnswerThrough) {
  trust(server_.file());
  for (const std::string host : {"127.0.0.1", "localhost"}) {
    const WholeAnswer answer = ask(host);
    EXPECT_FALSE(answer.end.failure) << answer.end.failure->text;
    EXPECT_TRUE(answer.end.proper);
    EXPECT_EQ(answer.body, std::string(300'000, 'x'));
  }
}

TEST_F(PeerCertificate, ThatNobodyVouchesForEndsTheCallBeforeItsRequest) {
  trust("/dev/null");
  const WholeAnswer answer = ask("127.0.0.1");
  ASSERT_TRUE(answer.end.failure);
  EXPECT_EQ(answer.end.failure->fault, Fault::kTls);
  EXPECT_NE(answer.end.failure->text.find("certificate"), std::string::npos)
      << answer.end.failure->text;
  EXPECT_FALSE(answer.end.answered);
}

TEST(PeerTlsSession, HoldsTheCertificateAgainstTheHostThatWasAsked) {
  const testing::TlsPeer server("HTTP/1.1 204 No Content\r\n\r\n");
  ::setenv("SSL_CERT_FILE", server.file().c_str(), 1);
  // A name for the same machine that the certificate does not have.
  const WholeAnswer answer = fetch({true, "0.0.0.0", server.port(), ""}, {}, {}, {});
  ::unsetenv("SSL_CERT_FILE");
  ASSERT_TRUE(answer.end.failure);
  EXPECT_EQ(answer.end.failure->fault, Fault::kTls) << answer.end.failure->text;
  EXPECT_FALSE(answer.end.answered);
}

}  // namespace
}  // namespace taskfeed::peer

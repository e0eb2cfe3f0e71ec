/// Requests that hide in others (smuggling_samples.h).
#include "support/request_reference.h"
#include "unit/http/request_text.h"
#include "unit/http/smuggling_samples.h"

namespace taskfeed {
namespace {

using testing::frame_at_every_cut;
using testing::Framing;
using testing::smuggling_samples;
using testing::SmugglingSample;

TEST(Smuggling, EachSampleIsRefusedOrIsOneRequestAtEveryCut) {
  for (const SmugglingSample& sample : smuggling_samples()) {
    SCOPED_TRACE(sample.name);
    const Framing framing = frame_at_every_cut(sample.bytes);
    EXPECT_EQ(framing.status(), sample.status)
        << (framing.refusal ? framing.refusal->detail : "let through");
    EXPECT_EQ(framing.requests.size(), sample.status == 0 ? 1u : 0u);
    EXPECT_FALSE(framing.unfinished);
  }
}

TEST(Smuggling, NothingThatHidesIsLetThrough) {
  for (const SmugglingSample& sample : smuggling_samples()) {
    for (const http::Request& request : testing::frame_whole(sample.bytes).requests) {
      EXPECT_NE(request.target, "/hidden") << sample.name;
    }
  }
}

TEST(Smuggling, WhatIsLetThroughIsARequestByTheLetterOfTheRfc) {
  for (const SmugglingSample& sample : smuggling_samples()) {
    SCOPED_TRACE(sample.name);
    for (const http::Request& request : testing::frame_whole(sample.bytes).requests) {
      const auto reference = testing::RequestReference(sample.bytes).read();
      ASSERT_TRUE(reference.has_value());
      EXPECT_EQ(reference->request, request);
      EXPECT_EQ(reference->bytes, sample.bytes.size());
    }
  }
}

/// Otherwise the samples would hide nothing.
TEST(Smuggling, WhatHidesIsARequestWhereItStandsAlone) {
  size_t hiding = 0;
  for (const SmugglingSample& sample : smuggling_samples()) {
    hiding += sample.bytes.find("/hidden") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(hiding, smuggling_samples().size());
  EXPECT_GE(hiding, 60u);
  const Framing alone = testing::frame_whole("GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n");
  ASSERT_EQ(alone.requests.size(), 1u);
  EXPECT_EQ(alone.requests.front().target, "/hidden");
}

}  // namespace
}  // namespace taskfeed

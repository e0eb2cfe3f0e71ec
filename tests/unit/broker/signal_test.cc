/// Signals have names that both stores write.
#include <gtest/gtest.h>

#include "broker/task_store.h"

namespace taskfeed::broker {
namespace {

TEST(SignalNames, AreReadAsTheyAreWritten) {
  for (const SignalKind kind : kSignalKinds) {
    EXPECT_EQ(parse_signal(to_string(kind)), kind);
  }
  for (const std::string_view text : {"", "Cancel", "stop", "cancel "}) {
    EXPECT_FALSE(parse_signal(text)) << text;
  }
}

}  // namespace
}  // namespace taskfeed::broker

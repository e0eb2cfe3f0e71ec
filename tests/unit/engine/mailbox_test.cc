#include "engine/mailbox.h"

#include <thread>

#include <gtest/gtest.h>

namespace taskfeed::engine {
namespace {

using broker::Signal;
using broker::SignalKind;

Signal signal(SignalKind kind, std::string id) {
  return {kind, "me", "", std::move(id)};
}

TEST(MailboxSignals, OfPauseAndResumeTheLatestWins) {
  Mailbox mailbox;
  mailbox.deliver({signal(SignalKind::kPause, "1"), signal(SignalKind::kResume, "2")});
  EXPECT_FALSE(mailbox.asked().requests.pause);
  EXPECT_TRUE(mailbox.asked().requests.resume);
  mailbox.deliver({signal(SignalKind::kPause, "3")});
  EXPECT_TRUE(mailbox.asked().requests.pause);
  EXPECT_FALSE(mailbox.asked().requests.resume);
  EXPECT_EQ(mailbox.asked().newest, "3");
}

TEST(MailboxSignals, OnceAnsweredStayAnsweredThoughTheyAreDeliveredAgain) {
  Mailbox mailbox;
  const std::vector<Signal> signals{signal(SignalKind::kPause, "9"),
                                    signal(SignalKind::kPause, "10")};
  mailbox.deliver(signals);
  mailbox.answered("10");
  mailbox.deliver(signals);
  EXPECT_EQ(mailbox.asked().requests, workflow::Requests{});
  EXPECT_EQ(mailbox.asked().newest, "");
}

TEST(MailboxSignals, DeliveredTwiceCountOnce) {
  Mailbox mailbox;
  mailbox.deliver({signal(SignalKind::kPause, "1")});
  mailbox.deliver({signal(SignalKind::kPause, "1"), signal(SignalKind::kResume, "2")});
  EXPECT_TRUE(mailbox.asked().requests.resume);
}

TEST(MailboxActivity, IsStoppedByACancelALostLeaseAndTheEndButNotByAPause) {
  {
    Mailbox mailbox;
    const std::stop_token stop = mailbox.begin_activity();
    mailbox.deliver({signal(SignalKind::kPause, "1")});
    mailbox.shut_down();
    EXPECT_FALSE(stop.stop_requested());
    mailbox.deliver({signal(SignalKind::kCancel, "2")});
    EXPECT_TRUE(stop.stop_requested());
  }
  {
    Mailbox mailbox;
    const std::stop_token stop = mailbox.begin_activity();
    mailbox.lose_lease();
    EXPECT_TRUE(stop.stop_requested());
    EXPECT_TRUE(mailbox.lost());
  }
  {
    Mailbox mailbox;
    const std::stop_token stop = mailbox.begin_activity();
    mailbox.stop_activity();
    EXPECT_TRUE(stop.stop_requested());
    EXPECT_TRUE(mailbox.shutting_down());
  }
}

TEST(MailboxActivity, ThatBeginsAfterACancelIsStoppedFromTheStart) {
  Mailbox mailbox;
  mailbox.deliver({signal(SignalKind::kCancel, "1")});
  EXPECT_TRUE(mailbox.begin_activity().stop_requested());
}

TEST(MailboxWait, EndsWhenASignalComes) {
  Mailbox mailbox;
  std::jthread other([&] { mailbox.deliver({signal(SignalKind::kPause, "1")}); });
  mailbox.wait(std::chrono::hours(1));
  EXPECT_TRUE(mailbox.asked().requests.pause);
}

}  // namespace
}  // namespace taskfeed::engine

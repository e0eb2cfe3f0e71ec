/// What a task's stream must say, whatever happened to the workers.
///
/// Threads  The test's.
/// Errors   A story that is not told rightly fails the test.
/// Owns     Nothing.
#pragma once

#include <set>
#include <string>

#include <gtest/gtest.h>

#include "support/engine_world.h"

namespace taskfeed::testing {

/// The story that the stream must tell, whatever happened to the workers.
inline void expect_one_story(EngineWorld& world, TaskStatus status) {
  std::set<int> finished;
  size_t terminal = 0;
  uint64_t seq = 0;
  std::set<std::string> ids;
  for (const StoredEvent& stored : world.events()) {
    const Event event = decode_event(stored.json).value();
    EXPECT_EQ(stored.cursor.seq, ++seq) << "a gap";
    EXPECT_EQ(stored.cursor.tag, event.id.low32());
    EXPECT_TRUE(ids.insert(event.id.str()).second) << "written twice: " << stored.json;
    EXPECT_EQ(terminal, 0U) << "after the end: " << stored.json;
    terminal += is_terminal(stored.type) ? 1 : 0;
    const int step = static_cast<int>(int_at(event.payload, "step", -1));
    if (stored.type == types::kStepStarted) {
      EXPECT_FALSE(finished.contains(step)) << "began again: " << stored.json;
    }
    if (stored.type == types::kStepCompleted) {
      EXPECT_TRUE(finished.insert(step).second) << "ended twice: " << stored.json;
    }
    if (stored.type == types::kToolCallOutput) {
      EXPECT_GE(int_at(event.payload, "attempt"), 1) << stored.json;
    }
  }
  EXPECT_EQ(terminal, 1U);
  EXPECT_EQ(world.stored().task.status, status);
  const size_t started = world.count(types::kStarted);
  EXPECT_LE(started, 1U);
  if (status == TaskStatus::kCompleted) {
    EXPECT_EQ(started, 1U);
  }
}

/// A step that is finished in the stream is never carried out again.
inline void forbid_repetition(EngineWorld& world) {
  world.runner.on_begin = [&world](const runner::Activity& activity) {
    for (const StoredEvent& stored : world.events()) {
      if (stored.type != types::kStepCompleted) continue;
      const Event event = decode_event(stored.json).value();
      EXPECT_NE(int_at(event.payload, "step"), activity.step) << "paid for twice";
    }
  };
}

}  // namespace taskfeed::testing

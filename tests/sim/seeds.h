/// The seeds of a simulation: TASKFEED_SIM_SEED=n for one, TASKFEED_SIM_SEEDS=n for how many.
///
/// Threads  One.
/// Errors   A seed that fails is printed, and is the last.
/// Owns     Nothing.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

namespace taskfeed::testing {

inline uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

template <class Simulation>
void for_every_seed(uint64_t seeds, const Simulation& simulation) {
  const uint64_t only = number_from("TASKFEED_SIM_SEED", 0);
  const uint64_t first = only == 0 ? 1 : only;
  const uint64_t last = only == 0 ? number_from("TASKFEED_SIM_SEEDS", seeds) : only;
  for (uint64_t seed = first; seed <= last && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("TASKFEED_SIM_SEED=" + std::to_string(seed));
    simulation(seed);
  }
}

}  // namespace taskfeed::testing

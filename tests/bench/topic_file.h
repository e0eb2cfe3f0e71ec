/// The topics of a run, one a line: a task's id, and the cursor from which its readers resume or
/// `-`. Written by the publisher, read by everybody; the line's number is the topic's.
///
/// Threads  One.
/// Errors   A file that cannot be read ends the program.
/// Owns     Its texts.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "bench/flags.h"

namespace taskfeed::bench {

struct TopicLine {
  std::string task;
  std::string cursor;  ///< Empty: from the beginning.
};

inline std::vector<TopicLine> read_topics(const std::string& path, uint64_t count_max) {
  std::ifstream file(path);
  std::vector<TopicLine> topics;
  TopicLine line;
  while (topics.size() < count_max && file >> line.task >> line.cursor) {
    if (line.cursor == "-") line.cursor.clear();
    topics.push_back(line);
  }
  if (topics.empty()) die("no topics in " + path);
  return topics;
}

}  // namespace taskfeed::bench

/// Where the publisher's events go: into a task's history through the real `append` script, or, as
/// ready-made frames, to the floor.
///
/// Threads  One.
/// Errors   Whatever is refused ends the program: a measurement with lost events is none.
/// Owns     Its connection.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/topic_file.h"
#include "redis/connection.h"
#include "redis/keys.h"

namespace taskfeed::bench {

struct Entry {
  uint32_t topic = 0;
  uint32_t tag = 0;
  std::string_view type;
  std::string_view json;
};

class Outlet {
 public:
  virtual ~Outlet() = default;
  /// Copies the entry's texts.
  virtual void add(const Entry& entry) = 0;
  /// Sends what was added, and returns when it was taken.
  virtual void flush() = 0;
};

/// One script call for each event, a flush pipelined.
class RedisOutlet final : public Outlet {
 public:
  RedisOutlet(const redis::Url& url, const std::vector<TopicLine>& topics);
  void add(const Entry& entry) override;
  void flush() override;

 private:
  struct TopicKeys {
    std::string hash;
    std::string events;
    std::string live;
  };
  std::unique_ptr<redis::Connection> connection_;
  std::vector<TopicKeys> keys_;
  std::unique_ptr<redis::Batch> batch_;
};

/// Counts the seqs, which nobody else does there. See floor.cc for the form.
class FloorOutlet final : public Outlet {
 public:
  FloorOutlet(const std::string& address, size_t topics);
  ~FloorOutlet() override;
  FloorOutlet(const FloorOutlet&) = delete;
  FloorOutlet& operator=(const FloorOutlet&) = delete;
  void add(const Entry& entry) override;
  void flush() override;

 private:
  int socket_;
  std::vector<uint64_t> seqs_;
  std::string unsent_;
};

}  // namespace taskfeed::bench

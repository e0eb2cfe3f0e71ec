#include "ops/process_stats.h"

#include <algorithm>
#include <fstream>
#include <string>

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

namespace taskfeed::ops {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

uint64_t count_descriptors() {
  DIR* const folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  uint64_t count = 0;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is this call's own.
  while (const dirent* entry = readdir(folder)) {
    if (entry->d_name[0] != '.') ++count;
  }
  closedir(folder);
  return count - 1;  // The folder's own.
}

/// proc(5), "btime": when the machine booted.
double booted_at() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double value = 0;
    if (word == "btime" && file >> value) return value;
  }
  return 0;
}

/// Of /proc/self/stat; the program's name may hold anything, so what follows its last ')' counts.
void read_stat(ProcessStats& stats) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return;
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return;
  constexpr size_t kThreadsField = 20;
  constexpr size_t kStartField = 22;
  size_t field = 2;
  size_t at = name_end + 1;
  while (at < line.size() && field < kStartField) {
    const size_t begin = line.find_first_not_of(' ', at);
    if (begin == std::string::npos) return;
    at = std::min(line.find(' ', begin), line.size());
    ++field;
    if (field == kThreadsField) stats.threads = std::stoull(line.substr(begin, at - begin));
    if (field == kStartField) {
      const double ticks = std::stod(line.substr(begin, at - begin));
      stats.started_at = booted_at() + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
    }
  }
}

}  // namespace

ProcessStats process_stats() {
  ProcessStats stats;
  uint64_t all = 0;
  uint64_t resident = 0;
  if (std::ifstream("/proc/self/statm") >> all >> resident) {
    const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    stats.virtual_bytes = all * page;
    stats.resident_bytes = resident * page;
  }
  stats.open_descriptors = count_descriptors();
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.descriptors_max = limit.rlim_cur;
  rusage used{};
  if (getrusage(RUSAGE_SELF, &used) == 0) {
    stats.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  }
  read_stat(stats);
  return stats;
}

}  // namespace taskfeed::ops

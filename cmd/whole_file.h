/// Files that are written whole: who reads one meanwhile finds the old text or the new one, and
/// who is killed leaves one of the two.
///
/// A FileEdit writes FILE.new beside FILE and renames it over FILE. FILE.new is the lock as well,
/// by flock(2): of several who read FILE, change the text and write it back, none loses what
/// another wrote. A lock on FILE could be held by whoever may read it, and a file for the lock
/// alone would stay behind. Where the file system has no locks, the last of them wins.
///
/// Threads  One at a time.
/// Errors   kInvalid; the text is the reason alone, since the caller knows what the file is for.
/// Owns     FILE.new while an edit lives. A killed writer leaves it; the next one reuses it.
#pragma once

#include <string>
#include <string_view>

#include <sys/types.h>

#include "base/result.h"

namespace taskfeed::cmd {

struct WholeFileOptions {
  mode_t mode = 0600;  ///< Of a new file, less the umask. One that is there keeps its own.
  bool synced = true;  ///< A power cut does not bring the old text back.
};

class FileEdit {
 public:
  /// Waits for who is at it. Where `path` is a symbolic link, what it leads to is replaced.
  static Result<FileEdit> begin(const std::string& path, WholeFileOptions options = {});
  FileEdit(FileEdit&& other) noexcept;
  FileEdit& operator=(FileEdit&&) = delete;
  /// What was not committed stays as it was.
  ~FileEdit();

  /// The last call.
  Result<void> commit(std::string_view text);

 private:
  FileEdit(std::string path, WholeFileOptions options);
  std::string new_path() const { return path_ + ".new"; }
  /// 0, or the errno of what failed; so the others.
  int lock();
  int keep_owner_and_mode() const;
  int write(std::string_view text);

  std::string path_;
  WholeFileOptions options_;
  int descriptor_ = -1;
};

/// A file that was not there. False: it is there, and stays as it is.
Result<bool> create_file(const std::string& path, std::string_view text);

}  // namespace taskfeed::cmd

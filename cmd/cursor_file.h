/// The cursor of the last event that a reader has seen, in a file: where the next reader begins.
///
/// It is written whole (whole_file.h): at any moment, whoever is killed, the file holds the last
/// cursor or the one before. store() is called for every event, once its line is flushed: fewer
/// calls would repeat lines after a kill. There is no fsync(2): a kill loses nothing that the
/// kernel has, and after a power cut a cursor that is newer than the lines it stands for would lose
/// them, where an older one, or none, only repeats them.
///
/// Threads  One at a time; one reader a file.
/// Errors   load(): kInvalid, where the file holds something else or cannot be read. check() and
///          store(): kInternal, with the system's reason.
/// Owns     Nothing between calls; a killed writer leaves FILE.new, which the next one reuses.
#pragma once

#include <optional>
#include <string>

#include "event/cursor.h"

namespace taskfeed::cmd {

class CursorFile {
 public:
  /// Where `path` is a symbolic link, the file that it leads to is replaced, not the link.
  explicit CursorFile(const std::string& path);

  /// Empty where there is no file, or an empty one: from the beginning.
  Result<std::optional<Cursor>> load() const;
  /// Whatever it holds, for who has places of another kind (event/many_cursor.h).
  Result<std::optional<std::string>> load_text() const;
  /// Whether store() has a chance, before anything is printed that could not be remembered.
  Result<void> check() const;
  Result<void> store(const Cursor& cursor) const { return store_text(cursor.str()); }
  Result<void> store_text(std::string_view text) const;
  /// Of what load_text() answered: what is wrong with it, and where one begins without the file.
  Error wrong(std::string_view why, std::string_view beginning) const;

 private:
  Error fault(const Error& reason) const;

  std::string shown_;  // As it was given.
  std::string path_;
};

}  // namespace taskfeed::cmd

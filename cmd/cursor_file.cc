#include "cursor_file.h"

#include <cerrno>

#include <sys/stat.h>

#include "base/text.h"
#include "event/many_cursor.h"
#include "inputs.h"
#include "whole_file.h"

namespace taskfeed::cmd {
namespace {

/// A cursor of many tasks, and room for the blanks of who writes one by hand.
constexpr size_t kFileBytesMax = kManyCursorBytesMax + 256;
/// The mode of any output. A power cut: see the header.
constexpr WholeFileOptions kHowWritten{.mode = 0666, .synced = false};

}  // namespace

CursorFile::CursorFile(const std::string& path)
    : shown_(escape_controls(to_utf8(path))), path_(path) {}

Error CursorFile::fault(const Error& reason) const {
  return {Errc::kInternal, "--cursor-file " + shown_ + " cannot be written: " + reason.text};
}

Error CursorFile::wrong(std::string_view why, std::string_view beginning) const {
  return {Errc::kInvalid, "--cursor-file " + shown_ + ": " + std::string(why) +
                              "; remove the file to begin " + std::string(beginning)};
}

Result<std::optional<Cursor>> CursorFile::load() const {
  const Result<std::optional<std::string>> text = load_text();
  if (!text) return text.error();
  if (!*text) return std::optional<Cursor>();
  const Result<Cursor> cursor = Cursor::parse(**text);
  if (!cursor) return wrong(cursor.error().text, "with the first event");
  return std::optional<Cursor>(*cursor);
}

Result<std::optional<std::string>> CursorFile::load_text() const {
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0 && errno == ENOENT) return std::optional<std::string>();
  // A device or a pipe would be replaced by store(), and opening one may wait for ever.
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode) || S_ISFIFO(status.st_mode) ||
      S_ISSOCK(status.st_mode)) {
    return {Errc::kInvalid, "--cursor-file " + shown_ + ": is no regular file; name a file"};
  }
  Result<std::string> text = read_file(path_, kFileBytesMax);
  if (!text) return {Errc::kInvalid, "--cursor-file " + text.error().text};
  text->erase(text->find_last_not_of(" \t\r\n") + 1);
  if (text->empty()) return std::optional<std::string>();
  return std::optional<std::string>(*std::move(text));
}

Result<void> CursorFile::check() const {
  if (const auto edit = FileEdit::begin(path_, kHowWritten); !edit) return fault(edit.error());
  return {};
}

Result<void> CursorFile::store_text(std::string_view text) const {
  Result<FileEdit> edit = FileEdit::begin(path_, kHowWritten);
  if (!edit) return fault(edit.error());
  if (auto stored = edit->commit(std::string(text) + "\n"); !stored) return fault(stored.error());
  return {};
}

}  // namespace taskfeed::cmd

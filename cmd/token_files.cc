#include "token_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "inputs.h"
#include "whole_file.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kTokenBytesMax = 4'096;
constexpr size_t kGrantsBytesMax = 1024 * 1024;
constexpr mode_t kOthersRead = 077;
constexpr mode_t kOthersWrite = 022;

Error fault(const std::string& path, std::string_view why) {
  return {Errc::kInvalid, escape_controls(to_utf8(path)) + ": " + std::string(why)};
}

/// Of a regular file; what a pipe allows is its owner's affair.
Result<void> refuse_mode(const std::string& path, mode_t mode, std::string_view why) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  if ((status.st_mode & mode) == 0) return {};
  return fault(path, why);
}

bool is_there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

Result<void> commit(FileEdit& edit, const std::string& path, std::string_view text) {
  if (auto stored = edit.commit(text); !stored) return fault(path, stored.error().text);
  return {};
}

std::string_view first_word(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line.substr(0, line.find_first_of(" \t\r\n"));
}

}  // namespace

Result<std::string> read_token(const std::string& path) {
  constexpr std::string_view kOpen = "others may read this token; chmod 600 the file";
  if (auto refused = refuse_mode(path, kOthersRead, kOpen); !refused) return refused.error();
  const Result<std::string> text = read_file(path, kTokenBytesMax);
  if (!text) return text.error();
  const std::string_view token = first_word(*text);
  if (token.empty()) return fault(path, "there is no token in it");
  for (const char c : token) {
    if (c <= ' ' || c >= 0x7f) return fault(path, "holds no token but other bytes");
  }
  return std::string(token);
}

Result<std::vector<http::TokenGrant>> read_token_grants(const std::string& path) {
  constexpr std::string_view kOpen = "others may write it, and let themselves in; chmod go-w it";
  if (auto refused = refuse_mode(path, kOthersWrite, kOpen); !refused) return refused.error();
  const Result<std::string> text = read_file(path, kGrantsBytesMax);
  if (!text) return text.error();
  auto grants = http::parse_tokens(*text);
  if (!grants) return fault(path, grants.error().text);
  return grants;
}

Result<void> add_token_grant(const std::string& path, const http::TokenGrant& grant) {
  Result<FileEdit> edit = FileEdit::begin(path);
  if (!edit) return fault(path, edit.error().text);
  std::string text;
  if (is_there(path)) {
    const auto grants = read_token_grants(path);
    if (!grants) return grants.error();
    for (const http::TokenGrant& each : *grants) {
      if (each.name != grant.name) continue;
      return {Errc::kConflict,
              "there is a token " + grant.name + " already; revoke it first, or take another name"};
    }
    if (grants->size() >= http::kTokensMax) {
      return {Errc::kTooLarge, std::to_string(http::kTokensMax) + " tokens at most"};
    }
    Result<std::string> before = read_file(path, kGrantsBytesMax);
    if (!before) return before.error();
    text = *std::move(before);
    if (!text.empty() && text.back() != '\n') text += '\n';
  }
  text += http::format_token_line(grant) + "\n";
  return commit(*edit, path, text);
}

Result<void> remove_token_grant(const std::string& path, std::string_view name) {
  if (auto grants = read_token_grants(path); !grants) return grants.error();
  Result<FileEdit> edit = FileEdit::begin(path);
  if (!edit) return fault(path, edit.error().text);
  const Result<std::string> text = read_file(path, kGrantsBytesMax);
  if (!text) return text.error();
  std::string kept;
  bool found = false;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size() - 1) + 1);
    rest.remove_prefix(line.size());
    if (first_word(line) == name) {
      found = true;
    } else {
      kept += line;
    }
  }
  if (!found) {
    return {Errc::kNotFound, "there is no token " + escape_controls(to_utf8(name)) + " in " +
                                 escape_controls(to_utf8(path)) + "; taskfeed token list has all"};
  }
  return commit(*edit, path, kept);
}

}  // namespace taskfeed::cmd

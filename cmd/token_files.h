/// The two files about tokens: the daemon's, which tells who may call, and a caller's, which holds
/// one token.
///
/// Threads  One at a time.
/// Errors   kInvalid names the file, the line, and what to do.
/// Owns     Nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/token_book.h"

namespace taskfeed::cmd {

/// A caller's file: its first line. One that others may read is refused.
Result<std::string> read_token(const std::string& path);

/// The daemon's file. One that others may write is refused.
Result<std::vector<http::TokenGrant>> read_token_grants(const std::string& path);
/// A line more, at the end; the file is made where there is none, for its owner alone. Of several
/// processes that change the file at once, none loses what another wrote.
Result<void> add_token_grant(const std::string& path, const http::TokenGrant& grant);
/// The file without that token, and with everything else in it as it was.
Result<void> remove_token_grant(const std::string& path, std::string_view name);

}  // namespace taskfeed::cmd

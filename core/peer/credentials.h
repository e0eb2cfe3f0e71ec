/// The headers that show a peer's server who calls: from variables and files that its operator
/// named.
///
/// Threads  Pure but for the reads.
/// Errors   kUnauthorised: what is missing, or holds what no header may hold; never its value.
/// Owns     Nothing.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/variables.h"

namespace taskfeed::peer {

struct Credentials {
  const std::map<std::string, std::string>& headers_env;  ///< Header to the variable.
  std::string key_env;   ///< Becomes `Authorization: Bearer …`; neither of both: nothing does.
  std::string key_file;  ///< Its first line.
};

Result<std::map<std::string, std::string>> headers_of(const Credentials& credentials,
                                                      const Variables& variables);

}  // namespace taskfeed::peer

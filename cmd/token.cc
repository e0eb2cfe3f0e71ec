// token: who may call a daemon that was started with --tokens.
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/random.h>

#include "base/text.h"
#include "event/json_time.h"
#include "help_text.h"
#include "subcommand.h"
#include "token_files.h"
#include "verbs.h"
#include "wiring.h"

namespace taskfeed::cmd {
namespace {

constexpr std::string_view kExample =
    "  taskfeed token create ci --scope write >ci.token\n"
    "  taskfeed token list\n"
    "  taskfeed token revoke ci\n";

struct TokenOptions {
  std::string name;
  std::string scope = "write";
  std::string expires;
  std::string file;
  http::TokenGrant grant;
  std::optional<Milliseconds> lifetime;
};

void declare_file(ArgParser& parser, TokenOptions& options) {
  parser.option("--file", options.file, "FILE",
                "the file of serve --tokens (default: tokens in the state directory)");
}

std::string file_of(const TokenOptions& options, const Deps& deps) {
  return options.file.empty() ? deps.globals.state_dir + "/tokens" : options.file;
}

Result<void> validate_nothing(TokenOptions&) {
  return {};
}

Result<void> validate_name(TokenOptions& options) {
  return check_name("token name", options.name);
}

// ---- create

void declare_create(ArgParser& parser, TokenOptions& options) {
  parser.argument("NAME", options.name, true, "who it is for: [A-Za-z0-9_-], at most 64");
  parser.option("--scope", options.scope, {"SCOPE", "read|write|admin"},
                "read: follow; write: also create, execute, control and publish; admin: also "
                "declare agents (default: write)");
  parser.option("--expires", options.expires, "TIME", "after it: 12h, 30d (default: never)");
  declare_file(parser, options);
}

Result<void> validate_create(TokenOptions& options) {
  if (auto named = validate_name(options); !named) return named;
  const auto scope = http::parse_scope(options.scope);
  if (!scope) {
    return {Errc::kInvalid, "--scope '" + escape_controls(to_utf8(options.scope)) +
                                "' is unknown; use read, write or admin"};
  }
  options.grant.name = options.name;
  options.grant.scope = *scope;
  if (options.expires.empty()) return {};
  const Result<Milliseconds> lifetime = parse_duration(options.expires);
  if (!lifetime) return Error{Errc::kInvalid, "--expires: " + lifetime.error().text};
  if (lifetime->count() <= 0) return {Errc::kInvalid, "--expires must be more than 0"};
  options.lifetime = *lifetime;
  return {};
}

/// "tf_", by which scanners of leaked secrets know it, and 256 bits.
Result<std::string> draw_token() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::array<uint8_t, 32> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    return {Errc::kInternal, std::string("no random numbers: ") + std::strerror(errno)};
  }
  std::string token = "tf_";
  for (const uint8_t byte : bytes) {
    token += kDigits[byte >> 4];
    token += kDigits[byte & 15];
  }
  return token;
}

Json grant_to_json(const http::TokenGrant& grant) {
  return {{"name", grant.name},
          {"scope", http::to_string(grant.scope)},
          {"until", time_to_json(grant.until)}};
}

ExitStatus run_create(const TokenOptions& options, Deps& deps) {
  const std::string file = file_of(options, deps);
  if (options.file.empty()) {
    auto made = prepare_state_dir(deps.globals.state_dir);
    if (!made) return fail(deps, made.error());
  }
  const Result<std::string> token = draw_token();
  if (!token) return fail(deps, token.error());
  http::TokenGrant grant = options.grant;
  grant.digest = http::token_digest(*token);
  if (options.lifetime) grant.until = deps.clock.wall() + *options.lifetime;
  if (auto added = add_token_grant(file, grant); !added) return fail(deps, added.error());
  if (deps.json()) {
    Json json = grant_to_json(grant);
    json["token"] = *token;
    print_json(json, deps);
  } else {
    deps.out.line(*token);
  }
  remark(deps, "this is shown once; " + escape_controls(to_utf8(file)) +
                   " knows its digest, and a daemon that runs reads it on SIGHUP");
  return ExitStatus::kCompleted;
}

// ---- list

void declare_list(ArgParser& parser, TokenOptions& options) {
  declare_file(parser, options);
}

ExitStatus run_list(const TokenOptions& options, Deps& deps) {
  const auto grants = read_token_grants(file_of(options, deps));
  if (!grants) return fail(deps, grants.error());
  const WallTime now = deps.clock.wall();
  size_t width = 0;
  for (const http::TokenGrant& grant : *grants) width = std::max(width, grant.name.size());
  for (const http::TokenGrant& grant : *grants) {
    if (deps.json()) {
      print_json(grant_to_json(grant), deps);
      continue;
    }
    std::string line = grant.name + std::string(width - grant.name.size() + 2, ' ');
    std::string scope(http::to_string(grant.scope));
    scope.resize(5, ' ');
    line += scope + "  ";
    if (!grant.until) {
      line += "for ever";
    } else {
      line += (*grant.until <= now ? "expired " : "until ") + format_rfc3339(*grant.until);
    }
    deps.out.line(line);
  }
  return ExitStatus::kCompleted;
}

// ---- revoke

void declare_revoke(ArgParser& parser, TokenOptions& options) {
  parser.argument("NAME", options.name, true, "whose token is no longer taken");
  declare_file(parser, options);
}

ExitStatus run_revoke(const TokenOptions& options, Deps& deps) {
  const std::string file = file_of(options, deps);
  if (auto gone = remove_token_grant(file, options.name); !gone) return fail(deps, gone.error());
  remark(deps, options.name + " is revoked; a daemon that runs reads that on SIGHUP");
  return ExitStatus::kCompleted;
}

// ---- which of them

Parts<TokenOptions> parts_of(std::string_view verb) {
  if (verb == "create") {
    return {{.name = "token create",
             .usage = "[OPTIONS] NAME",
             .summary = "Draw a token, print it, and add its digest to the file of the daemon.",
             .examples = "  taskfeed token create ci --scope write >ci.token\n"},
            declare_create,
            validate_create,
            run_create};
  }
  if (verb == "list") {
    return {{.name = "token list",
             .usage = "[OPTIONS]",
             .summary = "Whose tokens the file knows. The tokens themselves are not in it.",
             .examples = {}},
            declare_list,
            validate_nothing,
            run_list};
  }
  return {{.name = "token revoke",
           .usage = "[OPTIONS] NAME",
           .summary = "Take a token out of the file.",
           .examples = "  taskfeed token revoke ci\n"},
          declare_revoke,
          validate_name,
          run_revoke};
}

VerbsHelp help_of_verbs() {
  return {.subcommand = "token",
          .about = "Who may call a daemon that was started with serve --tokens FILE.",
          .verbs = {{"create NAME", "draw a token and print it, once"},
                    {"list", "whose tokens there are"},
                    {"revoke NAME", "take one out"}},
          .examples = kExample,
          .more = "How a caller uses one: --token-file FILE, or TASKFEED_TOKEN_FILE"};
}

}  // namespace

ExitStatus enter_token(Invocation& invocation, Needs needs) {
  return enter_verb(help_of_verbs(), kTokenVerbs, invocation, [&](const std::string& verb) {
    return enter(parts_of(verb), invocation, needs);
  });
}

}  // namespace taskfeed::cmd

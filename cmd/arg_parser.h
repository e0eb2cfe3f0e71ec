/// Options and arguments of one subcommand: declared, parsed, and described.
///
/// CLI11 parses; it stays within arg_parser.cc, since it is slow to compile. Every value is text
/// here: what it means, and whether it is right, is validate()'s.
///
/// Threads  One.
/// Errors   parse() answers kInvalid with one sentence that names the argument.
/// Owns     The declarations. Borrows every variable that a value goes to.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace taskfeed::cmd {

class ArgParser {
 public:
  /// `usage` is what follows the name: "[OPTIONS] TASK".
  struct About {
    std::string name;
    std::string usage;
    std::string summary;   ///< A paragraph; filled to the reader's width.
    std::string examples;  ///< Lines that are printed as they stand; may be empty.
  };
  /// What stands for an option's value: "WHEN" in help, and what it may be, "auto|always|never",
  /// where that is a closed set. A placeholder with bars is both.
  struct Value {
    Value(const char* shown, std::string_view known = {}) : placeholder(shown), choices(known) {}
    std::string_view placeholder;
    std::string_view choices;
  };
  struct Option {
    std::vector<std::string> names;
    std::string placeholder;  ///< Empty: a flag.
    std::string choices;      ///< Empty: any text.
    std::string help;
    bool global = false;
  };
  struct Argument {
    std::string name;
    std::string help;
    bool several = false;
  };
  explicit ArgParser(About about);
  ~ArgParser();

  /// `names` as "-f,--follow".
  void flag(std::string_view names, bool& value, std::string_view help);
  void option(std::string_view names, std::string& value, Value shown, std::string_view help);
  void option(std::string_view names, std::optional<std::string>& value, Value shown,
              std::string_view help);
  /// May be given several times; one value each.
  void list(std::string_view names, std::vector<std::string>& values, Value shown,
            std::string_view help);
  void argument(std::string_view name, std::string& value, bool required, std::string_view help);
  void arguments(std::string_view name, std::vector<std::string>& values, bool required,
                 std::string_view help);
  /// Options declared from here on are those of every subcommand: left out of help().
  void begin_globals();

  /// True where -h or --help was given: print help().
  Result<bool> parse(std::vector<std::string> args);
  /// Whether parse() met the option, which is one of those declared.
  bool given(std::string_view name) const;
  /// After parse(): the value of an option that was not given. A flag's is "true" or "false".
  void preset(std::string_view name, const std::vector<std::string>& values);
  /// For a reader of that width; usage and examples stand as they are.
  std::string help(size_t columns) const;
  /// What was declared, in that order: what help() and completion are made of.
  const std::vector<Option>& options() const;
  const std::vector<Argument>& declared_arguments() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// "-f, --follow" or "    --after CURSOR", as help shows it.
std::string option_left(const ArgParser::Option& option);

}  // namespace taskfeed::cmd

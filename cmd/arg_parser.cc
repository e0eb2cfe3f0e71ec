#include "arg_parser.h"

#include <algorithm>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "base/text.h"
#include "help_text.h"
#include "suggest.h"

namespace taskfeed::cmd {

struct ArgParser::Impl {
  explicit Impl(About given) : about(std::move(given)) {
    app.set_help_flag();
    app.add_flag("-h,--help", help_asked);
  }
  void describe(std::string_view names, std::string_view placeholder, std::string_view text) {
    if (globals) return;
    std::string left(names.starts_with("--") ? "    " : "");
    for (const char c : names) left += c == ',' ? std::string(", ") : std::string(1, c);
    if (!placeholder.empty()) left += " " + std::string(placeholder);
    options.push_back({std::move(left), std::string(text)});
  }
  void remember(std::string_view names) {
    for (std::string_view rest = names; !rest.empty();) {
      const size_t comma = rest.find(',');
      known.emplace_back(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
  }

  About about;
  CLI::App app;
  bool help_asked = false;
  bool globals = false;
  std::vector<std::string> known{"-h", "--help"};
  std::vector<HelpRow> options;
  std::vector<HelpRow> positionals;
};

ArgParser::ArgParser(About about) : impl_(std::make_unique<Impl>(std::move(about))) {}
ArgParser::~ArgParser() = default;

void ArgParser::flag(std::string_view names, bool& value, std::string_view help) {
  impl_->app.add_flag(std::string(names), value);
  impl_->remember(names);
  impl_->describe(names, "", help);
}

void ArgParser::option(std::string_view names, std::string& value, std::string_view placeholder,
                       std::string_view help) {
  impl_->app.add_option(std::string(names), value)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  impl_->remember(names);
  impl_->describe(names, placeholder, help);
}

void ArgParser::option(std::string_view names, std::optional<std::string>& value,
                       std::string_view placeholder, std::string_view help) {
  const std::function<void(const std::string&)> take = [&value](const std::string& text) {
    value = text;
  };
  impl_->app.add_option_function<std::string>(std::string(names), take)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  impl_->remember(names);
  impl_->describe(names, placeholder, help);
}

void ArgParser::list(std::string_view names, std::vector<std::string>& values,
                     std::string_view placeholder, std::string_view help) {
  impl_->app.add_option(std::string(names), values)->allow_extra_args(false);
  impl_->remember(names);
  impl_->describe(names, placeholder, help);
}

void ArgParser::argument(std::string_view name, std::string& value, bool required,
                         std::string_view help) {
  impl_->app.add_option(std::string(name), value)->required(required);
  impl_->positionals.push_back({std::string(name), std::string(help)});
}

void ArgParser::arguments(std::string_view name, std::vector<std::string>& values, bool required,
                          std::string_view help) {
  impl_->app.add_option(std::string(name), values)->required(required);
  impl_->positionals.push_back({std::string(name), std::string(help)});
}

void ArgParser::begin_globals() {
  impl_->globals = true;
}

Result<bool> ArgParser::parse(std::vector<std::string> args) {
  const std::string& name = impl_->about.name;
  const std::string hint = "; see `taskfeed " + name + " --help`";
  const auto refuse = [&](const std::string& text) -> Result<bool> {
    return Error{Errc::kInvalid, text + hint};
  };
  // Help is answered whatever else is missing.
  for (const std::string& arg : args) {
    if (arg == "--") break;
    if (arg == "-h" || arg == "--help") return true;
  }
  std::reverse(args.begin(), args.end());  // CLI11 takes them from the back.
  try {
    impl_->app.parse(std::move(args));
  } catch (const CLI::ExtrasError&) {
    const std::vector<std::string> left = impl_->app.remaining();
    const std::string first = left.empty() ? std::string("an argument") : left.front();
    if (first.size() < 2 || first.front() != '-') {
      return refuse("unexpected argument '" + escape_controls(to_utf8(first)) + "'");
    }
    const std::string option = first.substr(0, first.find('='));
    const std::string meant = nearest(option, impl_->known);
    return refuse("unknown option " + escape_controls(to_utf8(option)) +
                  (meant.empty() ? "" : ", did you mean " + meant + "?"));
  } catch (const CLI::RequiredError&) {
    for (const HelpRow& positional : impl_->positionals) {
      const CLI::Option* option = impl_->app.get_option_no_throw(positional.left);
      if (option != nullptr && option->get_required() && option->count() == 0) {
        return refuse(positional.left + " is missing (" + positional.help + ")");
      }
    }
    return refuse("an argument is missing");
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    const std::string option = text.substr(0, text.find(':'));
    return refuse(option + " needs a value");
  } catch (const CLI::ParseError& error) {
    return refuse(escape_controls(to_utf8(error.what())));
  }
  return impl_->help_asked;
}

std::string ArgParser::help(size_t columns) const {
  std::string text = "Usage: taskfeed " + impl_->about.name;
  if (!impl_->about.usage.empty()) text += " " + impl_->about.usage;
  text += "\n\n" + help_paragraph(impl_->about.summary, columns);
  const size_t width = help_left_width({&impl_->positionals, &impl_->options});
  if (!impl_->positionals.empty()) {
    text += "\nArguments:\n" + help_rows(impl_->positionals, width, columns);
  }
  if (!impl_->options.empty()) {
    text += "\nOptions:\n" + help_rows(impl_->options, width, columns);
  }
  if (!impl_->about.examples.empty()) text += "\nExamples:\n" + impl_->about.examples;
  text += "\nOptions of every subcommand: taskfeed help options\n";
  return text;
}

}  // namespace taskfeed::cmd

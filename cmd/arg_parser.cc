#include "arg_parser.h"

#include <algorithm>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "base/assert.h"
#include "base/suggest.h"
#include "base/text.h"
#include "help_text.h"
#include "inputs.h"

namespace taskfeed::cmd {
namespace {

std::string printable(const std::string& typed) {
  return escape_controls(to_utf8(typed));
}

}  // namespace

struct ArgParser::Impl {
  explicit Impl(About given) : about(std::move(given)) {
    app.set_help_flag();
    app.add_flag("-h,--help", help_asked);
  }
  void remember(std::string_view names, const Value& shown, std::string_view help) {
    std::string_view choices = shown.choices;
    if (choices.empty() && shown.placeholder.find('|') != std::string_view::npos) {
      choices = shown.placeholder;
    }
    options.push_back({.names = split(names),
                       .placeholder = std::string(shown.placeholder),
                       .choices = std::string(choices),
                       .help = std::string(help),
                       .global = globals});
  }
  static std::vector<std::string> split(std::string_view names) {
    std::vector<std::string> each;
    while (!names.empty()) {
      const size_t comma = std::min(names.find(','), names.size());
      each.emplace_back(names.substr(0, comma));
      names.remove_prefix(std::min(comma + 1, names.size()));
    }
    return each;
  }
  /// Where a subcommand takes no argument, and text by one option alone, that is what was meant.
  std::string meant_by(const std::vector<std::string>& words) const {
    const auto takes_text = [](const Option& each) { return each.placeholder == "TEXT"; };
    const auto option = std::find_if(options.begin(), options.end(), takes_text);
    if (!arguments.empty() || option == options.end()) return {};
    if (std::any_of(option + 1, options.end(), takes_text)) return {};
    std::string text;
    const auto add = [&text](const std::string& word) {
      if (!word.starts_with('-')) text += (text.empty() ? "" : " ") + word;
    };
    // Who left the quotes out has the first word in the option, and the others here.
    for (const std::string& word : app.get_option(option->names.front())->results()) add(word);
    for (const std::string& word : words) add(word);
    return ", did you mean " + option->names.front() + " " + shell_word(printable(text)) + "?";
  }

  About about;
  CLI::App app;
  bool help_asked = false;
  bool globals = false;
  std::vector<Option> options;
  std::vector<Argument> arguments;
};

ArgParser::ArgParser(About about) : impl_(std::make_unique<Impl>(std::move(about))) {}
ArgParser::~ArgParser() = default;

void ArgParser::flag(std::string_view names, bool& value, std::string_view help) {
  impl_->app.add_flag(std::string(names), value);
  impl_->remember(names, "", help);
}

void ArgParser::option(std::string_view names, std::string& value, Value shown,
                       std::string_view help) {
  impl_->app.add_option(std::string(names), value)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  impl_->remember(names, shown, help);
}

void ArgParser::option(std::string_view names, std::optional<std::string>& value, Value shown,
                       std::string_view help) {
  const std::function<void(const std::string&)> take = [&value](const std::string& text) {
    value = text;
  };
  impl_->app.add_option_function<std::string>(std::string(names), take)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  impl_->remember(names, shown, help);
}

void ArgParser::list(std::string_view names, std::vector<std::string>& values, Value shown,
                     std::string_view help) {
  impl_->app.add_option(std::string(names), values)->allow_extra_args(false);
  impl_->remember(names, shown, help);
}

void ArgParser::argument(std::string_view name, std::string& value, bool required,
                         std::string_view help) {
  impl_->app.add_option(std::string(name), value)->required(required);
  impl_->arguments.push_back({std::string(name), std::string(help), false});
}

void ArgParser::arguments(std::string_view name, std::vector<std::string>& values, bool required,
                          std::string_view help) {
  impl_->app.add_option(std::string(name), values)->required(required);
  impl_->arguments.push_back({std::string(name), std::string(help), true});
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
      return refuse("unexpected argument '" + printable(first) + "'" + impl_->meant_by(left));
    }
    const std::string option = first.substr(0, first.find('='));
    std::vector<std::string> known{"-h", "--help"};
    for (const Option& each : impl_->options) {
      known.insert(known.end(), each.names.begin(), each.names.end());
    }
    const std::string meant = nearest(option, known);
    return refuse("unknown option " + printable(option) +
                  (meant.empty() ? "" : ", did you mean " + meant + "?"));
  } catch (const CLI::RequiredError&) {
    for (const Argument& argument : impl_->arguments) {
      const CLI::Option* option = impl_->app.get_option_no_throw(argument.name);
      if (option != nullptr && option->get_required() && option->count() == 0) {
        return refuse(argument.name + " is missing (" + argument.help + ")");
      }
    }
    return refuse("an argument is missing");
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string text = error.what();
    const std::string option = text.substr(0, text.find(':'));
    return refuse(option + " needs a value");
  } catch (const CLI::ParseError& error) {
    return refuse(printable(error.what()));
  }
  return impl_->help_asked;
}

bool ArgParser::given(std::string_view name) const {
  return impl_->app.get_option(std::string(name))->count() > 0;
}

void ArgParser::preset(std::string_view name, const std::vector<std::string>& values) {
  CLI::Option* const option = impl_->app.get_option(std::string(name));
  TF_ASSERT(option->count() == 0);
  if (values.empty()) return;
  for (const std::string& value : values) option->add_result(value);
  option->run_callback();
}

const std::vector<ArgParser::Option>& ArgParser::options() const {
  return impl_->options;
}

const std::vector<ArgParser::Argument>& ArgParser::declared_arguments() const {
  return impl_->arguments;
}

std::string option_left(const ArgParser::Option& option) {
  std::string left(option.names.front().starts_with("--") ? "    " : "");
  for (const std::string& name : option.names) {
    left += (&name == &option.names.front() ? "" : ", ") + name;
  }
  if (!option.placeholder.empty()) left += " " + option.placeholder;
  return left;
}

std::string ArgParser::help(size_t columns) const {
  std::string text = "Usage: taskfeed " + impl_->about.name;
  if (!impl_->about.usage.empty()) text += " " + impl_->about.usage;
  text += "\n\n" + help_paragraph(impl_->about.summary, columns);
  std::vector<HelpRow> arguments;
  for (const Argument& each : impl_->arguments) arguments.push_back({each.name, each.help});
  std::vector<HelpRow> options;
  for (const Option& each : impl_->options) {
    if (!each.global) options.push_back({option_left(each), each.help});
  }
  const size_t width = help_left_width({&arguments, &options});
  if (!arguments.empty()) text += "\nArguments:\n" + help_rows(arguments, width, columns);
  if (!options.empty()) text += "\nOptions:\n" + help_rows(options, width, columns);
  if (!impl_->about.examples.empty()) text += "\nExamples:\n" + impl_->about.examples;
  text += "\nOptions of every subcommand: taskfeed help options\n";
  return text;
}

}  // namespace taskfeed::cmd

#include "status_line.h"

namespace taskfeed::cmd {
namespace {

constexpr size_t kColumnsOtherwise = 80;

bool is_watched(const Deps& deps) {
  const std::string term = deps.environment.get("TERM");
  const std::string ci = deps.environment.get("CI");
  return deps.bottom != nullptr && !deps.globals.quiet && deps.err.is_terminal() &&
         !deps.out.is_piped() && term != "dumb" && !term.empty() &&
         (ci.empty() || ci == "0" || ci == "false");
}

}  // namespace

StatusLine::StatusLine(Deps& deps)
    : err_(deps.err),
      bottom_(deps.bottom),
      clock_(deps.clock),
      looks_(looks_for(deps.globals, deps.err, deps.environment)),
      on_(is_watched(deps)) {}

void StatusLine::add(const TaskId& task, std::string_view type, std::string_view json) {
  if (on_) summary_.add(task, type, json);
}

void StatusLine::watch_all() {
  summary_.watch_all(clock_.wall());
}

void StatusLine::ended(const TaskId& task) {
  if (on_) summary_.ended(task);
}

void StatusLine::show() {
  if (!on_ || !err_.is_foreground()) return;
  // The last column stays free: a terminal may go to the next row when it is written.
  const size_t columns = err_.columns().value_or(kColumnsOtherwise);
  const std::string line = summary_.line(clock_.wall(), columns > 1 ? columns - 1 : 1, looks_);
  bottom_->draw(paint(line, Tone::kDim, looks_));
}

void StatusLine::hide() {
  if (on_) bottom_->erase();
}

}  // namespace taskfeed::cmd

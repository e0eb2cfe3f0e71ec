#include "many_place.h"

namespace taskfeed::cmd {

void ManyPlace::stand_at(const std::string& id) {
  if (id == id_) return;
  id_ = id;
  const Result<ManyCursor> place = ManyCursor::parse(id);
  if (!place || place->lost) {
    base_.reset();
    return;
  }
  base_ = *place;
  // After a reconnect the id is the one from before, which has the task among the open ones still.
  std::erase_if(tasks_, [this](const auto& each) {
    return each.second.ended && !base_->open.contains(each.first);
  });
}

bool ManyPlace::read(const TaskId& task, const Cursor& at) {
  const auto [known, fresh] = tasks_.try_emplace(task, Progress{at});
  if (fresh) return true;
  if (at.seq <= known->second.at.seq) return false;
  known->second.at = at;
  return true;
}

bool ManyPlace::ended(const TaskId& task) {
  const auto known = tasks_.find(task);
  if (known == tasks_.end()) return true;  // It had no event since the id.
  return !std::exchange(known->second.ended, true);
}

std::string ManyPlace::text() const {
  if (!base_) return {};
  ManyCursor place = *base_;
  for (const auto& [task, progress] : tasks_) {
    Cursor& at = place.open[task];
    if (at.seq < progress.at.seq) at = progress.at;
  }
  std::string text = place.str();
  return text.size() <= kManyCursorBytesMax ? text : id_;
}

}  // namespace taskfeed::cmd

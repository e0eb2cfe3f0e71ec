#include "event/json_time.h"

namespace taskfeed {

Result<std::optional<WallTime>> time_at(const Json& object, std::string_view key) {
  const Json* const found = find(object, key);
  if (found == nullptr || found->is_null()) return std::optional<WallTime>();
  if (!found->is_string()) return {Errc::kInvalid, "must be a time"};
  const Result<WallTime> time = parse_rfc3339(found->get_ref<const std::string&>());
  if (!time) return time.error();
  return std::optional(*time);
}

Json time_to_json(const std::optional<WallTime>& time) {
  return time ? Json(format_rfc3339(*time)) : Json(nullptr);
}

}  // namespace taskfeed

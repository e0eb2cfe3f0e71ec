#include "workflow/depth.h"

#include <algorithm>

namespace taskfeed::workflow {

bool is_deeper(const Json& json, int depth) {
  if (!json.is_structured()) return false;
  if (depth <= 0) return true;
  return std::any_of(json.begin(), json.end(),
                     [depth](const Json& member) { return is_deeper(member, depth - 1); });
}

}  // namespace taskfeed::workflow

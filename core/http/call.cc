#include "http/call.h"

#include "event/json.h"
#include "http/head_rules.h"

namespace taskfeed::http {

std::optional<std::string_view> Call::parameter(std::string_view name) const {
  for (const Field& each : query) {
    if (each.name == name) return each.value;
  }
  return std::nullopt;
}

bool Call::accepts(std::string_view type) const {
  std::string_view rest = accept;
  while (!rest.empty()) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view range = rest.substr(0, comma);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
    if (same_name(trim_ows(range.substr(0, range.find(';'))), type)) return true;
  }
  return false;
}

Reply json_reply(int status, const Json& json) {
  Reply reply;
  reply.status = status;
  reply.body = dump_json(json) + "\n";
  reply.content_type = kJsonType;
  return reply;
}

Reply refused(const Problem& problem, const Call& call) {
  Reply reply;
  reply.status = problem.status;
  reply.body = problem_json(problem, call.path, call.request_id);
  reply.content_type = kProblemType;
  if (is_passing(problem.status)) reply.fields.push_back({"Retry-After", "2"});
  return reply;
}

Reply refused(const Error& error, const Call& call) {
  return refused(problem_from(error), call);
}

Reply refused(int status, std::string_view detail, const Call& call) {
  return refused(problem_of(status, detail), call);
}

}  // namespace taskfeed::http

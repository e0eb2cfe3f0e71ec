#include "http/body_reader.h"
#include "http/handlers.h"

namespace taskfeed::http {

Result<AgentId> agent_at(const Captures& captures) {
  Result<AgentId> agent = AgentId::parse(captures.agent);
  // A path that cannot name an agent names none.
  if (!agent) return {Errc::kNotFound, agent.error().text};
  return agent;
}

namespace handlers {

Reply list_agents(const ApiPorts& ports, const Call& call, const Captures&) {
  const Result<service::AgentListing> listing = ports.tasks.agents();
  if (!listing) return refused(listing.error(), call);
  Json json = Json::object();
  json["agents"] = Json::array();
  for (const runner::AgentConfig& agent : listing->agents) {
    json["agents"].push_back(runner::agent_to_json(agent));
  }
  for (const auto& [id, why] : listing->unreadable) {
    json["unreadable"].push_back({{"id", id.str()}, {"detail", why}});
  }
  return json_reply(200, json);
}

Reply create_agent(const ApiPorts& ports, const Call& call, const Captures&) {
  const Result<Json> body = parse_body(call.body);
  if (!body) return refused(body.error(), call);
  const Result<runner::AgentConfig> agent =
      runner::agent_from_json(*body, runner::Origin::kRequest);
  if (!agent) return refused(agent.error(), call);
  // A request must not replace what an operator declared.
  const Result<runner::AgentConfig> known = ports.tasks.agent(agent->id);
  if (known) {
    return refused(Error{Errc::kConflict, "the agent " + agent->id.str() + " is declared already"},
                   call);
  }
  if (known.error().code != Errc::kNotFound) return refused(known.error(), call);
  if (const Result<void> put = ports.tasks.put_agent(*agent); !put) {
    return refused(put.error(), call);
  }
  Reply reply = json_reply(201, runner::agent_to_json(*agent));
  reply.fields.push_back({"Location", "/api/v1/agents/" + agent->id.str()});
  return reply;
}

Reply show_agent(const ApiPorts& ports, const Call& call, const Captures& captures) {
  const Result<AgentId> id = agent_at(captures);
  if (!id) return refused(id.error(), call);
  const Result<runner::AgentConfig> agent = ports.tasks.agent(*id);
  if (!agent) return refused(agent.error(), call);
  return json_reply(200, runner::agent_to_json(*agent));
}

/// A request may declare an agent again, though not one of which it could not have declared the
/// first: its operator did.
Reply put_agent(const ApiPorts& ports, const Call& call, const Captures& captures) {
  const Result<AgentId> id = agent_at(captures);
  if (!id) return refused(id.error(), call);
  Result<Json> body = parse_body(call.body);
  if (!body) return refused(body.error(), call);
  if (body->is_object() && find(*body, "id") == nullptr) (*body)["id"] = id->str();
  const Result<runner::AgentConfig> agent =
      runner::agent_from_json(*body, runner::Origin::kRequest);
  if (!agent) return refused(agent.error(), call);
  if (agent->id != *id) {
    return refused(Error{Errc::kInvalid,
                         "the body names the agent " + agent->id.str() + ", the path " + id->str()},
                   call);
  }
  const Result<runner::AgentConfig> known = ports.tasks.agent(*id);
  if (!known && known.error().code != Errc::kNotFound) return refused(known.error(), call);
  const bool of_operator =
      known && !runner::agent_from_json(runner::agent_to_json(*known), runner::Origin::kRequest);
  if (of_operator) {
    return refused(Error{Errc::kForbidden,
                         "the agent " + id->str() + " is its operator's, who alone may change it"},
                   call);
  }
  if (const Result<void> put = ports.tasks.put_agent(*agent); !put) {
    return refused(put.error(), call);
  }
  return json_reply(known ? 200 : 201, runner::agent_to_json(*agent));
}

Reply delete_agent(const ApiPorts& ports, const Call& call, const Captures& captures) {
  const Result<AgentId> id = agent_at(captures);
  if (!id) return refused(id.error(), call);
  if (const Result<void> removed = ports.tasks.remove_agent(*id); !removed) {
    return refused(removed.error(), call);
  }
  Reply reply;
  reply.status = 204;
  return reply;
}

}  // namespace handlers
}  // namespace taskfeed::http

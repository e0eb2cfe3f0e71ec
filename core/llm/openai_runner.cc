#include "llm/openai_runner.h"

#include "llm/dialogue.h"
#include "llm/model_step.h"
#include "llm/outcomes.h"
#include "llm/tool_step.h"
#include "peer/credentials.h"
#include "runner/hiding_sink.h"

namespace taskfeed::llm {
namespace {

using runner::Outcome;

bool calls_model(int step) {
  return step % 2 == 0;
}

/// The answer of a model step whose worker died between it and the step's end.
const workflow::Turn* answer_of(const workflow::Conversation& conversation, int step) {
  const size_t turn = static_cast<size_t>(step) / 2;
  return turn < conversation.turns.size() ? &conversation.turns[turn] : nullptr;
}

}  // namespace

OpenAiRunner::OpenAiRunner(Ports ports, LoopLimits limits)
    : ports_(std::move(ports)), limits_(limits) {}

runner::Beginning OpenAiRunner::beginning(const runner::AgentConfig& agent,
                                          const Json& parameters) const {
  runner::Beginning beginning{.conversation = true};
  if (!agent.model_server) return beginning;
  const auto asked = runner::effective_model(*agent.model_server, parameters);
  beginning.model = asked ? asked->model : agent.model_server->model;
  beginning.limits = workflow::budget_to_json(asked ? asked->budget : agent.model_server->budget);
  return beginning;
}

std::string OpenAiRunner::step_name(const runner::AgentConfig& agent, int step) const {
  if (!calls_model(step)) return "tools";
  return agent.model_server ? agent.model_server->model : "model";
}

Outcome OpenAiRunner::run(const runner::Activity& activity, runner::OutputSink& output,
                          std::stop_token stop) {
  if (!activity.agent.model_server || activity.conversation == nullptr) {
    return failed("invalid_request", "the agent names no model server any more");
  }
  const runner::ModelServer& server = *activity.agent.model_server;
  const Headers headers = peer::headers_of(
      {server.headers_env, server.api_key_env, server.api_key_file}, ports_.variables);
  runner::Secrets secrets = headers ? runner::Secrets(*headers) : runner::Secrets();
  runner::add_passed_variables(secrets, activity.agent, ports_.variables);
  runner::HidingSink hiding(output, secrets);
  return hiding.end(run_step(activity, headers, hiding, stop));
}

Outcome OpenAiRunner::run_step(const runner::Activity& activity, const Headers& headers,
                               runner::OutputSink& output, const std::stop_token& stop) {
  const runner::ModelServer& server = *activity.agent.model_server;
  const auto asked = runner::effective_model(server, activity.parameters);
  if (!asked) return failed("invalid_request", asked.error().text);
  if (stop.stop_requested()) return stopped();
  const workflow::Conversation& conversation = *activity.conversation;
  if (conversation.bytes >= workflow::ConversationLimits{}.bytes_max) {
    return failed("conversation_too_long",
                  "the conversation is over " +
                      std::to_string(workflow::ConversationLimits{}.bytes_max >> 20) + " MiB",
                  activity.previous_response);
  }
  const std::unique_ptr<runner::Toolbox> toolbox = ports_.toolboxes(activity.agent, activity.task);
  if (!calls_model(activity.step)) {
    return ToolStep(activity, {output, *toolbox, ports_.clock}, limits_, stop).carry_out();
  }
  if (const workflow::Turn* const turn = answer_of(conversation, activity.step)) {
    return answered(*turn);
  }
  ModelStep step(activity, {output, ports_.ids, ports_.clock, ports_.log}, limits_,
                 {server, *asked}, stop);
  step.settle_interrupted();
  if (const int turns = failed_turns(conversation); turns >= limits_.failed_turns_max) {
    return failed("tools_failed",
                  "no tool call of the last " + std::to_string(turns) + " answers succeeded",
                  activity.previous_response);
  }
  if (!headers) return failed("auth", headers.error().text);
  Result<std::vector<runner::Tool>> tools = toolbox->list(stop);
  if (stop.stop_requested()) return stopped();
  if (!tools) return tools_unavailable(tools.error(), activity.previous_response);
  return step.carry_out(*headers, *std::move(tools));
}

}  // namespace taskfeed::llm

#include "service/task_service.h"

#include <algorithm>

#include "runner/built_in.h"
#include "runner/model_overrides.h"
#include "service/rules.h"

namespace taskfeed::service {
namespace {

/// Whoever published it executes it, whichever agent it named.
bool is_bridged(const Task& task) {
  return task.spec.labels.contains(std::string(kBridgedLabel));
}

runner::AgentConfig built_in(const AgentId& id) {
  return {.id = id,
          .description = id.str() == runner::kRunAgent
                             ? "Programs started by `taskfeed run -- CMD`"
                             : "Tasks that publishers on Redis channels execute",
          .runner = runner::RunnerKind::kExternal,
          .enable_streaming = true,
          .steps = {},
          .retry = {}};
}

}  // namespace

QueueName default_queue() {
  return QueueName::parse("default").value();
}

TaskService::TaskService(const ServicePorts& ports, ServiceLimits limits, QueueName queue)
    : ports_(ports), limits_(limits), queue_(std::move(queue)) {}

Result<Task> TaskService::create(const TaskSpec& spec) {
  return create_as(new_task_id(ports_.ids), spec);
}

Result<Tasks::Created> TaskService::create_once(const TaskSpec& spec, std::string_view key) {
  if (Result<void> checked = check_idempotency_key(key); !checked) return checked.error();
  const TaskId id = task_id_of_key(spec.agent, key);
  Result<Task> created = create_as(id, spec);
  if (created) return Created{*std::move(created), false};
  if (created.error().code != Errc::kConflict) return created.error();
  Result<Task> there = get(id);
  if (!there) return there.error();
  if (there->spec != spec) {
    return Error{Errc::kReused, "this idempotency key already stands for the task " + id.str() +
                                    ", which was created with other contents; take a new key"};
  }
  return Created{*std::move(there), true};
}

Result<Task> TaskService::create_as(const TaskId& id, const TaskSpec& spec) {
  if (Result<void> checked = check_spec(spec, limits_.task); !checked) return checked.error();
  const Result<runner::AgentConfig> known = agent(spec.agent);
  if (!known) return known.error();
  if (auto fit = runner::check_task_parameters(*known, spec.parameters); !fit) return fit.error();
  const Task task{.id = id,
                  .spec = spec,
                  .created_at = ports_.clock.wall(),
                  .status = TaskStatus::kSubmitted,
                  .execution = {},
                  .query = {},
                  .streaming = {},
                  .started_at = {},
                  .completed_at = {},
                  .result = {},
                  .error = {},
                  .total_cost = 0,
                  .last_event = {}};
  if (Result<void> created = ports_.tasks.create(task); !created) return created.error();
  return task;
}

Result<Task> TaskService::execute(const TaskId& task, const ExecuteRequest& request) {
  const Result<Folded> found = load(task);
  if (!found) return found.error();
  const Task& before = found->stored.task;
  if (request.query.size() > limits_.task.description_bytes_max) {
    return Error{Errc::kTooLarge, "the query is longer than " +
                                      std::to_string(limits_.task.description_bytes_max) +
                                      " bytes; pass a file's name or a link instead"};
  }
  const Result<runner::AgentConfig> known =
      is_bridged(before) ? built_in(before.spec.agent) : agent(before.spec.agent);
  if (!known) return known.error();
  if (known->runner == runner::RunnerKind::kExternal) {
    return Error{Errc::kConflict, "the agent " + before.spec.agent.str() +
                                      " is external: its own program executes the task " +
                                      task.str() + " and publishes the events"};
  }
  if (Result<void> allowed = check_execute(before); !allowed) return allowed.error();
  // The agent may have been declared anew since the task was created.
  if (auto fit = runner::check_task_parameters(*known, before.spec.parameters); !fit) {
    return fit.error();
  }

  const Result<Json> budget = execute_budget(*known, request.budget);
  if (!budget) return budget.error();

  const broker::Execution execution{
      .id = ports_.ids.uuid7(),
      .query = request.query.empty() ? before.spec.description : request.query,
      .streaming = request.streaming,
      .queue = queue_,
      .budget = *budget};
  Result<void> submitted = ports_.engine.submit(task, execution);
  if (!submitted && submitted.error().code == Errc::kTimeout) {
    submitted = ports_.engine.submit(task, execution);  // The same execution: harmless twice.
  }
  Result<Folded> after = load(task);
  if (!submitted) {
    const bool ours = after && after->stored.task.execution == execution.id;
    if (!ours) return submitted.error();
  }
  if (!after) return after.error();
  return std::move(after->stored.task);
}

Result<Task> TaskService::get(const TaskId& task) {
  Result<Folded> found = load(task);
  if (!found) return found.error();
  return std::move(found->stored.task);
}

Result<Tasks::Listing> TaskService::list(const broker::ListQuery& query) {
  broker::ListQuery bounded = query;
  bounded.limit = std::clamp<size_t>(query.limit, 1, limits_.list_tasks_max);
  Result<broker::TaskPage> page = ports_.tasks.list(bounded);
  if (!page) return page.error();
  Listing listing{.tasks = {}, .cursor = std::move(page->cursor)};
  for (broker::StoredTask& stored : page->tasks) listing.tasks.push_back(std::move(stored.task));
  return listing;
}

Result<Task> TaskService::control(const TaskId& task, const ControlRequest& request) {
  const Result<Folded> found = load(task);
  if (!found) return found.error();
  const Task& before = found->stored.task;
  if (broker::is_answer(request.kind)) {
    const Result<bool> repeat = is_repeat(*found, request);
    if (!repeat) return repeat.error();
    if (*repeat) return before;
  }
  if (Result<void> allowed = check_control(before, request.kind); !allowed) return allowed.error();
  if (request.kind != broker::SignalKind::kCancel) {
    const Result<bool> external = is_external(before);
    if (!external) return external.error();
    if (*external) {
      return Error{Errc::kConflict,
                   "the task " + task.str() + " is executed by a program outside " +
                       "of taskfeed, which cannot be asked to " +
                       std::string(to_string(request.kind)) + "; cancel is possible"};
    }
  }
  broker::Signal signal{.kind = request.kind,
                        .by = request.by,
                        .reason = request.reason,
                        .id = {},
                        .call = {},
                        .text = {}};
  if (broker::is_answer(request.kind)) {
    if (request.text.size() > QuestionLimits{}.input_bytes_max) {
      return Error{Errc::kTooLarge, "the text is longer than " +
                                        std::to_string(QuestionLimits{}.input_bytes_max) +
                                        " bytes; pass a file's name or a link instead"};
    }
    const auto question =
        question_for(before, found->state.questions, found->stored.signals, request);
    if (!question) return question.error();
    if (!*question) return before;
    // Named, always: an answer that comes late must not answer what is asked next.
    signal.call = (*question)->call;
    signal.text = request.text;
  }
  if (Result<void> sent = ports_.engine.signal(task, signal); !sent) return sent.error();
  return get(task);
}

Result<bool> TaskService::is_repeat(const Folded& folded, const ControlRequest& request) {
  const Task& task = folded.stored.task;
  if (is_about_one_of(folded.state.questions, request)) return false;
  // Who repeats a request because its answer was lost does so soon: the newest events have it.
  const Result<broker::Page> page = ports_.events.read(task.id, {.newest = broker::kPageEventsMax});
  if (!page) return page.error();
  const std::optional<Question> answered = answered_among(page->events, request);
  if (!answered) return false;
  const Result<void> again = said_again(task, *answered, request);
  if (again) return true;
  return is_terminal(task.status) ? Result<bool>(false) : again.error();
}

Result<Json> TaskService::state(const TaskId& task) {
  const Result<Folded> found = load(task);
  if (!found) return found.error();
  Json json = Json::object();
  json["task_id"] = task.str();
  const Json folded = workflow::state_to_json(found->state);
  for (const auto& [key, value] : folded.items()) json[key] = value;
  json["waiting_for"] = questions_to_json(unanswered(found->state.questions));
  return json;
}

Result<FinalResponse> TaskService::result(const TaskId& task) {
  const Result<Folded> found = load(task);
  if (!found) return found.error();
  const Task& now = found->stored.task;
  return FinalResponse{.status = now.status,
                       .response = now.result.value_or(""),
                       .error = now.error,
                       .total_cost = now.total_cost};
}

Result<EventsPage> TaskService::events(const TaskId& task, const EventsQuery& query) {
  const size_t wanted = std::clamp<size_t>(query.limit, 1, broker::kPageEventsMax);
  EventsPage answer;
  broker::ReadRange range{.after = query.after.value_or(Cursor{}),
                          .before_seq = query.before_seq,
                          .newest = {},
                          .limit = query.filter.empty() ? wanted : broker::kPageEventsMax};
  for (int read = 0; read < limits_.filter_pages_max; ++read) {
    Result<broker::Page> page = ports_.events.read(task, range);
    if (!page) return page.error();
    if (!page->status) return unknown_task(task);
    if (read == 0) {
      answer.anchor = page->anchor;
      answer.first = page->first;
    }
    answer.last = page->last;
    answer.status = *page->status;
    answer.next.reset();
    for (StoredEvent& event : page->events) {
      if (answer.events.size() == wanted) {
        answer.next = range.after;
        return answer;
      }
      range.after = event.cursor;
      if (query.filter.accepts(event.type)) answer.events.push_back(std::move(event));
    }
    if (!page->more || page->events.empty()) return answer;
    answer.next = range.after;
    if (answer.events.size() == wanted) return answer;
  }
  return answer;
}

Result<AgentListing> TaskService::agents() {
  const Result<std::vector<broker::StoredAgent>> stored = ports_.agents.agents();
  if (!stored) return stored.error();
  AgentListing listing;
  for (const broker::StoredAgent& one : *stored) {
    Result<runner::AgentConfig> config = read_agent(one);
    if (config) {
      listing.agents.push_back(*std::move(config));
    } else {
      listing.unreadable.push_back({one.id, config.error().text});
    }
  }
  return listing;
}

Result<runner::AgentConfig> TaskService::agent(const AgentId& id) {
  if (runner::is_built_in(id)) return built_in(id);
  const Result<broker::StoredAgent> stored = ports_.agents.agent(id);
  if (!stored) {
    if (stored.error().code != Errc::kNotFound) return stored.error();
    return Error{Errc::kNotFound,
                 "no agent " + id.str() + "; `taskfeed agents list` shows those that are declared"};
  }
  return read_agent(*stored);
}

Result<void> TaskService::put_agent(const runner::AgentConfig& agent) {
  if (runner::is_built_in(agent.id)) return built_in_agent(agent.id);
  const Result<std::vector<broker::StoredAgent>> stored = ports_.agents.agents();
  if (!stored) return stored.error();
  const bool replaces = std::any_of(stored->begin(), stored->end(),
                                    [&](const auto& one) { return one.id == agent.id; });
  if (!replaces && stored->size() >= limits_.agents_max) {
    return {Errc::kTooLarge, "more than " + std::to_string(limits_.agents_max) +
                                 " agents; delete one with `taskfeed agents delete`"};
  }
  return ports_.agents.put_agent({agent.id, dump_json(runner::agent_to_json(agent))});
}

Result<void> TaskService::remove_agent(const AgentId& id) {
  if (runner::is_built_in(id)) return built_in_agent(id);
  if (const Result<runner::AgentConfig> known = agent(id);
      !known && known.error().code == Errc::kNotFound) {
    return known.error();
  }
  return ports_.agents.remove_agent(id);
}

Result<bool> TaskService::is_external(const Task& task) {
  if (is_bridged(task)) return true;
  const Result<runner::AgentConfig> known = agent(task.spec.agent);
  if (known) return known->runner == runner::RunnerKind::kExternal;
  // A task outlives its agent's declaration.
  if (known.error().code == Errc::kNotFound) return false;
  return known.error();
}

}  // namespace taskfeed::service

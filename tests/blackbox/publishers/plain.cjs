// A program that publishes with nothing but PUBLISH, through node-redis.
//
//   plain.cjs SOCKET shapes TASK         every shape that a bridge reads, and prints for each the
//                                        event that must come of it, a JSON object a line
//   plain.cjs SOCKET count TASK FROM TO  numbered events with an id each
//   plain.cjs SOCKET tick TASK TIMES     the same text again and again, without an id
'use strict';
const { randomUUID } = require('crypto');
const { createClient } = require('redis');

const now = new Date('2026-11-22T10:00:00.123Z');
const call = { call_id: 'c1', model: 'gpt-4', estimated_cost: 0.004 };
const type = 'WorkflowLLMCallStarted';

// Channel, what is published there, and what must come of it.
function* shapes(task) {
  const all = 'workflow.events';
  const own = `workflow.${task}`;
  const bare = { event_id: randomUUID(), event_type: type, timestamp: now, task_id: task,
                 agent_id: 'node', data: call };
  const known = { event_id: bare.event_id, event_type: type, timestamp: now.toISOString(),
                  agent_id: 'node', ...call };
  yield [all, { event_type: 'workflow.WorkflowStarted', data: { task_id: task, mode: 'batch' } },
         { event_type: 'WorkflowStarted', mode: 'batch' }];
  yield [all, bare, known];
  let event_id = randomUUID();
  yield [all, { data: JSON.stringify({ ...bare, event_id }), headers: { 'message-id': 'm1' } },
         { ...known, event_id }];
  event_id = randomUUID();
  yield [all, JSON.stringify(JSON.stringify({ ...bare, event_id })), { ...known, event_id }];
  for (const timestamp of [now.toISOString(), +now, String(+now / 1000)]) {
    yield [own, { event_type: 'Stamped', timestamp },
           { event_type: 'Stamped', timestamp: now.toISOString() }];
  }
  for (const place of [{ task_id: task }, { data: { task_id: task } },
                       { data: { aggregate_id: task } },
                       { data: { original_data: { task_id: task } } }]) {
    yield [all, { event_type: 'Placed', ...place }, { event_type: 'Placed' }];
  }
  for (const [foreign, ours] of [['LLMCallStarted', type], ['workflow.LLMCallStarted', type],
                                 ['ToolCallCompleted', 'WorkflowToolCallCompleted'],
                                 ['BudgetWarning', 'WorkflowBudgetWarning'],
                                 ['IterationStarted', 'WorkflowStepStarted'],
                                 ['trainer/epoch-ended', 'trainer/epoch-ended']]) {
    yield [own, { event_type: foreign }, { event_type: ours }];
  }
  for (const payload of [call, { data: call }, { data: { original_data: call } }]) {
    yield [own, { event_type: type, ...payload }, { event_type: type, ...call }];
  }
  yield [own, { event_type: 'Umlaut', text: 'größer \u2028 🙂' },
         { event_type: 'Umlaut', text: 'größer \u2028 🙂' }];
  yield [own, { event_id: 'mine-1', event_type: 'Named' },
         { event_type: 'Named', source_event_id: 'mine-1' }];
  yield [own, { event_type: 'WorkflowFailed', error: { kind: 'other', message: 'no disk' } },
         { event_type: 'WorkflowFailed', error: { kind: 'other', message: 'no disk' } }];
}

async function main(path, act, task, ...rest) {
  const client = createClient({ socket: { path } });
  await client.connect();
  const published = [];
  const publish = (channel, what) => published.push(
      client.publish(channel, typeof what === 'string' ? what : JSON.stringify(what)));
  if (act === 'shapes') {
    for (const [channel, what, event] of shapes(task)) {
      publish(channel, what);
      console.log(JSON.stringify(event));
    }
  } else if (act === 'count') {
    for (let n = +rest[0]; n < +rest[1]; ++n) {
      publish(`workflow.${task}`, { event_id: randomUUID(), event_type: 'count', data: { n } });
    }
  } else if (act === 'tick') {
    for (let n = 0; n < +rest[0]; ++n) publish(`workflow.${task}`, { event_type: 'tick' });
  }
  await Promise.all(published);
  await client.quit();
}

main(...process.argv.slice(2));

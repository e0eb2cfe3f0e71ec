#!/usr/bin/env python3
"""A program that publishes with nothing but PUBLISH, through python3-redis.

plain.py SOCKET shapes TASK           every shape that a bridge reads, and prints for each the event
                                      that must come of it, a JSON object a line
plain.py SOCKET count TASK FROM TO    numbered events with an id each
plain.py SOCKET tick TASK TIMES       the same text again and again, without an id
plain.py SOCKET junk TASK             what no bridge can read, then one event
plain.py SOCKET say CHANNEL TEXT      that
"""
import datetime
import json
import struct
import sys
import uuid

import redis

NOW = datetime.datetime(2026, 11, 22, 10, 0, 0, 123000, tzinfo=datetime.timezone.utc)
NOW_TEXT = '2026-11-22T10:00:00.123Z'
CALL = {'call_id': 'c1', 'model': 'gpt-4', 'estimated_cost': 0.004}


def wrapped(event):
    """As FastStream up to 0.5 publishes."""
    return {'data': json.dumps(event),
            'headers': {'content-type': 'application/json', 'correlation_id': str(uuid.uuid4())}}


def binary(event):
    """As FastStream from 0.6 on publishes: magic, version, two offsets, headers, body."""
    headers = struct.pack('>H', 1)
    for text in (b'content-type', b'application/json'):
        headers += struct.pack('>H', len(text)) + text
    start = 18
    return (b'\x89BIN\r\n\x1a\n' + struct.pack('>HII', 1, start, start + len(headers)) + headers
            + json.dumps(event).encode())


def shapes(task):
    """Channel, what is published there, and what must come of it."""
    ids = [str(uuid.uuid4()) for _ in range(5)]
    call = 'WorkflowLLMCallStarted'
    bare = {'event_id': ids[0], 'event_type': call, 'timestamp': NOW.isoformat(),
            'task_id': task, 'agent_id': 'python', 'data': CALL}
    known = {'event_id': ids[0], 'event_type': call, 'timestamp': NOW_TEXT, 'agent_id': 'python',
             **CALL}
    yield ('workflow.events', {'event_type': 'workflow.Started', 'task_id': task, 'goal': 'a'},
           {'event_type': 'WorkflowStarted', 'goal': 'a'})
    yield 'workflow.events', bare, known
    yield ('workflow.events', wrapped({**bare, 'event_id': ids[1]}), {**known, 'event_id': ids[1]})
    yield ('workflow.events', binary({**bare, 'event_id': ids[2]}), {**known, 'event_id': ids[2]})
    yield ('workflow.events', json.dumps(json.dumps({**bare, 'event_id': ids[3]})),
           {**known, 'event_id': ids[3]})
    for stamp in (NOW.timestamp(), str(NOW.timestamp()), int(NOW.timestamp() * 1000),
                  NOW.replace(tzinfo=None).isoformat(),
                  NOW.astimezone(datetime.timezone(datetime.timedelta(hours=2))).isoformat()):
        yield ('workflow.events', {'event_type': 'Stamped', 'task_id': task, 'timestamp': stamp},
               {'event_type': 'Stamped', 'timestamp': NOW_TEXT})
    for place in ({'data': {'task_id': task}}, {'data': {'aggregate_id': task}},
                  {'data': {'original_data': {'task_id': task}}}):
        yield 'workflow.events', {'event_type': 'Placed', **place}, {'event_type': 'Placed'}
    yield f'workflow.{task}', {'event_type': 'Placed'}, {'event_type': 'Placed'}
    for foreign, ours in (('LLMCallStarted', call), ('workflow.LLMCallStarted', call),
                          ('ToolCallCompleted', 'WorkflowToolCallCompleted'),
                          ('BudgetWarning', 'WorkflowBudgetWarning'),
                          ('IterationStarted', 'WorkflowStepStarted'),
                          ('Completed', 'Completed'), ('Epoch.ended', 'Epoch.ended')):
        yield f'workflow.{task}', {'event_type': foreign}, {'event_type': ours}
    for payload in (CALL, {'data': CALL}, {'data': {'original_data': CALL}},
                    {'data': {'model': 'another', 'original_data': CALL}}):
        yield (f'workflow.{task}', {'event_type': call, **payload}, {'event_type': call, **CALL})
    yield (f'workflow.{task}', {'type': 'Umlaut', 'text': 'größer \u2028 🙂'},
           {'event_type': 'Umlaut', 'text': 'größer \u2028 🙂'})
    yield (f'workflow.{task}', {'event_id': uuid.UUID(ids[4]).hex, 'event_type': 'Hex'},
           {'event_id': ids[4], 'event_type': 'Hex'})
    yield (f'workflow.{task}', {'event_id': 4711, 'event_type': 'Numbered'},
           {'event_type': 'Numbered', 'source_event_id': 4711})
    yield (f'workflow.{task}', {'event_type': 'workflow.Completed', 'final_response': 'done'},
           {'event_type': 'WorkflowCompleted', 'final_response': 'done'})


def main(socket, act, target, *rest):
    client = redis.Redis(unix_socket_path=socket)

    def publish(channel, what):
        if isinstance(what, dict):
            what = json.dumps(what, ensure_ascii=False)
        client.publish(channel, what)

    if act == 'shapes':
        for channel, what, event in shapes(target):
            publish(channel, what)
            print(json.dumps(event))
    elif act == 'count':
        for n in range(*map(int, rest)):
            publish(f'workflow.{target}', {'event_id': str(uuid.uuid4()), 'event_type': 'count',
                                           'data': {'n': n}})
    elif act == 'tick':
        for _ in range(int(rest[0])):
            publish(f'workflow.{target}', {'event_type': 'tick'})
    elif act == 'junk':
        for what in (b'\xff\xfe', b'\xff\xfd', 'no JSON', '[1]', 'null', '[' * 200_000, '{}',
                     b'x' * 20_000_000, {'event_type': 'a\nb'}, {'event_type': 7}):
            publish(f'workflow.{target}', what)
        publish('workflow.', {'event_type': 'x'})
        publish('workflow.x', {'event_type': 'x', 'task_id': 'no task'})
        publish(f'workflow.{target}', {'event_type': 'after'})
    elif act == 'say':
        publish(target, rest[0])


if __name__ == '__main__':
    main(*sys.argv[1:])

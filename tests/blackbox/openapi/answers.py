#!/usr/bin/env python3
"""Holds a daemon's answers against its own OpenAPI document.

answers.py URL all GATE       each answer that the document names, but for 503: the daemon declares
                              the agents "gated", whose step waits for the file GATE followed by the
                              task's id, "asking", whose steps ask for a yes and a text,
                              "quick", and "outside", whose tasks others execute
answers.py URL unavailable    each 503, while Redis is away
"""
import json
import pathlib
import sys
import time

from document import Document, frames_of

PATIENCE = 60
NOBODY = '00000000-0000-7000-8000-000000000000'
LONG = 'x' * (65 * 1024)
NOTE = {'event_type': 'note', 'n': 1}
EXTERNAL = {'runner': 'external'}


def until(what, holds):
    ends = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < ends, f'waited in vain: {what}'


def probes(api):
    for name in ('health', 'livez', 'readyz', 'version', 'metrics', 'openapi'):
        api.call(name, 200)


def agents(api):
    example = api.operations['create_agent'][2]['post']['requestBody']['content']
    new = dict(example['application/json']['example'], id='made')
    api.call('create_agent', 201, new)
    api.call('create_agent', 409, new)
    api.call('create_agent', 400, {'id': 'x', 'runner': 'external', 'nonsense': 1})
    api.call('create_agent', 403, {'id': 'x', 'runner': 'command',
                                   'steps': [{'name': 'a', 'run': ['true']}]})
    api.call('create_agent', 413, {'id': 'x', 'runner': 'external', 'description': LONG})
    api.call('create_agent', 415, 'id=x', type_='text/plain')
    assert len(api.call('list_agents', 200).json()['agents']) == 5
    for agent in ('gated', 'outside', 'made'):
        api.call('show_agent', 200, agent=agent)
    api.call('show_agent', 404, agent='nobody')
    api.call('put_agent', 200, dict(EXTERNAL, retry={'maximum_attempts': 2}), agent='made')
    api.call('put_agent', 201, EXTERNAL, agent='new')
    api.call('put_agent', 400, dict(EXTERNAL, id='other'), agent='new')
    api.call('put_agent', 403, EXTERNAL, agent='gated')
    api.call('put_agent', 404, EXTERNAL, agent='no.name')
    api.call('put_agent', 413, dict(EXTERNAL, description=LONG), agent='new')
    api.call('put_agent', 415, 'x', type_='text/plain', agent='new')
    for agent in ('new', 'made'):
        api.call('delete_agent', 204, agent=agent)
    api.call('delete_agent', 404, agent='made')
    api.call('delete_agent', 400, agent='run')


def tasks(api):
    example = api.operations['create_task'][2]['post']['requestBody']['content']
    new = example['application/json']['example']
    for _ in range(2):
        api.call('create_task', 201, new, agent='outside')
    api.call('create_task', 400, {'nonsense': 1}, agent='outside')
    api.call('create_task', 404, {}, agent='nobody')
    api.call('create_task', 413, {'description': LONG}, agent='outside')
    api.call('create_task', 415, 'x', type_='text/plain', agent='outside')
    once = {'Idempotency-Key': 'a-key'}
    api.call('create_task', 201, new, once, agent='outside')
    api.call('create_task', 200, new, once, agent='outside')
    api.call('create_task', 422, {}, once, agent='outside')
    followed = {'Idempotency-Key': 'another', 'Accept': 'text/event-stream'}
    for status in (201, 200):
        text = api.call('create_task', status, new, followed, agent='quick').body
        assert [frame['event'] for frame in frames_of(text) if 'event' in frame][-1] == 'stream.end'
    for operation, place in (('list_tasks', {'agent': 'outside'}), ('list_all_tasks', {})):
        page = api.call(operation, 200, **place, limit=1, status='submitted').json()
        assert len(page['tasks']) == 1 and page['cursor']
        page = api.call(operation, 200, **place, limit=1, cursor=page['cursor']).json()
        assert len(page['tasks']) == 1
        api.call(operation, 400, **place, limit=0)
    api.call('list_tasks', 404, agent='nobody')


class OneTask:
    """All that can be asked about one task, by one of its two paths."""

    def __init__(self, api, under_agent, gate):
        self.api, self.under_agent, self.gate = api, under_agent, gate
        self.agent = self.task = None

    def new(self, agent):
        created = self.api.call('create_task', 201, {'description': 'a goal'}, agent=agent)
        self.agent, self.task = agent, created.json()['id']

    def call(self, operation, status, body=None, task=None, **rest):
        place = {'task': task or self.task}
        if self.under_agent:
            place['agent'] = self.agent
        name = operation if self.under_agent else operation + '_by_id'
        return self.api.call(name, status, body, **place, **rest)

    def status(self):
        return self.call('show_task', 200).json()['status']

    def executed(self):
        # The step may be through before its worker has heard of the pause: then another task.
        while not self.paused():
            pass
        self.call('resume_task', 202)
        until('it ends', lambda: self.call('task_result', 200, wait='30s').json()['status']
              == 'completed')
        self.call('task_state', 200)

    def paused(self):
        self.new('gated')
        assert self.call('list_events', 200).json()['events'] == []
        for verb in ('pause', 'resume'):
            self.call(verb + '_task', 409, {})
        self.call('execute_task', 202, {'query': 'check', 'enable_streaming': True})
        self.call('execute_task', 409)
        until('it runs', lambda: '"begun' in self.call('list_events', 200).body)
        self.call('task_state', 200)
        self.call('task_result', 200)
        self.call('pause_task', 202, {'by': 'ann', 'reason': 'lunch'})
        pathlib.Path(self.gate + self.task).touch()
        until('it is paused or ends', lambda: self.status() in ('paused', 'completed'))
        return self.status() == 'paused'

    def ended(self):
        for verb in ('cancel', 'pause', 'resume', 'delete'):
            self.call(verb + '_task', 409)
        self.call('publish_events', 409, NOTE)
        page = self.call('list_events', 200, limit=1)
        assert page.json()['next'] and 'rel="next"' in page.fields['Link']
        lines = self.call('list_events', 200, fields={'Accept': 'application/x-ndjson'})
        count = len(lines.body.splitlines())
        assert count > 5 and len(self.call('list_events', 200).json()['events']) == count
        last = self.stream('Event', count)
        self.stream('NestedEvent', count, envelope='nested')
        self.call('stream_events', 204, fields={'Last-Event-ID': last})

    def stream(self, schema, count, **parameters):
        text = self.call('stream_events', 200, **parameters).body
        types = {'stream.open': 'StreamOpen', 'stream.gap': 'StreamGap', 'stream.end': 'StreamEnd'}
        found = {}
        last = None
        for frame in frames_of(text):
            if 'data' in frame:
                name = types.get(frame['event'], schema)
                found[name] = found.get(name, 0) + 1
                self.api.expect(json.loads(frame['data']), self.api.named(name), frame['event'])
            last = frame.get('id', last)
        assert found == {'StreamOpen': 1, schema: count, 'StreamEnd': 1}, found
        return last

    def asked(self):
        self.new('asking')
        self.call('execute_task', 202)
        until('it asks for a yes', lambda: 'ApprovalRequested' in
              self.call('list_events', 200).body)
        self.call('task_state', 200)
        self.call('approve_task', 202, {'by': 'ann', 'reason': 'it is Monday'})
        until('it asks for a text', lambda: 'InputRequested' in
              self.call('list_events', 200).body)
        self.call('input_task', 202, {'text': '1.2.3', 'by': 'ann'})
        until('it ends', lambda: self.call('task_result', 200, wait='30s').json()['status']
              == 'completed')
        self.call('approve_task', 409)
        self.call('input_task', 409, {'text': 'late'})

    def cancelled(self):
        for verb in ('cancel', 'delete'):
            self.new('gated')
            self.call(verb + '_task', 202, {'reason': 'no more'})

    def published(self):
        self.new('outside')
        described = self.api.operations['publish_events'][2]['post']['requestBody']['content']
        self.call('publish_events', 201, described['application/json']['example'])
        lines = 'application/x-ndjson'
        self.call('publish_events', 201, described[lines]['example'], type_=lines)
        self.call('publish_events', 413, '{"event_type":"n"}\n' * 1001,
                  type_=lines)

    def refused(self):
        self.new('outside')
        wrong = {'nonsense': 1}
        for verb in ('cancel', 'pause', 'resume', 'delete', 'execute', 'approve', 'input'):
            self.call(verb + '_task', 400, wrong)
            self.call(verb + '_task', 415, 'x', type_='text/plain')
            body = {'text': 'x'} if verb == 'input' else {}
            self.call(verb + '_task', 404, body, task=NOBODY)
        self.call('publish_events', 400, wrong)
        self.call('publish_events', 415, 'x', type_='text/plain')
        self.call('publish_events', 404, NOTE, task=NOBODY)
        for operation in ('show_task', 'task_state', 'task_result', 'list_events', 'stream_events'):
            self.call(operation, 404, task=NOBODY)
        self.call('task_result', 400, wait='soon')
        self.call('list_events', 400, limit='many')
        self.call('stream_events', 400, heartbeat=1)


def many(api):
    task = api.call('create_task', 201, {'description': 'a goal'}, agent='outside').json()['id']
    api.call('publish_events_by_id', 201, {'event_type': 'WorkflowCompleted'}, task=task)
    frames = list(frames_of(api.call('stream_many', 200, task=task).body))
    assert [frame['event'] for frame in frames if 'event' in frame][-1] == 'stream.end'
    last = [frame['id'] for frame in frames if 'id' in frame][-1]
    api.call('stream_many', 204, fields={'Last-Event-ID': last}, task=task)
    api.call('stream_many', 400, after='7-1')
    api.call('stream_many', 404, agent='nobody')


def everything(api, gate):
    assert api.check_examples() > 20
    probes(api)
    agents(api)
    tasks(api)
    many(api)
    for under_agent in (True, False):
        one = OneTask(api, under_agent, gate)
        one.executed()
        one.ended()
        one.asked()
        one.cancelled()
        one.published()
        one.refused()
    missing = [each for each in api.described()
               if each not in api.seen and each[1] not in ('503', 'default')]
    assert not missing, f'described, and not seen: {missing}'


def unavailable(api):
    bodies = {'create_agent': dict(EXTERNAL, id='new'), 'put_agent': EXTERNAL,
              'publish_events': NOTE, 'publish_events_by_id': NOTE,
              'input_task': {'text': 'x'}, 'input_task_by_id': {'text': 'x'}}
    for operation, status, type_ in list(api.described()):
        if status == '503':
            place = {name: value for name, value in (('agent', 'outside'), ('task', NOBODY))
                     if '{' + name + '}' in api.operations[operation][1]}
            api.call(operation, 503, bodies.get(operation), **place)
        elif (status, type_) == ('200', 'application/json') and operation in ('livez', 'version'):
            api.call(operation, 200)
    missing = [each for each in api.described() if each[1] == '503' and each not in api.seen]
    assert not missing, f'described, and not seen: {missing}'


def main():
    api = Document(sys.argv[1])
    if sys.argv[2] == 'all':
        everything(api, sys.argv[3])
    else:
        unavailable(api)
    print(f'{len(api.seen)} answers')


if __name__ == '__main__':
    main()

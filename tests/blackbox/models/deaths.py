#!/usr/bin/env python3
"""Kills the worker of a model agent at many points of its run, one point a run.

deaths.py FOLDER REDIS_SOCKET AGENT MODEL_FOLDER
  TASKFEED names the binary. Prints what was killed where; ends with 1 if anything was wrong.

A run has four model calls and six tool calls. At its point the worker gets SIGKILL, its lease is
made to run out, and another takes over. Points are: after the n-th event, where the server holds
the end of the last answer back, so that nobody comes too late; within any other answer; within a
tool that is held. Afterwards

  the task has completed with the answer that a run has that nobody disturbs;
  its seqs are 1, 2, 3 … and one event is terminal;
  what had an outcome when the worker died was not done again, by the server's count and the tools';
  what had none was done once more at most, and a tool that is not idempotent not at all.
"""
import collections
import json
import os
import pathlib
import queue
import re
import subprocess
import sys
import threading
import time

TASKFEED = os.environ['TASKFEED']
PATIENCE_S = 60
TERMINAL = {'WorkflowCompleted', 'WorkflowFailed', 'WorkflowCancelled'}
TURNS = (
    'call add {"n":"RUN-1"} + once {"n":"RUN-2"}',
    'think I look at what there is. => call once {"n":"RUN-3"}',
    'call add {"n":"RUN-4"} + add {"n":"RUN-5"} + add {"n":"RUN-6"}',
    'pace=3 say All is done: {result}.')
ANSWER = 'All is done: 4, 5, 6.'
AFTER_EVENTS = 32  # Deaths after so many different events, and ...
AT_THE_END = 4  # ... after the last ones, where a run may be over before.


class Wrong(Exception):
    """What was found, in words."""


def eventually(what, fact):
    ends = time.monotonic() + PATIENCE_S
    while not (found := fact()):
        if time.monotonic() > ends:
            raise Wrong(f'waited in vain: {what}')
        time.sleep(0.005)
    return found


def lines_of(path):
    return path.read_text(encoding='utf-8').splitlines() if path.exists() else []


class World:
    def __init__(self, folder, redis_socket, agent, model_folder):
        self.folder, self.model = pathlib.Path(folder), pathlib.Path(model_folder)
        self.socket, self.agent = redis_socket, agent
        self.runs = 0

    def redis(self, *words):
        done = subprocess.run(['redis-cli', '-s', self.socket, '--raw', *words], check=True,
                              capture_output=True, text=True, timeout=PATIENCE_S)
        return done.stdout.split('\n')

    def taskfeed(self, *words):
        return [TASKFEED, *words, '--redis', f'unix://{self.socket}']

    def say(self, *words):
        done = subprocess.run(self.taskfeed(*words), check=False, capture_output=True, text=True,
                              timeout=PATIENCE_S)
        if done.returncode != 0:
            raise Wrong(f'{words}: {done.returncode}: {done.stderr}')
        return done.stdout

    def worker(self):
        return subprocess.Popen(self.taskfeed('worker'), stdin=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def history(self, task):
        return [json.loads(line)
                for line in self.say('tail', '--no-follow', '-o', 'json', task).splitlines()]

    def requests(self, run):
        """(turn, when) of what the server was asked in this run."""
        lines = [json.loads(line) for line in lines_of(self.model / 'journal')]
        return [(line['turn'], line['at']) for line in lines
                if 'path' in line and f'{run}-1' in json.dumps(line['body'])]

    def tools(self, run):
        """How often each tool call of this run was begun."""
        return collections.Counter(line for line in lines_of(self.folder / 'begun')
                                   if line.startswith(f'{run}-'))

    def let_lease_run_out(self, task):
        queue_key = 'taskfeed:queue:{default}'
        self.redis('HSET', 'taskfeed:{%s}' % task, 'until', '0')
        for entry in self.redis('XPENDING', queue_key, 'workers', '-', '+', '100'):
            if re.fullmatch(r'\d+-\d+', entry):
                self.redis('XCLAIM', queue_key, 'workers', 'nobody', '0', entry, 'IDLE',
                           '99999999', 'JUSTID')


class Follower:
    """The events of a task as a reader sees them."""

    def __init__(self, world, task):
        self.lines = queue.Queue()
        self.process = subprocess.Popen(world.taskfeed('tail', '-f', '-o', 'json', task),
                                        stdout=subprocess.PIPE, text=True)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, count):
        """False where the task ended before."""
        for _ in range(count):
            if self.lines.get(timeout=PATIENCE_S) is None:
                return False
        return True

    def end(self):
        self.process.kill()
        self.process.wait()


class Run:
    def __init__(self, world, streaming=True, hold_answer=None, hold_tool=None):
        world.runs += 1
        self.world, self.name = world, f'r{world.runs}'
        self.gate = world.model / self.name
        self.held = world.folder / f'hold-{self.name}-{hold_tool}'
        if hold_tool is not None:
            self.held.touch()
        turns = [f'gate={self.name} {turn}' if at == hold_answer else turn
                 for at, turn in enumerate(TURNS)]
        self.task = world.say('create', '--agent', world.agent, '--id-only', '-d',
                              ' | '.join(turns).replace('RUN', self.name), '--param',
                              f'enable_streaming={json.dumps(streaming)}').strip()
        self.first = world.worker()
        self.second = None
        self.follower = Follower(world, self.task) if hold_tool is None else None
        world.say('execute', '-q', self.task)

    def kill(self):
        self.first.kill()
        self.first.wait()
        self.died = time.monotonic_ns() // 1000
        self.before = self.world.history(self.task)
        self.tools_before = self.world.tools(self.name)
        self.gate.touch()
        self.held.unlink(missing_ok=True)
        self.world.let_lease_run_out(self.task)
        self.second = self.world.worker()

    def outcome(self):
        self.world.say('wait', self.task)
        return self.world.history(self.task)

    def end(self):
        for process in (self.first, self.second):
            if process:
                process.kill()
                process.wait()
        if self.follower:
            self.follower.end()


def of_type(events, kind):
    return [event for event in events if event['event_type'] == kind]


def turns(events, kind):
    """Of the model calls that began, or came to an answer."""
    return {event['step'] // 2 for event in of_type(events, f'WorkflowLLMCall{kind}')}


def tools_done(events):
    name_of = {event['tool_call_id']: event['arguments']['n']
               for event in of_type(events, 'WorkflowToolCallStarted')}
    return {name_of[event['tool_call_id']]
            for event in of_type(events, 'WorkflowToolCallCompleted')}


def check_record(run, events):
    ends = [event for event in events if event['event_type'] in TERMINAL]
    if len(ends) != 1 or ends[0] != events[-1]:
        raise Wrong(f'{len(ends)} ends')
    if ends[0].get('final_response') != ANSWER:
        raise Wrong(f'the end is {ends[0]}')
    frames = run.world.say('tail', '--no-follow', '-o', 'sse', run.task).splitlines()
    seqs = [int(line[4:].split('-')[0]) for line in frames if line.startswith('id: ')]
    if seqs != list(range(1, len(events) + 1)):
        raise Wrong(f'seqs {seqs} of {len(events)} events')
    if len(of_type(events, 'WorkflowStarted')) != 1:
        raise Wrong('it began more than once')
    if events[:len(run.before)] != run.before:
        raise Wrong('what had been recorded has changed')
    costs = sum(event.get('cost') or 0 for event in of_type(events, 'WorkflowLLMCallCompleted')
                + of_type(events, 'WorkflowLLMCallFailed'))
    if abs(costs - ends[0]['total_cost']) > 1e-9:
        raise Wrong(f'calls cost {costs}, the task {ends[0]["total_cost"]}')


def check_repeats(run):
    begun, done = turns(run.before, 'Started'), turns(run.before, 'Completed')
    requests = run.world.requests(run.name)
    if again := {turn for turn, at in requests if at > run.died} & done:
        raise Wrong(f'answers {again} had come, and were asked for again')
    for turn, count in collections.Counter(turn for turn, _ in requests).items():
        if count > (2 if turn in begun - done else 1):
            raise Wrong(f'answer {turn} was asked for {count} times')
    tools = run.world.tools(run.name)
    new = tools - run.tools_before
    if again := tools_done(run.before) & set(new):
        raise Wrong(f'tools {again} had ended, and ran again')
    for call, count in tools.items():
        most = 1 if call[-1] in '23' else 2
        if count > most:
            raise Wrong(f'tool {call} ran {count} times')


def kill_at(world, where, **how):
    """True: the worker died within its run."""
    run = Run(world, **how)
    try:
        if isinstance(where, int):
            reached = run.follower.wait_for(where)
        else:
            reached = eventually(f'the run gets to {where}', lambda: at_hold(run, where))
        run.kill()
        within = reached and run.before[-1]['event_type'] not in TERMINAL
        events = run.outcome()
        check_record(run, events)
        check_repeats(run)
        return within
    except Wrong as wrong:
        raise Wrong(f'killed at {where} {how}, task {run.task}: {wrong}') from wrong
    finally:
        run.end()


def at_hold(run, where):
    kind, number = where
    if kind == 'answer':
        return any(turn == number for turn, _ in run.world.requests(run.name))
    return run.world.tools(run.name)[f'{run.name}-{number}'] > 0


def undisturbed(world):
    run = Run(world)
    try:
        run.before, run.tools_before, run.died = [], collections.Counter(), 0
        events = run.outcome()
        check_record(run, events)
        check_repeats(run)
        asked = [event['event_type'] == 'WorkflowLLMCallStarted' for event in events]
        return len(events), len(events) - asked[::-1].index(True)
    finally:
        run.end()


def main():
    world = World(*sys.argv[1:])
    events, to_last_call = undisturbed(world)
    points = [(1 + at * to_last_call // AFTER_EVENTS, {'hold_answer': 3})
              for at in range(AFTER_EVENTS)]
    points += [(events - before, {}) for before in range(1, AT_THE_END + 1)]
    for streaming in (True, False):
        points += [(('answer', turn), {'streaming': streaming, 'hold_answer': turn})
                   for turn in (range(4) if streaming else (0, 3))]
        points += [(('tool', tool), {'streaming': streaming, 'hold_tool': tool})
                   for tool in (range(1, 7) if streaming else (2, 5))]
    begin, deaths = time.monotonic(), 0
    for where, how in points:
        deaths += kill_at(world, where, **how)
    print(f'{events} events a run; {deaths} of {len(points)} workers died within theirs, '
          f'in {time.monotonic() - begin:.0f} s')
    if deaths < len(points) - AT_THE_END:
        raise Wrong('a worker did not die within its run')


try:
    main()
except Wrong as found:
    sys.exit(f'deaths.py: {found}')

#!/usr/bin/env python3
"""An OpenAI-compatible model server for tests: its model is a script, its journal the proof.

model_server.py FOLDER [--script FILE]
  writes its port to FOLDER/port, and ends with the process that started it

POST …/chat/completions, GET …/models, GET /_journal. The model's name picks the dialect:
"gemini-x" speaks as Google's endpoint, any other as OpenAI does; model_dialects.py has them, and
model_script.py what a message may ask for. Where MODEL_SERVER_KEY is set, it is asked for.

Some words in the name are rules of real servers: "old" refuses stream_options, "o1" refuses
max_tokens. A history that a real server would refuse (a call without its result, a Gemini call
without its signature) is refused with 400.

FOLDER/journal has two lines for each request. The first, before anything is answered:
  n, at, path, dialect, model, stream, key, headers, body: keys and headers as the beginning of
    their SHA-256, and at in microseconds of the monotonic clock
  conversation: of the first user message;  turn: answers since the last one
  attempt: how often this very request came before
and the second, when it is over:
  n, at, end: sent; failed, as the script wants; left, since the client did
"""
import argparse
import ctypes
import hashlib
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import model_dialects as dialects
import model_script as script

PLAIN_HEADERS = {'host', 'accept', 'accept-encoding', 'connection', 'content-length',
                 'content-type', 'user-agent', 'authorization'}
LONG_LINE = 10 * 1024 * 1024


class Left(Exception):
    """The client has closed the connection."""


class Refused(Exception):
    """(kind, text): what a real server says to such a request."""


def digest(value):
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def text_of(content):
    if isinstance(content, list):
        return ''.join(part.get('text', '') for part in content)
    return content or ''


def results_in(messages):
    """What the tools that the last answer called have said."""
    texts = []
    for said in reversed(messages):
        if said['role'] != 'tool':
            break
        texts.insert(0, text_of(said['content']))
    return ', '.join(texts)


def check_history(messages, dialect):
    waiting = []
    for number, said in enumerate(messages):
        role = said.get('role')
        if role == 'tool':
            if said.get('tool_call_id') not in waiting:
                raise Refused('invalid', f"messages[{number}]: 'tool' without its 'tool_calls'")
            if not isinstance(said.get('content'), str):
                raise Refused('invalid', f'messages[{number}].content: expected a string')
            waiting.remove(said['tool_call_id'])
            continue
        if waiting:
            raise Refused('invalid', f'tool_call_ids without a response: {waiting}')
        for call in said.get('tool_calls') or []:
            function = call['function']
            if not isinstance(function['arguments'], str):
                raise Refused('invalid', 'function.arguments: expected a string')
            signed = call.get('extra_content', {}).get('google', {}).get('thought_signature')
            if dialect.name == 'gemini' and signed != dialects.signature(function['name']):
                raise Refused('invalid', f"{function['name']} is missing a thought_signature")
            waiting.append(call['id'])
        if role not in ('system', 'developer', 'user', 'assistant'):
            raise Refused('invalid', f'messages[{number}].role: {role!r}')
    if waiting:
        raise Refused('invalid', f'tool_call_ids without a response: {waiting}')


def check(request, dialect):
    messages = request.get('messages')
    if not isinstance(messages, list) or not messages:
        raise Refused('invalid', "'messages' is required")
    model = request['model'].split('-')
    options = request.get('stream_options')
    if options is not None and (not request.get('stream') or 'old' in model):
        raise Refused('invalid', 'stream_options is not supported')
    if 'max_tokens' in request and 'o1' in model:
        raise Refused('invalid', "Unsupported parameter: 'max_tokens'. Use max_completion_tokens.")
    for tool in request.get('tools', []):
        name = tool['function']['name']
        if not 0 < len(name) <= 64 or not all(c.isalnum() or c in '_-' for c in name):
            raise Refused('invalid', f'tools: {name!r} is no name')
        if tool['type'] != 'function' or tool['function']['parameters']['type'] != 'object':
            raise Refused('invalid', f'tools: {name} has no schema of an object')
    check_history(messages, dialect)


class Journal:
    """What came and how it ended, on disk before anybody is answered."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.path = path
        self.file = open(path, 'a', encoding='utf-8')
        self.number = 0
        self.seen = {}

    def begin(self, messages, **line):
        users = [at for at, said in enumerate(messages) if said.get('role') == 'user'] or [0]
        first = text_of(messages[users[0]].get('content')) if messages else ''
        last = text_of(messages[users[-1]].get('content')) if messages else ''
        turn = sum(said.get('role') == 'assistant' for said in messages[users[-1]:])
        same = digest(json.dumps(messages))
        with self.lock:
            self.number += 1
            attempt = self.seen[same] = self.seen.get(same, -1) + 1
            self.write(n=self.number, conversation=digest(first), turn=turn, attempt=attempt,
                       **line)
            return self.number, last, turn, attempt

    def end(self, number, how):
        with self.lock:
            self.write(n=number, end=how)

    def write(self, **line):
        self.file.write(json.dumps({'at': time.monotonic_ns() // 1000, **line}) + '\n')
        self.file.flush()


class Connection(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    # --- What leaves ---

    def answer(self, status, body, headers=(), content_type='application/json'):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header('Content-Type', content_type)
        self.send_header('Content-Length', str(len(raw)))
        self.send_header('x-request-id', f'req-{self.number}')
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.put(raw)

    def put(self, raw):
        try:
            self.wfile.write(raw)
        except OSError as error:
            raise Left from error

    def chunk(self, text):
        """A piece of a body of unknown length; an empty one ends it."""
        raw = text if isinstance(text, bytes) else text.encode()
        size = self.turn.slice_bytes or len(raw) or 1
        for at in range(0, len(raw) or 1, size):
            part = raw[at:at + size]
            self.put(b'%x\r\n%s\r\n' % (len(part), part))

    def frame(self, value):
        end = self.dialect.line_end
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=self.turn.utf16)
        self.chunk(f'data: {text}{end}{end}')

    # --- What is waited for; the client may leave meanwhile ---

    def wait(self, seconds):
        if select.select([self.connection], [], [], seconds)[0]:
            try:
                there = self.connection.recv(1, socket.MSG_PEEK)
            except OSError as error:
                raise Left from error
            if not there:
                raise Left

    def wait_forever(self):
        while True:
            self.wait(60)

    def pass_gate(self):
        while self.turn.gate and not os.path.exists(
                os.path.join(self.server.folder, self.turn.gate)):
            self.wait(0.01)

    def hang_up(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError as error:
            raise Left from error
        return 'failed'

    # --- Requests ---

    def do_GET(self):
        self.number = 0
        if self.path == '/_journal':
            with open(self.server.journal.path, 'rb') as file:
                self.answer(200, file.read(), content_type='application/x-ndjson')
        elif self.path.endswith('/models'):
            models = [{'id': f'{name}-x', 'object': 'model', 'created': 1, 'owned_by': 'fake'}
                      for name in dialects.DIALECTS]
            self.answer(200, {'object': 'list', 'data': models})
        else:
            self.answer(404, {'error': {'message': f'Invalid URL (GET {self.path})',
                                        'type': 'invalid_request_error'}})

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        self.key = self.headers.get('Authorization', '').removeprefix('Bearer ')
        self.turn = script.DONE
        try:
            request = json.loads(raw)
            model = request['model']
        except (ValueError, KeyError, TypeError):
            request, model = {}, ''
        self.dialect = dialects.DIALECTS.get(model.split('-')[0], dialects.DIALECTS['openai'])
        messages = request.get('messages') or []
        strange = {name.lower(): digest(value) for name, value in self.headers.items()
                   if name.lower() not in PLAIN_HEADERS}
        self.number, last, turn, attempt = self.server.journal.begin(
            messages, path=self.path, dialect=self.dialect.name, model=model,
            stream=bool(request.get('stream')), key=digest(self.key), headers=strange, body=request)
        try:
            end = self.serve(request, last, turn, attempt)
        except Left:
            self.close_connection = True
            end = 'left'
        except Refused as refused:
            kind, text = refused.args
            status, body = dialects.error_body(self.dialect, kind, text)
            self.answer(status, body)
            end = 'failed'
        self.server.journal.end(self.number, end)

    def serve(self, request, last, turn, attempt):
        if not request:
            status = self.dialect.broken_json
            self.answer(status, {'error': {'message': 'the body is no JSON', 'type': 'invalid'}})
            return 'failed'
        if not self.path.endswith('/chat/completions') or self.path.startswith('/moved'):
            self.answer(404, {'error': {'message': f'Invalid URL (POST {self.path})'}})
            return 'failed'
        if self.server.key and self.key != self.server.key and self.dialect.name != 'ollama':
            raise Refused('auth', f'Incorrect API key provided: {self.key}')
        check(request, self.dialect)
        chosen = script.choose(last, turn, attempt, self.server.script)
        self.turn = script.with_key(chosen, self.key)
        options = request.get('stream_options') or {}
        asked = dialects.Asked(self.number, request['model'],
                               dialects.tokens_of(request['messages']),
                               bool(options.get('include_usage')),
                               bool(options.get('continuous_usage_stats')))
        if self.turn.fail in script.BEFORE:
            return self.fail_before()
        text = self.turn.text.replace('{result}', results_in(request['messages']))
        if request.get('stream') and not self.turn.plain:
            return self.stream(asked, text)
        return self.whole(asked, text)

    def fail_before(self):
        kind, seconds = self.turn.fail, self.turn.fail_number
        if kind == 'silence':
            self.wait_forever()
        if kind == 'closed':
            return self.hang_up()
        if kind == 'html':
            self.answer(502, b'<html><title>502</title>Bad Gateway\n</html>', (), 'text/html')
        elif kind == 'moved':
            self.answer(307, b'', [('Location', f'/moved{self.path}')])
        else:
            status, body = dialects.error_body(
                self.dialect, kind, f'{kind} on purpose for {self.key}', seconds)
            headers = []
            if seconds and self.dialect.name != 'gemini':
                headers = [('Retry-After', f'{max(1, round(seconds))}'),
                           ('retry-after-ms', f'{round(seconds * 1000)}')]
            self.answer(status, body, headers)
        return 'failed'

    def whole(self, asked, text):
        fail = self.turn.fail
        self.pass_gate()
        if fail == 'hang':
            self.wait_forever()
        if fail == 'error':
            raise Refused('error', f'error on purpose for {self.key}')
        if fail == 'garbage':
            self.answer(200, b'{"choices": [\xff\xfe')
            return 'failed'
        value = dialects.whole(self.dialect, self.turn, asked, text)
        if fail == 'long_line':
            value['choices'][0]['message']['content'] = 'x' * LONG_LINE
        if fail == 'no_finish':
            value['choices'][0]['finish_reason'] = None
        if fail in ('cut', 'half'):
            raw = json.dumps(value).encode()
            self.send_response(200)
            self.send_header('Content-Type', 'application/json')
            self.send_header('Content-Length', str(len(raw)))
            self.end_headers()
            self.put(raw[:len(raw) // 2])
            return self.hang_up()
        self.answer(200, value)
        return 'failed' if fail else 'sent'

    def stream(self, asked, text):
        stream = dialects.Stream(self.dialect, self.turn, asked, text)
        self.send_response(200)
        self.send_header('Content-Type', self.dialect.content_type)
        self.send_header('Transfer-Encoding', 'chunked')
        self.send_header('x-request-id', f'req-{self.number}')
        self.end_headers()
        end = self.dialect.line_end
        if self.dialect.comment:
            self.chunk(f'{self.dialect.comment}{end}{end}' * 2)
        for value in stream.opening():
            self.frame(value)
        middle = max(1, len(text) // self.turn.piece_size // 2)
        failing = self.turn.fail in script.AFTER
        for at, value in enumerate(self.paced(stream.body())):
            if failing and at == self.turn.fail_number:
                failing = False
                if self.fail_within(stream):
                    return 'failed'
            if at == middle:
                self.pass_gate()
            self.frame(value)
        self.pass_gate()
        if failing and self.fail_within(stream):
            return 'failed'
        if self.turn.fail != 'no_finish':
            for value in stream.closing():
                self.frame(value)
        if self.turn.fail not in ('no_done', 'no_finish'):
            self.frame('[DONE]')
        self.chunk('')
        return 'failed' if self.turn.fail else 'sent'

    def paced(self, values):
        """Each is made when it is due: some tell the time."""
        for value in values:
            yield value
            if self.turn.pace_ms:
                self.wait(self.turn.pace_ms / 1000)

    def fail_within(self, stream):
        """True: nothing more is to be sent."""
        kind = self.turn.fail
        if kind == 'hang':
            self.wait_forever()
        if kind in ('cut', 'half'):
            if kind == 'half':
                self.chunk('data: {"id":"chatcmpl-ha')
            self.hang_up()
            return True
        if kind == 'error':
            _, body = dialects.error_body(self.dialect, 'error', f'error on purpose for {self.key}')
            self.frame(body[0] if isinstance(body, list) else body)
            if self.dialect.name == 'vllm':
                self.frame('[DONE]')
            self.chunk('')
            return True
        if kind == 'garbage':
            self.frame('{"choices": [')
            self.chunk(b'data: \xff\xfe\x00\n\n')
        if kind == 'long_line':
            self.frame(stream.chunk({'content': 'x' * LONG_LINE}))
        return False


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):  # Of a client that left between requests.
            super().handle_error(request, client_address)


def end_with_parent():
    parent = os.getppid()
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        sys.exit(0)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder')
    parser.add_argument('--script')
    arguments = parser.parse_args()
    end_with_parent()
    server = Server(('127.0.0.1', 0), Connection)
    server.folder = arguments.folder
    server.key = os.environ.get('MODEL_SERVER_KEY', '')
    server.journal = Journal(os.path.join(arguments.folder, 'journal'))
    server.script = {}
    if arguments.script:
        with open(arguments.script, encoding='utf-8') as file:
            server.script = json.load(file)
    path = os.path.join(arguments.folder, 'port')
    with open(f'{path}.new', 'w', encoding='utf-8') as port:
        port.write(str(server.server_address[1]))
    os.rename(f'{path}.new', path)
    server.serve_forever()


if __name__ == '__main__':
    main()

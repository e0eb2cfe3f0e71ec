#!/usr/bin/env python3
"""An MCP server that speaks both eras of the protocol, and misbehaves where a test asks for it.

mcp_server.py [MODE]: messages on standard input and output.

Modes: both (default), handshake, stateless, no_tools, silent, dies, garbage, future.
The tools are the misbehaviour: each says what it does by its name.
"""
import json
import os
import sys

HANDSHAKE = ('2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25')
STATELESS = '2026-07-28'
META = 'io.modelcontextprotocol/'
PAGE = 5
SCHEMA = {'type': 'object', 'properties': {'text': {'type': 'string'}},
          '$schema': 'https://json-schema.org/draft/2020-12/schema'}
NAMES = ['echo', 'env', 'fail', 'refuse', 'progress', 'die', 'silence', 'noise', 'long_line',
         'wrong_id', 'twice', 'pictures', 'structured', 'count', 'complain', 'change', 'cancelled',
         'questions', 'large', 'odd.name/é', 'input', 'begin']


def result(request, value, **more):
    return {'jsonrpc': '2.0', 'id': request['id'], 'result': {**value, **more}}


def refusal(request, code, text, **more):
    return {'jsonrpc': '2.0', 'id': request.get('id'),
            'error': {'code': code, 'message': text, **more}}


def said(request, text, **more):
    return result(request, {'content': [{'type': 'text', 'text': text}]}, **more)


class Server:
    """Answers as lists of messages (dict) and raw lines (bytes); None ends the process."""

    def __init__(self, mode):
        self.mode = mode
        self.calls = 0
        self.cancelled = []
        self.answers = []
        self.names = list(NAMES)
        self.waiting = None

    def hear(self, message):
        method = message.get('method')
        if method == 'notifications/cancelled':
            self.cancelled.append(message['params']['requestId'])
        if method is None:
            return self.hear_answer(message)
        if 'id' not in message:
            return []
        if self.mode == 'silent':
            return []
        if method == 'initialize':
            return self.initialize(message)
        meta = (message.get('params') or {}).get('_meta') or {}
        version = meta.get(META + 'protocolVersion')
        if self.mode == 'stateless' and version is None:
            return [refusal(message, -32602, 'the request has no _meta')]
        if version is not None and self.mode == 'handshake':
            return [refusal(message, -32601, 'Method not found')]
        if version not in (None, STATELESS):
            return [refusal(message, -32022, 'unsupported version')]
        handler = {'server/discover': self.discover, 'tools/list': self.tools_list,
                   'tools/call': self.tools_call}.get(method)
        if method == 'server/discover' and version is None or handler is None:
            return [refusal(message, -32601, 'Method not found')]
        return handler(message)

    def initialize(self, message):
        if self.mode == 'stateless':
            return [refusal(message, -32601, 'Method not found')]
        asked = message['params']['protocolVersion']
        version = '2031-01-01' if self.mode == 'future' else asked
        tools = {} if self.mode == 'no_tools' else {'tools': {'listChanged': True}}
        return [result(message, {'protocolVersion': version, 'capabilities': tools,
                                 'serverInfo': {'name': 'fake', 'version': '1'}})]

    def discover(self, message):
        return [result(message, {'supportedVersions': [STATELESS], 'capabilities': {'tools': {}},
                                 'resultType': 'complete'})]

    def tools_list(self, message):
        if self.mode == 'no_tools':
            return [refusal(message, -32601, 'Method not found')]
        begin = int((message.get('params') or {}).get('cursor') or 0)
        tools = [{'name': name, 'description': f'does {name}', 'inputSchema': SCHEMA}
                 for name in self.names[begin:begin + PAGE]]
        if begin == 0:
            tools += [{'description': 'without a name'},
                      {'name': 'no_object', 'inputSchema': {'type': 'string'}}]
        page = {'tools': tools}
        if begin + PAGE < len(self.names):
            page['nextCursor'] = str(begin + PAGE)
        return [result(message, page, resultType='complete')]

    def tools_call(self, message):
        self.calls += 1
        name = message['params']['name']
        arguments = message['params'].get('arguments') or {}
        token = (message['params'].get('_meta') or {}).get('progressToken')
        if name not in self.names:
            return [refusal(message, -32602, f'Unknown tool: {name}')]
        handler = getattr(self, 'tool_' + name, None)
        if handler is None:
            return [said(message, f'{name} was called')]
        return handler(message, arguments, token)

    def tool_echo(self, message, arguments, _):
        return [said(message, arguments.get('text', ''))]

    def tool_env(self, message, *_):
        return [said(message, '\n'.join(f'{k}={v}' for k, v in sorted(os.environ.items())))]

    def tool_fail(self, message, *_):
        return [said(message, 'ENOENT: no such file', isError=True)]

    def tool_refuse(self, message, *_):
        return [refusal(message, -32602, 'bad arguments')]

    def tool_progress(self, message, arguments, token):
        steps = [{'jsonrpc': '2.0', 'method': 'notifications/progress',
                  'params': {'progressToken': token, 'progress': step, 'total': 3,
                             'message': f'step\x1b{step}'}} for step in (1, 2, 3)]
        stray = {'jsonrpc': '2.0', 'method': 'notifications/progress',
                 'params': {'progressToken': 'of nobody', 'progress': 1}}
        return [stray] + steps + [said(message, 'done')]

    def tool_begin(self, message, arguments, token):
        return [{'jsonrpc': '2.0', 'method': 'notifications/progress',
                 'params': {'progressToken': token, 'progress': 1}}]

    def tool_die(self, *_):
        return None

    def tool_silence(self, *_):
        return []

    def tool_noise(self, message, *_):
        return [b'Listening on stdout, sorry\x1b[2J', b'{"half":', b'\xff\xfe\x00', b'[]', b'null',
                b'{"jsonrpc":"2.0"}', b'{"jsonrpc":"2.0","id":null,"result":{}}', b'',
                b'[' * 5000, said(message, 'after the noise')]

    def tool_long_line(self, *_):
        return [b'x' * (10 * 1024 * 1024)]

    def tool_wrong_id(self, message, *_):
        wrong = said(message, 'of another')
        wrong['id'] = message['id'] + 1000
        as_text = said(message, 'with its id as text')
        as_text['id'] = str(message['id'])
        return [wrong, as_text]

    def tool_twice(self, message, *_):
        return [said(message, 'first'), said(message, 'second')]

    def tool_pictures(self, message, *_):
        return [result(message, {'content': [
            {'type': 'text', 'text': 'Look:'},
            {'type': 'image', 'mimeType': 'image/png', 'data': 'QUJD' * 400},
            {'type': 'audio', 'mimeType': 'audio/wav', 'data': 'QUI='},
            {'type': 'resource', 'resource': {'uri': 'file:///a.txt', 'mimeType': 'text/plain',
                                              'text': 'inside'}},
            {'type': 'resource', 'resource': {'uri': 'file:///b', 'blob': 'QUJD'}},
            {'type': 'resource_link', 'uri': 'file:///c', 'name': 'c'},
            {'type': 'hologram'}]})]

    def tool_structured(self, message, *_):
        return [result(message, {'content': [], 'structuredContent': {'sum': 3}})]

    def tool_count(self, message, *_):
        return [said(message, f'{self.calls} {os.getpid()}')]

    def tool_complain(self, message, arguments, _):
        sys.stderr.write('token is ' + os.environ.get('TOKEN', 'absent') + '\n')
        sys.stderr.write('y' * 3000 + '\n')
        for number in range(int(arguments.get('lines', 0))):
            sys.stderr.write(f'complaint {number} {"z" * 80}\n')
        sys.stderr.flush()
        return [said(message, 'complained')]

    def tool_change(self, message, *_):
        self.names.append('appeared')
        return [{'jsonrpc': '2.0', 'method': 'notifications/tools/list_changed'},
                said(message, 'changed')]

    def tool_cancelled(self, message, *_):
        return [said(message, json.dumps(self.cancelled))]

    def tool_questions(self, message, *_):
        self.waiting = message
        self.answers = []
        return [{'jsonrpc': '2.0', 'id': 'q1', 'method': 'ping'},
                {'jsonrpc': '2.0', 'id': 7, 'method': 'roots/list'}]

    def hear_answer(self, message):
        self.answers.append({'id': message['id'], 'result': message.get('result'),
                             'code': (message.get('error') or {}).get('code')})
        if self.waiting is None or len(self.answers) < 2:
            return []
        return [said(self.waiting, json.dumps(self.answers))]

    def tool_large(self, message, *_):
        return [said(message, 'é' * 100_000)]

    def tool_input(self, message, *_):
        return [result(message, {'resultType': 'input_required', 'inputRequests': {}})]


def serve_stdio(server):
    out = sys.stdout.buffer
    if server.mode == 'garbage':
        out.write(b'Welcome to the fake server!\n')
        out.flush()
    if server.mode == 'dies':
        sys.stderr.write('cannot find my configuration\n')
        return 3
    for line in sys.stdin.buffer:
        try:
            message = json.loads(line)
        except ValueError:
            continue
        answers = server.hear(message)
        if answers is None:
            return 9
        for answer in answers:
            out.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())
            out.write(b'\n')
        out.flush()
    return 0


if __name__ == '__main__':
    sys.exit(serve_stdio(Server(sys.argv[1] if len(sys.argv) > 1 else 'both')))

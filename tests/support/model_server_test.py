"""The fake model server speaks what it says it speaks; tests of taskfeed stand on it."""
import hashlib
import http.client
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import model_dialects  # noqa: E402
import model_script  # noqa: E402

TOOLS = [{'type': 'function', 'function': {
    'name': name, 'description': 'd', 'parameters': {'type': 'object', 'properties': {}}}}
    for name in ('sum', 'clock')]
PATIENCE_S = 30


def eventually(fact):
    ends = time.monotonic() + PATIENCE_S
    while not fact():
        if time.monotonic() > ends:
            raise AssertionError('waited in vain')
        time.sleep(0.01)


class Answer:
    """A reply, read to its end or to where it broke."""

    def __init__(self, reply):
        self.status = reply.status
        self.headers = reply.headers
        self.whole = True
        try:
            self.raw = reply.read()
        except http.client.IncompleteRead as error:
            self.raw, self.whole = error.partial, False

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def frames(self):
        lines = self.raw.replace(b'\r\n', b'\n').split(b'\n\n')
        return [line[6:].decode() for line in lines if line.startswith(b'data: ')]

    @property
    def chunks(self):
        return [json.loads(frame) for frame in self.frames if frame != '[DONE]']

    @property
    def deltas(self):
        return [chunk['choices'][0]['delta'] for chunk in self.chunks if chunk['choices']]

    def text(self, key='content'):
        return ''.join(delta.get(key) or '' for delta in self.deltas)

    @property
    def finish(self):
        return [chunk['choices'][0]['finish_reason'] for chunk in self.chunks
                if chunk['choices'] and chunk['choices'][0]['finish_reason']]

    @property
    def calls(self):
        """Put together as a client does it."""
        calls = []
        for delta in self.deltas:
            for part in delta.get('tool_calls', []):
                if 'id' in part:
                    calls.append([part['function']['name'], ''])
                calls[part.get('index', len(calls) - 1)][1] += part['function']['arguments']
        return calls

    @property
    def usage(self):
        return [chunk['usage'] for chunk in self.chunks if chunk.get('usage')]


class ModelServer(unittest.TestCase):
    key = ''

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        path = pathlib.Path(self.folder.name)
        (path / 'script').write_text(json.dumps({
            'twice': [[{'fail': 'server'}, {'text': 'again'}],
                      {'calls': [['sum', {'a': 1}]]}]}), encoding='utf-8')
        self.server = subprocess.Popen(
            [sys.executable, '-B', HERE / 'model_server.py', path, '--script', path / 'script'],
            env={**os.environ, 'MODEL_SERVER_KEY': self.key})
        self.addCleanup(self.server.wait)
        self.addCleanup(self.server.kill)
        eventually((path / 'port').exists)
        self.port = int((path / 'port').read_text(encoding='utf-8'))

    def send(self, request, method='POST', path='/v1/chat/completions', headers=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=PATIENCE_S)
        self.addCleanup(connection.close)
        body = request if isinstance(request, (bytes, type(None))) else json.dumps(request)
        connection.request(method, path, body, headers or {})
        return connection

    def ask(self, said, dialect='openai', **more):
        """A stream, unless stream=False."""
        messages = said if isinstance(said, list) else [{'role': 'user', 'content': said}]
        request = {'model': f'{dialect}-x', 'messages': messages, 'tools': TOOLS, 'stream': True,
                   'stream_options': {'include_usage': True}, **more}
        if not request['stream']:
            del request['stream_options']
        return Answer(self.send(request).getresponse())

    @property
    def journal(self):
        reply = self.send(None, 'GET', '/_journal').getresponse()
        return [json.loads(line) for line in reply.read().splitlines()]


class Dialects(ModelServer):
    def test_every_dialect_says_the_same_in_a_stream_and_at_once(self):
        text = 'Hello, wörld 🙂, twice.'
        for name in model_dialects.DIALECTS:
            with self.subTest(name):
                stream = self.ask(f'say {text}', name)
                self.assertEqual(stream.status, 200)
                self.assertIn('text/event-stream', stream.headers['Content-Type'])
                self.assertEqual((stream.text(), stream.finish), (text, ['stop']))
                self.assertEqual(stream.frames[-1], '[DONE]')
                self.assertGreater(len(stream.deltas), 5)
                choice = self.ask(f'say {text}', name, stream=False).json['choices'][0]
                self.assertEqual(choice['message']['content'], text)
                self.assertEqual(choice['finish_reason'], 'stop')

    def test_every_dialect_calls_several_tools(self):
        said = 'call sum {"a":1,"b":[2]} + clock {}'
        for name, dialect in model_dialects.DIALECTS.items():
            with self.subTest(name):
                stream = self.ask(said, name)
                self.assertEqual(stream.calls, [['sum', '{"a":1,"b":[2]}'], ['clock', '{}']])
                self.assertEqual(stream.finish, [dialect.finish_of_calls])
                calls = self.ask(said, name, stream=False).json['choices'][0]['message'][
                    'tool_calls']
                self.assertEqual([call['function']['arguments'] for call in calls],
                                 ['{"a":1,"b":[2]}', '{}'])
                self.assertNotEqual(calls[0]['id'], calls[1]['id'])

    def test_the_dialects_differ_as_the_servers_do(self):
        parts = {name: [part for delta in self.ask('call sum {"a":1}', name).deltas
                        for part in delta.get('tool_calls', [])]
                 for name in model_dialects.DIALECTS}
        self.assertEqual(parts['openai'][0]['function']['arguments'], '')
        self.assertEqual(parts['llamacpp'][0]['function']['arguments'], '{')
        self.assertNotIn('id', parts['vllm'][1])
        self.assertEqual(len(parts['ollama']), 1)
        self.assertNotIn('index', parts['gemini'][0])
        roles = {name: sum('role' in delta for delta in self.ask('say 12345678', name).deltas)
                 for name in model_dialects.DIALECTS}
        self.assertEqual((roles['openai'], roles['ollama'], roles['gemini']), (1, 3, 3))
        router = self.ask('say x', 'openrouter').raw
        self.assertTrue(router.startswith(b': OPENROUTER PROCESSING\r\n\r\n'))
        self.assertEqual(self.ask('say x', 'ollama').chunks[0]['system_fingerprint'], 'fp_ollama')

    def test_reasoning_comes_under_the_key_of_the_dialect_and_beside_the_text(self):
        for name, key in (('vllm', 'reasoning'), ('llamacpp', 'reasoning_content'),
                          ('openrouter', 'reasoning'), ('ollama', 'reasoning')):
            with self.subTest(name):
                stream = self.ask('think I wonder. => say Yes.', name)
                self.assertEqual((stream.text(key), stream.text()), ('I wonder.', 'Yes.'))
        self.assertEqual(self.ask('think I wonder. => say Yes.', 'openai').text(), 'Yes.')

    def test_usage_is_where_the_dialect_puts_it(self):
        said = 'usage=1000,200,600,50 cost=0.00123 say x'
        openai = self.ask(said)
        self.assertEqual(openai.usage, [{
            'prompt_tokens': 1000, 'completion_tokens': 200, 'total_tokens': 1200,
            'prompt_tokens_details': {'cached_tokens': 600},
            'completion_tokens_details': {'reasoning_tokens': 50}}])
        self.assertEqual(openai.chunks[-1]['choices'], [])
        self.assertIsNone(openai.chunks[0]['usage'])
        self.assertEqual(self.ask(said, 'openrouter').usage[0]['cost'], 0.00123)
        gemini = self.ask(said, 'gemini').usage
        self.assertEqual(gemini[0], {'prompt_tokens': 1000, 'completion_tokens': 150,
                                     'total_tokens': 1200})
        self.assertGreater(len(gemini), 1)
        each = {'include_usage': True, 'continuous_usage_stats': True}
        self.assertGreater(len(self.ask(said, 'vllm', stream_options=each).usage), 1)
        self.assertEqual(self.ask('usage=none say x').usage, [])
        self.assertNotIn('usage', self.ask('usage=none say x', stream=False).json)

    def test_pieces_and_packets_are_cut_where_it_is_said(self):
        stream = self.ask('pieces=1 slices=1 say é🙂')
        self.assertEqual(stream.text(), 'é🙂')
        self.assertEqual(sum(bool(delta.get('content')) for delta in stream.deltas), 2)
        self.assertIn(rb'"\ud83d"', self.ask('pieces=1 utf16=1 say 🙂').raw)

    def test_ticks_tell_when_they_were_sent(self):
        times = [int(word) for word in self.ask('pace=1 tick 5').text().split()]
        self.assertEqual(len(times), 5)
        self.assertEqual(times, sorted(set(times)))
        self.assertLessEqual(times[-1], time.monotonic_ns() // 1000)

    def test_a_stream_may_be_answered_in_json(self):
        answer = self.ask('plain=1 say x')
        self.assertEqual(answer.json['choices'][0]['message']['content'], 'x')


class Turns(ModelServer):
    def test_a_message_is_its_own_script(self):
        said = [{'role': 'user', 'content': 'call sum {} | say It is {result}. / say Again.'}]
        call = self.ask(said, stream=False).json['choices'][0]['message']
        said += [call, {'role': 'tool', 'tool_call_id': call['tool_calls'][0]['id'],
                        'content': '42'}]
        self.assertEqual(self.ask(said).text(), 'It is 42.')
        self.assertEqual(self.ask(said).text(), 'Again.')
        said += [{'role': 'assistant', 'content': 'It is 42.'}]
        self.assertEqual(self.ask(said).text(), 'Done.')
        self.assertEqual(self.ask('what is this?').text(), 'You said: what is this?')

    def test_a_file_of_scripts_is_taken_for_the_words_in_it(self):
        self.assertEqual(self.ask('twice please').status, 500)
        self.assertEqual(self.ask('twice please').text(), 'again')
        self.assertEqual(self.ask([{'role': 'user', 'content': 'twice'},
                                   {'role': 'assistant', 'content': 'again'}]).calls,
                         [['sum', '{"a": 1}']])

    def test_the_journal_tells_conversation_turn_and_attempt(self):
        said = [{'role': 'system', 'content': 's'}, {'role': 'user', 'content': 'a'}]
        self.ask(said)
        self.ask(said)
        self.ask(said + [{'role': 'assistant', 'content': 'b'}], stream=False)
        eventually(lambda: len(self.journal) == 6)
        begun = [line for line in self.journal if 'path' in line]
        self.assertEqual([(line['turn'], line['attempt']) for line in begun],
                         [(0, 0), (0, 1), (1, 0)])
        self.assertEqual(len({line['conversation'] for line in begun}), 1)
        self.assertEqual(begun[0]['body']['messages'], said)
        self.assertEqual([line['end'] for line in self.journal if 'end' in line], ['sent'] * 3)

    def test_a_gate_holds_the_second_half(self):
        request = {'model': 'openai-x', 'stream': True, 'messages': [
            {'role': 'user', 'content': 'gate=go say one two three four'}]}
        reply = self.send(request).getresponse()
        got = b''
        while b'two ' not in got:
            got += reply.read1()
        self.assertNotIn(b'four', got)
        self.assertEqual(len(self.journal), 1)
        pathlib.Path(self.folder.name, 'go').touch()
        self.assertIn(b'[DONE]', reply.read())

    def test_a_client_that_leaves_is_noticed(self):
        request = {'model': 'openai-x', 'stream': True, 'messages': [
            {'role': 'user', 'content': 'gate=go say one two three four'}]}
        connection = self.send(request)
        connection.getresponse().read1()
        connection.sock.shutdown(2)
        eventually(lambda: self.journal[-1].get('end') == 'left')


class Failures(ModelServer):
    def test_failures_before_an_answer_have_the_status_of_real_servers(self):
        wanted = {'rate_limited': 429, 'quota': 429, 'auth': 401, 'permission': 403,
                  'not_found': 404, 'context': 400, 'invalid': 400, 'overloaded': 503,
                  'server': 500, 'html': 502, 'moved': 307}
        self.assertEqual(set(wanted) | {'silence', 'closed'}, set(model_script.BEFORE))
        for kind, status in wanted.items():
            for stream in (True, False):
                with self.subTest(kind):
                    answer = self.ask(f'fail {kind}', stream=stream)
                    self.assertEqual((answer.status, answer.whole), (status, True))

    def test_errors_are_written_as_the_dialect_writes_them(self):
        def error(kind, dialect):
            return self.ask(f'fail {kind}', dialect).json
        self.assertEqual(error('quota', 'openai')['error']['code'], 'insufficient_quota')
        self.assertEqual(error('context', 'openai')['error']['code'], 'context_length_exceeded')
        self.assertEqual(error('context', 'llamacpp')['error']['n_ctx'], 4096)
        self.assertEqual(error('auth', 'llamacpp')['error']['type'], 'authentication_error')
        self.assertEqual(error('server', 'vllm')['error']['type'], 'InternalServerError')
        self.assertEqual(error('rate_limited', 'gemini')[0]['error']['status'],
                         'RESOURCE_EXHAUSTED')

    def test_how_long_to_wait_is_said(self):
        headers = self.ask('fail rate_limited 0.25').headers
        self.assertEqual((headers['Retry-After'], headers['retry-after-ms']), ('1', '250'))
        gemini = self.ask('fail rate_limited 3', 'gemini')
        self.assertNotIn('Retry-After', gemini.headers)
        self.assertEqual(gemini.json[0]['error']['details'][0]['retryDelay'], '3s')

    def test_streams_break_after_as_many_frames_as_it_is_said(self):
        cut = self.ask('fail cut 2')
        self.assertEqual((cut.text(), cut.whole), ('This is ', False))
        half = self.ask('fail half 2')
        self.assertFalse(half.whole)
        self.assertTrue(half.raw.endswith(b'chatcmpl-ha'))
        error = self.ask('fail error 2', 'vllm')
        self.assertTrue(error.whole)
        self.assertIn('error', json.loads(error.frames[-2]))
        self.assertEqual(error.frames[-1], '[DONE]')
        self.assertIn(b'\xff\xfe\x00', self.ask('fail garbage 2').raw)
        self.assertGreater(max(map(len, self.ask('fail long_line').frames)), 10_000_000)
        no_done = self.ask('fail no_done')
        self.assertEqual((no_done.finish, no_done.frames[-1] == '[DONE]'), (['stop'], False))
        self.assertEqual(self.ask('fail no_finish').finish, [])
        self.assertFalse(self.ask('break=cut:2 call sum {"a":123456}').whole)
        self.assertFalse(self.ask('fail cut 1000').whole)

    def test_whole_answers_break_too(self):
        self.assertFalse(self.ask('fail cut', stream=False).whole)
        self.assertEqual(self.ask('fail error', stream=False).status, 500)
        self.assertRaises(ValueError, lambda: self.ask('fail garbage', stream=False).json)
        self.assertGreater(len(self.ask('fail long_line', stream=False).raw), 10_000_000)

    def test_silence_is_silent_before_and_within_an_answer(self):
        for said in ('fail silence', 'fail hang 1'):
            connection = self.send({'model': 'openai-x', 'stream': True, 'messages': [
                {'role': 'user', 'content': said}]})
            eventually(lambda: len(self.journal) % 2)
            connection.sock.shutdown(2)
            eventually(lambda: self.journal[-1].get('end') == 'left')
        with self.assertRaises(http.client.RemoteDisconnected):
            self.ask('fail closed')

    def test_requests_that_a_real_server_refuses_are_refused(self):
        user = {'role': 'user', 'content': 'x'}
        call = {'id': 'c', 'type': 'function', 'function': {'name': 'sum', 'arguments': '{}'}}
        called = {'role': 'assistant', 'content': None, 'tool_calls': [call]}
        result = {'role': 'tool', 'tool_call_id': 'c', 'content': '1'}
        self.assertEqual(self.ask([user, called, result]).status, 200)
        self.assertEqual(self.ask([user, called]).status, 400)
        self.assertEqual(self.ask([user, called, user]).status, 400)
        self.assertEqual(self.ask([user, result]).status, 400)
        self.assertEqual(self.ask([user, called, {**result, 'content': {}}]).status, 400)
        self.assertEqual(self.ask([user, called, result], 'gemini').status, 400)
        self.assertEqual(self.ask([]).status, 400)
        self.assertEqual(self.ask('x', 'openai-old').status, 400)
        self.assertEqual(self.ask('x', 'openai-o1', max_tokens=5).status, 400)
        self.assertEqual(Answer(self.send(b'{').getresponse()).status, 400)
        self.assertEqual(self.ask('x', tools=[{'type': 'function', 'function': {
            'name': 'a.b', 'parameters': {'type': 'object'}}}]).status, 400)
        self.assertEqual(Answer(self.send({'model': 'x'}, path='/v1/x').getresponse()).status, 404)
        self.assertEqual(Answer(self.send(None, 'GET', '/v1/models').getresponse()).json['object'],
                         'list')


class Keys(ModelServer):
    key = 'sesame'

    def test_a_key_is_asked_for_and_only_its_digest_is_kept(self):
        self.assertEqual(self.ask('say x').status, 401)
        self.assertEqual(self.ask('say x', 'ollama').status, 200)
        request = {'model': 'openai-x', 'messages': [{'role': 'user', 'content': 'say {key}'}]}
        answer = Answer(self.send(request, headers={
            'Authorization': 'Bearer sesame', 'X-Secret': 'open'}).getresponse())
        self.assertEqual(answer.json['choices'][0]['message']['content'], 'sesame')
        line = [line for line in self.journal if 'path' in line][-1]
        self.assertEqual(line['key'], hashlib.sha256(b'sesame').hexdigest()[:16])
        self.assertEqual(line['headers'], {'x-secret': hashlib.sha256(b'open').hexdigest()[:16]})
        self.assertNotIn('sesame', json.dumps(self.journal))


class Ends(unittest.TestCase):
    def test_the_server_ends_with_whoever_started_it(self):
        with tempfile.TemporaryDirectory() as folder:
            starter = subprocess.Popen(
                [sys.executable, '-c', 'import subprocess, sys\n'
                 'print(subprocess.Popen(sys.argv[1:]).pid, flush=True)\n'
                 'sys.stdin.read()', sys.executable, '-B', HERE / 'model_server.py',
                 folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            with starter:
                pid = int(starter.stdout.readline())
                eventually(pathlib.Path(folder, 'port').exists)
                starter.send_signal(signal.SIGKILL)

            def gone():
                try:
                    stat = pathlib.Path(f'/proc/{pid}/stat').read_text(encoding='utf-8')
                except OSError:
                    return True
                return stat.rpartition(')')[2].split()[0] in 'ZX'
            eventually(gone)


if __name__ == '__main__':
    unittest.main()

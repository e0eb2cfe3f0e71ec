#!/usr/bin/env python3
"""Google ADK's api_server as far as taskfeed asks it, with one app, "weather".

fake.py FOLDER    writes its port to FOLDER/port, and each run to FOLDER/runs; the first words of a
                  message say what happens:
  weather CITY    a tool is called, then the answer
  gate            half an answer; the rest once FOLDER/go is there, whether anybody listens or not
  broken          half an answer, and the connection is gone
  refused         an error within the stream
{key} in a message is the key of the request.
"""
import json
import os
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER = sys.argv[1]
SESSIONS = {}
LOCK = threading.Lock()


def said(text, **more):
    return {'author': 'weather', 'content': {'role': 'model', 'parts': [{'text': text}]}, **more}


def used(prompt, answer):
    return {'usageMetadata': {'promptTokenCount': prompt, 'candidatesTokenCount': answer,
                              'totalTokenCount': prompt + answer},
            'modelVersion': 'scripted-1', 'finishReason': 'STOP'}


def run(text):
    """The events of a run; partial ones are dropped where nobody streams."""
    verb, _, rest = text.partition(' ')
    if verb == 'weather':
        call = {'id': 'call-1', 'name': 'get_weather', 'args': {'city': rest}}
        yield said('Let me ', partial=True)
        yield said('look.', partial=True)
        event = said('Let me look.', **used(21, 9))
        event['content']['parts'].append({'functionCall': call})
        yield event
        answer = {'id': 'call-1', 'name': 'get_weather', 'response': {'temp_c': 21}}
        yield {'author': 'weather',
               'content': {'role': 'user', 'parts': [{'functionResponse': answer}]}}
        for word in ('It is ', '21 degrees ', f'in {rest}.'):
            yield said(word, partial=True)
        yield said(f'It is 21 degrees in {rest}.', **used(40, 7))
    elif verb == 'gate':
        yield said('The gate is ', partial=True)
        while not os.path.exists(f'{FOLDER}/go'):
            time.sleep(0.02)
        yield said('The gate is open.', **used(5, 4))
    elif verb == 'broken':
        yield said('half of it', partial=True)
        yield None
    elif verb == 'refused':
        yield said('half of it', partial=True)
        yield {'error': 'ClientError: 429 RESOURCE_EXHAUSTED. {}'}


class Server(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *_):
        pass

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        session = SESSIONS.get(self.path.rsplit('/', 1)[-1])
        if session is None:
            return self.answer(404, {'detail': 'Session not found'})
        with LOCK:
            self.answer(200, {'events': session})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        if '/sessions/' in self.path:
            name = self.path.rsplit('/', 1)[-1]
            if name in SESSIONS:
                return self.answer(409, {'detail': f'Session already exists: {name}'})
            SESSIONS[name] = []
            return self.answer(200, {'id': name})
        with open(f'{FOLDER}/runs', 'a', encoding='utf-8') as runs:
            runs.write(f"{self.path} {self.headers.get('Authorization', '')}\n")
        session = SESSIONS[body['sessionId']]
        text = body['newMessage']['parts'][0]['text']
        with LOCK:
            session.append({'author': 'user',
                            'content': {'role': 'user', 'parts': [{'text': text}]}})
        if self.path == '/run':
            return self.answer(200, [event for event in self.events(session, text)
                                     if not event.get('partial')])
        self.send_response(200)
        self.send_header('Content-Type', 'text/event-stream')
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        for event in self.events(session, text):
            self.chunk(f'data: {json.dumps(event)}\n\n')
        self.chunk('')

    def events(self, session, text):
        key = self.headers.get('Authorization', '').removeprefix('Bearer ')
        for event in run(text.replace('{key}', key)):
            if event is None:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if not event.get('partial'):
                with LOCK:
                    session.append(event)
            yield event

    def chunk(self, text):
        """The run goes on where its reader has left."""
        data = text.encode()
        try:
            self.wfile.write(b'%x\r\n%s\r\n' % (len(data), data))
            self.wfile.flush()
        except OSError:
            pass


def main():
    server = ThreadingHTTPServer(('127.0.0.1', 0), Server)
    server.daemon_threads = True
    with open(f'{FOLDER}/port.new', 'w', encoding='utf-8') as port:
        port.write(str(server.server_address[1]))
    os.rename(f'{FOLDER}/port.new', f'{FOLDER}/port')
    server.serve_forever()


main()

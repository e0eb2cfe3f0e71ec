"""How OpenAI-compatible servers differ: what each makes of the same answer, usage and failure.

Frames are the JSON objects of a stream, without the server-sent events around them.
"""
import json
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Dialect:
    name: str
    fingerprint: str = ''
    role: str = 'first'  # Which chunks say who speaks; or 'every'.
    calls: str = 'fragments'  # Or 'whole' in one chunk; 'bare': and without an index.
    call_id: str = 'call_{}'
    reasoning: str = ''  # The key of its text; empty: only its tokens are told.
    details: tuple = ()  # Of usage.
    usage: str = 'asked'  # Whether it was asked for; or 'each' chunk, or 'always' at the end.
    finish_of_calls: str = 'tool_calls'
    line_end: str = '\n'
    comment: str = ''  # While the model is silent.
    content_type: str = 'text/event-stream'
    broken_json: int = 400  # The status for a request that is no JSON.


DIALECTS = {dialect.name: dialect for dialect in (
    Dialect('openai', fingerprint='fp_5a1e7c', details=('cached', 'reasoning'),
            content_type='text/event-stream; charset=utf-8'),
    Dialect('ollama', fingerprint='fp_ollama', role='every', calls='whole', reasoning='reasoning'),
    Dialect('vllm', reasoning='reasoning', call_id='chatcmpl-tool-{}'),
    Dialect('llamacpp', fingerprint='b5000-0a1b2c', reasoning='reasoning_content',
            details=('cached',), call_id='{}', broken_json=500),
    Dialect('gemini', role='every', calls='bare', usage='each', finish_of_calls='stop',
            call_id='function-call-{}'),
    Dialect('openrouter', role='every', reasoning='reasoning',
            details=('cached', 'reasoning', 'cost'), usage='always', line_end='\r\n',
            comment=': OPENROUTER PROCESSING'),
)}


@dataclass(frozen=True)
class Asked:
    """What of a request decides the shape of its answer."""
    number: int
    model: str
    prompt_tokens: int
    usage: bool = False
    usage_each: bool = False


def counted(dialect, turn, asked, text):
    """The usage object, or None."""
    if turn.usage == [None]:
        return None
    said = len(text) + len(turn.think) + sum(len(name) + len(args) for name, args in turn.calls)
    counts = dict(zip(('prompt', 'output', 'cached', 'reasoning'), turn.usage))
    prompt = counts.get('prompt', asked.prompt_tokens)
    output = counts.get('output', max(1, said // 4))
    reasoning = counts.get('reasoning', len(turn.think) // 4)
    usage = {'prompt_tokens': prompt, 'completion_tokens': output, 'total_tokens': prompt + output}
    if dialect.name == 'gemini' and reasoning:  # What was thought is in the total alone.
        usage['completion_tokens'] = output - reasoning
    if dialect.name == 'vllm':
        usage['prompt_tokens_details'] = None
    if 'cached' in dialect.details:
        usage['prompt_tokens_details'] = {'cached_tokens': counts.get('cached', 0)}
    if 'reasoning' in dialect.details:
        usage['completion_tokens_details'] = {'reasoning_tokens': reasoning}
    if 'cost' in dialect.details:
        usage['cost'] = turn.cost
    return usage


def call_objects(dialect, turn, asked):
    objects = []
    for at, (name, arguments) in enumerate(turn.calls):
        objects.append({'id': dialect.call_id.format(f'{asked.number}x{at}'), 'type': 'function',
                        'function': {'name': name, 'arguments': arguments}})
        if dialect.name == 'gemini':
            objects[-1]['extra_content'] = {'google': {'thought_signature': signature(name)}}
    return objects


def signature(name):
    """Gemini's endpoint refuses a call that comes back without it."""
    return f'signed-{name}'


def finish_of(dialect, turn):
    return turn.finish or (dialect.finish_of_calls if turn.calls else 'stop')


def envelope(dialect, turn, asked, kind):
    value = {'id': f'chatcmpl-{asked.number}', 'object': kind, 'created': int(time.time()),
             'model': turn.model or asked.model}
    if dialect.fingerprint:
        value['system_fingerprint'] = dialect.fingerprint
    return value


def whole(dialect, turn, asked, text):
    """The answer to whoever does not stream."""
    spoken = {'role': 'assistant', 'content': text}
    if turn.calls:
        spoken['tool_calls'] = call_objects(dialect, turn, asked)
        if not text:
            spoken['content'] = '' if dialect.name == 'ollama' else None
    if turn.think and dialect.reasoning:
        spoken[dialect.reasoning] = turn.think
    value = envelope(dialect, turn, asked, 'chat.completion')
    value['choices'] = [{'index': 0, 'message': spoken, 'finish_reason': finish_of(dialect, turn)}]
    usage = counted(dialect, turn, asked, text)
    return value if usage is None else {**value, 'usage': usage}


class Stream:
    """The chunks of one answer."""

    def __init__(self, dialect, turn, asked, text):
        self.dialect, self.turn, self.asked, self.text = dialect, turn, asked, text
        self.usage = counted(dialect, turn, asked, text)
        self.head = envelope(dialect, turn, asked, 'chat.completion.chunk')
        each = dialect.usage == 'each' or (asked.usage_each and dialect.name == 'vllm')
        self.usage_each = self.usage if each else None
        self.usage_last = self.usage if dialect.usage == 'always' or asked.usage else None

    def chunk(self, delta, finish=None):
        if self.dialect.role == 'every':
            delta = {'role': 'assistant', 'content': '', **delta}
        choice = {'index': 0, 'delta': delta, 'finish_reason': finish}
        if self.dialect.name == 'openai':
            choice['logprobs'] = None
        value = {**self.head, 'choices': [choice]}
        if self.usage_each is not None:
            value['usage'] = self.usage_each
        elif self.asked.usage and self.dialect.name == 'openai':
            value['usage'] = None
        return value

    def opening(self):
        if self.dialect.role == 'first':
            yield self.chunk({'role': 'assistant', 'content': None if self.turn.calls else ''})

    def body(self):
        size = self.turn.piece_size
        if self.dialect.reasoning:
            for piece in pieces(self.turn.think, size):
                yield self.chunk({self.dialect.reasoning: piece})
        for piece in (utf16_pieces if self.turn.utf16 else pieces)(self.text, size):
            yield self.chunk({'content': piece})
        for _ in range(self.turn.ticks):
            yield self.chunk({'content': f'{time.monotonic_ns() // 1000} '})
        for at, call in enumerate(call_objects(self.dialect, self.turn, self.asked)):
            yield from self.call(at, call)

    def call(self, at, call):
        if self.dialect.calls == 'bare':
            yield self.chunk({'tool_calls': [call]})
            return
        if self.dialect.calls == 'whole':
            yield self.chunk({'tool_calls': [{'index': at, **call}]})
            return
        name, arguments = call['function']['name'], call['function']['arguments']
        # llama.cpp begins with the arguments at once.
        first = arguments[:1] if self.dialect.name == 'llamacpp' else ''
        yield self.chunk({'tool_calls': [
            {'index': at, **call, 'function': {'name': name, 'arguments': first}}]})
        for piece in pieces(arguments[len(first):], self.turn.piece_size):
            yield self.chunk({'tool_calls': [{'index': at, 'function': {'arguments': piece}}]})

    def closing(self):
        yield self.chunk({}, finish_of(self.dialect, self.turn))
        if self.usage_last is not None and self.usage_each is None:
            last = {**self.head, 'choices': [], 'usage': self.usage_last}
            if self.dialect.name == 'llamacpp':
                last['timings'] = {'prompt_n': 1, 'predicted_n': 1, 'predicted_per_second': 50.5}
            yield last


def pieces(text, size):
    return [text[at:at + size] for at in range(0, len(text), size)]


def utf16_pieces(text, size):
    units = text.encode('utf-16-le')
    return [units[at:at + 2 * size].decode('utf-16-le', 'surrogatepass')
            for at in range(0, len(units), 2 * size)]


# status, type, code, Google's status
ERRORS = {
    'rate_limited': (429, 'requests', 'rate_limit_exceeded', 'RESOURCE_EXHAUSTED'),
    'quota': (429, 'insufficient_quota', 'insufficient_quota', 'RESOURCE_EXHAUSTED'),
    'auth': (401, 'invalid_request_error', 'invalid_api_key', 'UNAUTHENTICATED'),
    'permission': (403, 'invalid_request_error', 'model_not_allowed', 'PERMISSION_DENIED'),
    'not_found': (404, 'invalid_request_error', 'model_not_found', 'NOT_FOUND'),
    'context': (400, 'invalid_request_error', 'context_length_exceeded', 'INVALID_ARGUMENT'),
    'invalid': (400, 'invalid_request_error', None, 'INVALID_ARGUMENT'),
    'overloaded': (503, 'server_error', None, 'UNAVAILABLE'),
    'server': (500, 'server_error', None, 'INTERNAL'),
    'error': (500, 'server_error', None, 'INTERNAL'),
}
LLAMACPP_TYPES = {'auth': 'authentication_error', 'context': 'exceed_context_size_error',
                  'not_found': 'not_found_error', 'overloaded': 'unavailable_error'}
VLLM_TYPES = {400: 'BadRequestError', 401: 'Unauthorized', 404: 'NotFoundError',
              429: 'RateLimitError', 500: 'InternalServerError', 503: 'ServiceUnavailableError'}


def error_body(dialect, kind, text, wait_s=0):
    """(status, JSON) of a failure."""
    status, type_, code, google = ERRORS[kind]
    error = {'message': text, 'type': type_, 'param': None, 'code': code}
    if dialect.name == 'llamacpp':
        error = {'code': status, 'message': text, 'type': LLAMACPP_TYPES.get(kind, type_)}
        if kind == 'context':
            error.update(n_prompt_tokens=5000, n_ctx=4096)
    elif dialect.name == 'vllm':
        error.update(type=VLLM_TYPES.get(status, 'Error'), code=status)
    elif dialect.name == 'openrouter':
        error = {'code': status, 'message': text, 'metadata': {'provider_name': 'fake'}}
    elif dialect.name == 'gemini':
        error = {'code': status, 'message': text, 'status': google}
        if wait_s:
            error['details'] = [{'@type': 'type.googleapis.com/google.rpc.RetryInfo',
                                 'retryDelay': f'{wait_s:g}s'}]
        return status, [{'error': error}]
    return status, {'error': error}


def tokens_of(messages):
    """About as many as a real server would count."""
    return max(1, len(json.dumps(messages, ensure_ascii=False)) // 4)

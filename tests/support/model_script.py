r"""What the scripted model of model_server.py does: a small language, and JSON beside it.

A user's message is its own script. Turns stand in it one after the other, and so do the attempts
at a turn:

  call disk_usage {"path":"a"} | fail rate_limited 1 / say It is {result}.

  " | "   the next turn: it is the model's after so many answers of its own
  " / "   the next attempt: what the same request gets when it comes again; the last one stays
  " + "   one more call in the same answer

An attempt is options and a verb; {key} in it is the key of the request:

  say TEXT              {result} is what the last tools said
  think TEXT => VERB …  reasoning, then what the verb says
  call TOOL JSON        the JSON is sent as it stands, be it valid or not
  tick N [ANYTHING]     N pieces, each the monotonic clock in microseconds when it is sent
  fail KIND [N]         see FAILURES; N is seconds to wait for, or frames that come before it

  pieces=N     characters in a piece of a stream (default 4)
  pace=MS      between two pieces
  utf16=1      these characters are UTF-16's: a piece may hold half of one, as "\ud83d"
  slices=N     bytes in a packet, whatever they cut through
  gate=NAME    half of the answer; the rest once FOLDER/NAME is there
  usage=P,O,C,R|none   tokens: prompt, output, of these cached, of those reasoning
  cost=USD     where the dialect tells a cost
  finish=WORD  model=NAME   what the answer calls its reason, its model
  break=KIND:N the answer fails after N frames, as `fail KIND N` does in the middle of some text
  plain=1      an answer in JSON to whoever asked for a stream

Anything else is answered with "You said: …", and whoever comes after the last turn gets "Done.".
A script file is {"WORD": [turn, …]} for messages that begin with WORD; a turn is an attempt or a
list of them, an attempt an object with the fields of Turn.
"""
import json
from dataclasses import dataclass, field, replace

BEFORE = {
    'rate_limited': 'asks to wait N seconds', 'quota': '429 that waiting does not help',
    'auth': 401, 'permission': 403, 'not_found': 404, 'context': 'the prompt is too long',
    'invalid': 400, 'overloaded': '503, asks to wait N seconds', 'server': 500,
    'html': 'the page of a proxy', 'moved': 'a redirection', 'silence': 'not a byte, ever',
    'closed': 'the connection ends without one',
}
AFTER = {
    'cut': 'the connection ends between two frames', 'half': 'and within a frame',
    'error': 'an error object in a frame', 'hang': 'not a byte more',
    'garbage': 'a frame that is no JSON, and bytes that are no UTF-8',
    'long_line': 'a frame of 10 MB', 'no_done': 'no [DONE], and nothing else wrong',
    'no_finish': 'a proper end of the body, and no reason for it',
}
FAILURES = BEFORE | AFTER
WHOLE_NUMBERS = {'pieces': 'piece_size', 'pace': 'pace_ms', 'slices': 'slice_bytes'}


@dataclass(frozen=True)
class Turn:
    text: str = ''
    think: str = ''
    calls: list = field(default_factory=list)  # [name, arguments as text]
    ticks: int = 0
    fail: str = ''
    fail_number: float = 0
    piece_size: int = 4
    pace_ms: int = 0
    slice_bytes: int = 0
    gate: str = ''
    usage: list = field(default_factory=list)  # Empty: counted; [None]: none.
    cost: float = 0
    finish: str = ''
    model: str = ''
    plain: bool = False
    utf16: bool = False


DONE = Turn(text='Done.')


def options_of(text):
    """The fields that "key=value" words at the beginning give, and what follows these."""
    fields = {}
    while True:
        word, _, rest = text.partition(' ')
        key, _, value = word.partition('=')
        if key in WHOLE_NUMBERS:
            fields[WHOLE_NUMBERS[key]] = int(value)
        elif key in ('gate', 'finish', 'model'):
            fields[key] = value
        elif key == 'usage':
            fields[key] = [None] if value == 'none' else [int(n) for n in value.split(',')]
        elif key == 'cost':
            fields[key] = float(value)
        elif key in ('plain', 'utf16'):
            fields[key] = value == '1'
        elif key == 'break':
            fields['fail'], _, number = value.partition(':')
            fields['fail_number'] = float(number or 0)
        else:
            return fields, text
        text = rest


def attempt_from_text(text, turn=Turn()):
    options, text = options_of(text.strip())
    turn = replace(turn, **options)
    verb, _, rest = text.partition(' ')
    if verb == 'say':
        return replace(turn, text=rest)
    if verb == 'think':
        think, _, said = rest.partition(' => ')
        return attempt_from_text(said, replace(turn, think=think))
    if verb == 'call':
        calls = [call.partition(' ') for call in rest.split(' + ')]
        return replace(turn, calls=[[name, arguments] for name, _, arguments in calls])
    if verb == 'tick':
        return replace(turn, ticks=int(rest.split(' ')[0]))
    kind, _, number = rest.partition(' ')
    if verb == 'fail' and kind in FAILURES:
        return replace(turn, fail=kind, fail_number=float(number or 0),
                       text='This is never said to its end.')
    return None


def attempt_from_json(value):
    calls = [[name, arguments if isinstance(arguments, str) else json.dumps(arguments)]
             for name, arguments in value.get('calls', [])]
    return Turn(**{**value, 'calls': calls})


def turns_of(message, script):
    """[[attempt, …], …], or None for a message that is no script."""
    word = message.split(' ')[0] if message else ''
    if word in script:
        return [[attempt_from_json(attempt)
                 for attempt in (turn if isinstance(turn, list) else [turn])]
                for turn in script[word]]
    turns = [[attempt_from_text(attempt) for attempt in turn.split(' / ')]
             for turn in message.split(' | ')]
    return None if any(None in attempts for attempts in turns) else turns


def with_key(turn, key):
    calls = [[name, arguments.replace('{key}', key)] for name, arguments in turn.calls]
    return replace(turn, text=turn.text.replace('{key}', key),
                   think=turn.think.replace('{key}', key), calls=calls)


def choose(message, turn, attempt, script):
    """What is answered to a message after `turn` answers, when it is asked for again."""
    turns = turns_of(message, script)
    if turns is None:
        turns = [[Turn(text=f'You said: {message}')]]
    if turn >= len(turns):
        return DONE
    return turns[turn][min(attempt, len(turns[turn]) - 1)]

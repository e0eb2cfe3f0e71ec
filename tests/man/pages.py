"""What the man pages say, in a form that tests can hold against the binary."""
import os
import re
import socket
from dataclasses import dataclass

DEFAULT_ADDRESS = '127.0.0.1:8000'


def free_address():
    """In place of the default one, which something else may have."""
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return f'127.0.0.1:{probe.getsockname()[1]}'


@dataclass(frozen=True)
class Block:
    """A literal block with a mark before it: `.\\" run [STATUS]` or `.\\" file NAME`."""
    page: str
    mark: str
    text: str


def _plain(line):
    """A line of a literal block as a person reads it and types it."""
    line = re.sub(r'\\e', r'\\', line)
    return line.replace(r'\&', '')


def marked_blocks(path):
    blocks, mark, lines = [], None, None
    with open(path, encoding='utf-8') as file:
        for line in file.read().splitlines():
            found = re.match(r'\.\\" (run.*|file .*)$', line)
            if found:
                mark = found[1]
            elif line.startswith('.Bd') and mark:
                lines = []
            elif line == '.Ed' and lines is not None:
                blocks.append(Block(os.path.basename(path), mark, '\n'.join(lines) + '\n'))
                mark, lines = None, None
            elif lines is not None:
                lines.append(_plain(line))
    return blocks


def options_of_page(path):
    """Every option that the section OPTIONS describes, as typed: -f, --follow."""
    options, within = set(), False
    with open(path, encoding='utf-8') as file:
        for line in file:
            if line.startswith('.Sh '):
                within = line.strip() == '.Sh OPTIONS'
            elif within and line.startswith('.It Fl '):
                options |= {'-' + name for name in re.findall(r'\bFl (-?[\w-]+)', line)}
    return options


def options_of_help(text):
    """Every option of a help text, whose lines begin with it: "  -f, --follow"."""
    options = set()
    for line in text.splitlines():
        found = re.match(r'\s+((?:-[\w-]+)(?:,\s*-[\w-]+)*)', line)
        if found:
            options |= set(re.split(r',\s*', found[1]))
    return options

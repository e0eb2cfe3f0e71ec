#!/usr/bin/env python3
"""taskfeed-agents(5) has every key that the parser knows: keys_test.py BINARY MAN_FOLDER.

The parser says them itself, to whoever writes one that it does not know.
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest

BINARY, FOLDER = os.path.abspath(sys.argv[1]), sys.argv[2]
UNKNOWN = 'no-such-key'
AGENT = '[agent]\nid = "a"\nrunner = "{}"\n'
OPENAI = AGENT.format('openai') + 'base_url = "http://h"\nmodel = "m"\n'
OF_ALL = 'The table [agent]'
SPENDING = 'Budgets and prices'
TABLES = [
    # What is written before the unknown key, and the parts of the page that tell of such keys.
    (AGENT.format('command'), [OF_ALL]),
    (AGENT.format('external'), [OF_ALL]),
    (AGENT.format('adk'), [OF_ALL, 'Agents in Google ADK']),
    (AGENT.format('openai'), [OF_ALL, 'Agents that ask a model']),
    (AGENT.format('command') + '[[agent.steps]]\n', ['The tables [[agent.steps]]']),
    (AGENT.format('command') + 'steps = [{ run = ["true"] }]\n[agent.retry]\n', [OF_ALL]),
    (OPENAI + '[[agent.tools]]\n', ['The tables [[agent.tools]]']),
    (OPENAI + '[[agent.mcp]]\n', ['The tables [[agent.mcp]]']),
    (OPENAI + '[agent.budget]\n', [SPENDING]),
    (OPENAI + '[[agent.prices]]\n', [SPENDING]),
]


def keys_of_page():
    """Each part of the page to the keys that its lists explain."""
    parts, part = {}, None
    with open(os.path.join(FOLDER, 'taskfeed-agents.5'), encoding='utf-8') as page:
        for line in page:
            heading = re.match(r'\.S[hs] (.*)', line)
            if heading:
                part = parts.setdefault(heading[1], set())
            elif line.startswith('.It Li '):
                part |= set(re.findall(r'[a-z_]+', line[len('.It Li '):]))
    return parts


def keys_of_parser(before):
    with tempfile.NamedTemporaryFile('w', suffix='.toml', encoding='utf-8') as file:
        file.write(before + f'{UNKNOWN} = 1\n')
        file.flush()
        done = subprocess.run([BINARY, 'agents', 'check', file.name], capture_output=True,
                              text=True, timeout=60, check=False)
    found = re.search(UNKNOWN + r' .*; known are (.*)\n', done.stderr)
    if done.returncode != 2 or not found:
        raise AssertionError(f'no list of keys: {done.stderr}')
    return set(found[1].split(', '))


class Keys(unittest.TestCase):
    def test_each_key_of_the_parser_is_in_its_part_of_the_page(self):
        page = keys_of_page()
        for before, parts in TABLES:
            with self.subTest(table=before):
                known = keys_of_parser(before)
                self.assertGreater(len(known), 3)
                self.assertEqual(known - set().union(*(page[part] for part in parts)), set())

    def test_the_page_has_no_key_that_no_parser_knows(self):
        known = set().union(*(keys_of_parser(before) for before, _ in TABLES))
        parts = set().union(*(set(parts) for _, parts in TABLES))
        page = keys_of_page()
        self.assertEqual(set().union(*(page[part] for part in parts)) - known, set())


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])

#!/usr/bin/env python3
"""`taskfeed help TOPIC` and the man pages agree with the source: topics_test.py BINARY SOURCES."""
import glob
import json
import os
import re
import subprocess
import sys
import unittest

BINARY, SOURCES = sys.argv[1:3]
EMPTY_ENVIRONMENT = {'PATH': os.environ['PATH'], 'HOME': '/nonexistent'}


def call(*args):
    return subprocess.run([BINARY, *args], check=True, text=True, env=EMPTY_ENVIRONMENT, cwd='/',
                          stdout=subprocess.PIPE).stdout


def source(*path):
    with open(os.path.join(SOURCES, *path), encoding='utf-8') as file:
        return file.read()


def variables_read(text):
    """The environment variables that C++ source asks for."""
    found = set(re.findall(r'(?:\bget|\bhas|getenv|number_in|meant_for_us)'
                           r'\((?:environment, )?"([A-Z][A-Z_]+)"', text))
    for names in re.findall(r'name : \{([^}]*)\}\) \{\s*const std::string \w+ = environment', text):
        found |= set(re.findall(r'"([A-Z_]+)"', names))
    return found | set(re.findall(r'"(TASKFEED_[A-Z_]+)"', text))


class Topics(unittest.TestCase):
    def test_every_variable_that_is_read_is_named(self):
        read = set()
        for path in glob.glob(os.path.join(SOURCES, 'cmd', '*.cc')):
            read |= variables_read(source(path))
        self.assertLess({'TASKFEED_SERVER', 'NO_COLOR', 'LOGNAME', 'LISTEN_FDS', 'LANG'}, read)
        said = set(re.findall(r'\b[A-Z][A-Z_]+\b', call('help', 'environment')))
        pages = set(re.findall(r'\b[A-Z][A-Z_]+\b',
                               source('man', 'taskfeed.1') + source('man', 'taskfeed.toml.5')))
        self.assertEqual(read - said, set(), 'help environment')
        self.assertEqual(read - pages, set(), 'man pages')

    def test_every_exit_status_is_named(self):
        enum = re.search(r'enum class ExitStatus.*?\};', source('cmd', 'exit_status.h'), re.DOTALL)
        statuses = sorted(int(number) for number in re.findall(r'= (\d+),', enum[0]))
        self.assertIn(124, statuses)
        said = re.findall(r'^ +(\d+)  ', call('help', 'exit-status'), re.MULTILINE)
        self.assertEqual([int(number) for number in said], statuses)
        section = source('man', 'taskfeed.1').split('.Sh EXIT STATUS')[1].split('.Sh ')[0]
        page = [int(number) for number in re.findall(r'^\.It (\d+)$', section, re.MULTILINE)]
        self.assertEqual(page, statuses)

    def test_every_key_is_named(self):
        keys = [json.loads(line)['key'] for line in call('config', 'show', '--json').splitlines()]
        self.assertIn('serve.listen', keys)
        said = re.findall(r'^  ([a-z_.]+)  ', call('help', 'configuration').split('Keys:')[1],
                          re.MULTILINE)
        self.assertEqual(said, keys)
        page = re.findall(r'^\.It Li ([a-z_.]+)$', source('man', 'taskfeed.toml.5'), re.MULTILINE)
        self.assertEqual(sorted(page), sorted(keys))

    def test_every_key_stands_for_an_option(self):
        rows = re.findall(r'ConfigKey\{"([\w.]+)",\s*"(\w+)",\s*"(--[\w-]+)"',
                          source('cmd', 'config_keys.cc'))
        self.assertGreater(len(rows), 15)
        for key, _, option in rows:
            with self.subTest(key=key):
                group = key if key == 'agent' else key.split('.')[0] if '.' in key else 'options'
                topic = {'agent': 'run', 'bridge': 'serve'}.get(group, group)
                self.assertIn(f'{option} ', call('help', topic) + ' ')

    def test_a_variable_that_is_read_is_told_from_one_that_is_set(self):
        self.assertEqual(variables_read('environment.get("A_B"); set("C_D"); has("EF")'),
                         {'A_B', 'EF'})


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])

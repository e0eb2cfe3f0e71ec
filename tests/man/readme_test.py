#!/usr/bin/env python3
"""Types the tour of README.md, and holds what it shows against what comes.

readme_test.py BINARY README

Blocks under `<!-- run -->` are one shell's, in their order; `<!-- run 3 -->` ends with status 3.
Blocks under `<!-- file NAME -->` are files. A text block after a run block is its output, or lines
of it: times, ids and numbers may differ, and what stands after "…" too.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from pages import DEFAULT_ADDRESS, free_address

BINARY, README = os.path.abspath(sys.argv[1]), sys.argv[2]
SECONDS_MAX = 120
MARKED = re.compile(r'<!-- (run(?: \d+)?|file \S+) -->\n```\w+\n(.*?)^```\n'
                    r'(?:\n```text\n(.*?)^```\n)?', re.DOTALL | re.MULTILINE)


def alike(line):
    """A line without what differs from run to run."""
    line = re.sub(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'UUID', line.split(' …')[0])
    line = re.sub(r'\b\d+(\.\d+)?(ms|s)\b', 'TIME', line)
    return re.sub(r'\d+', '#', line).rstrip()


def script_of(blocks, address):
    lines = ['set -e']
    for number, (mark, text, _) in enumerate(blocks):
        kind, _, status = mark.partition(' ')
        if kind != 'run':
            continue
        lines.append(f'echo "@block {number}"')
        lines.append(text if not status else f'set +e\n{text}[ $? = {status} ] || exit 99\nset -e')
    return '\n'.join(lines).replace(DEFAULT_ADDRESS, address).replace(
        'taskfeed serve', f'taskfeed serve --listen {address}') + '\nwait\n'


class Tour(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='tf-tour-')  # Short: a socket's path has 107 bytes.
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        with open(README, encoding='utf-8') as file:
            self.blocks = MARKED.findall(file.read())
        for mark, text, _ in self.blocks:
            kind, _, name = mark.partition(' ')
            if kind == 'file':
                path = os.path.join(self.folder, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, 'w', encoding='utf-8') as file:
                    file.write(text.replace(DEFAULT_ADDRESS, self.address))

    @property
    def address(self):
        if not hasattr(self, '_address'):
            self._address = free_address()
        return self._address

    def type(self):
        bin_folder = os.path.join(self.folder, 'bin')
        os.mkdir(bin_folder)
        os.symlink(BINARY, os.path.join(bin_folder, 'taskfeed'))
        environment = {'PATH': bin_folder + ':' + os.environ['PATH'], 'HOME': self.folder,
                       'LC_ALL': 'C.UTF-8'}
        return subprocess.run(['bash', '-c', script_of(self.blocks, self.address)],
                              cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=SECONDS_MAX)

    def test_runs_as_it_stands_and_shows_what_it_says(self):
        self.assertGreater(len(self.blocks), 8)
        done = self.type()
        self.assertEqual(done.returncode, 0, done.stdout)
        shown = dict(re.findall(r'^@block (\d+)\n(.*?)(?=^@block|\Z)', done.stdout,
                                re.DOTALL | re.MULTILINE))
        outputs = 0
        for number, (_, text, output) in enumerate(self.blocks):
            if not output:
                continue
            outputs += 1
            came = [alike(line) for line in shown[str(number)].splitlines()]
            at = 0
            for line in output.splitlines():
                wanted = alike(line)
                cut = ' …' in line
                where = next((i for i in range(at, len(came))
                              if came[i] == wanted or (cut and came[i].startswith(wanted))), None)
                self.assertIsNotNone(where, f'{line!r} does not come of\n{text}\nbut\n'
                                     + shown[str(number)])
                at = where + 1
        self.assertGreater(outputs, 3)

    def test_a_line_that_did_not_come_is_told_from_one_that_did(self):
        self.assertEqual(alike('17:39:18.810  TOOL ✓  sh  exit 0  2ms'),
                         alike('08:00:00.000  TOOL ✓  sh  exit 0  1.5s'))
        self.assertNotEqual(alike('17:39:18.810  TOOL ✓  sh'), alike('17:39:18.810  TOOL ✗  sh'))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])

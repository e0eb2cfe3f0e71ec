#!/usr/bin/env python3
"""Types the examples of the man pages that are marked `run`: examples_test.py BINARY MAN_FOLDER.

Each block runs as a script of its own, in one folder with one state directory and the files that
the pages show; it stops at the first line that fails. `run 3` ends with status 3. `run with a
daemon` starts one itself, and gets a port that is free in place of the default one.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from pages import DEFAULT_ADDRESS, free_address, marked_blocks

BINARY, FOLDER = os.path.abspath(sys.argv[1]), sys.argv[2]
SECONDS_MAX = 60
WITH_DAEMON = 'run with a daemon'


def script_of(block):
    text = block.text
    if block.mark == WITH_DAEMON:
        address = free_address()
        text = text.replace(DEFAULT_ADDRESS, address)
        text = text.replace('taskfeed serve', f'taskfeed serve --listen {address}') + 'wait\n'
    # A program that fails ends its pipeline too: only the last line's status counts.
    return text if status_of(block) == 0 else 'set +e\n' + text


def status_of(block):
    _, _, status = block.mark.partition(' ')
    return int(status) if status.isdigit() else 0


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='tf-man-')  # Short: a socket's path has 107 bytes.
        bin_folder = os.path.join(cls.folder, 'bin')
        os.mkdir(bin_folder)
        os.symlink(BINARY, os.path.join(bin_folder, 'taskfeed'))
        cls.environment = {
            'PATH': bin_folder + ':' + os.environ['PATH'], 'HOME': cls.folder,
            'TASKFEED_STATE_DIR': os.path.join(cls.folder, 'state'), 'LC_ALL': 'C.UTF-8'}
        pages = sorted(glob.glob(os.path.join(FOLDER, 'taskfeed*.[1-8]')))
        cls.blocks = [block for page in pages for block in marked_blocks(page)]
        for block in cls.blocks:
            kind, _, name = block.mark.partition(' ')
            if kind == 'file':
                with open(os.path.join(cls.folder, name), 'w', encoding='utf-8') as file:
                    file.write(block.text)
        agents = os.path.join(cls.folder, 'agents.d')
        os.mkdir(agents)
        for block in cls.blocks:
            if block.text.startswith('[agent]'):
                shutil.copy(os.path.join(cls.folder, block.mark.partition(' ')[2]), agents)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def type(self, script):
        return subprocess.run(['bash', '-e', '-o', 'pipefail', '-c', script], cwd=self.folder,
                              env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SECONDS_MAX)

    def test_each_runs_as_it_stands(self):
        self.assertGreater(len(self.blocks), 15)
        self.assertIn(WITH_DAEMON, [block.mark for block in self.blocks])
        declared = self.type('taskfeed agents apply release-check.toml')
        self.assertEqual(declared.returncode, 0, declared.stderr)
        for block in self.blocks:
            if not block.mark.startswith('run'):
                continue
            with self.subTest(page=block.page, example=block.text):
                done = self.type(script_of(block))
                self.assertEqual(done.returncode, status_of(block), done.stdout + done.stderr)
                self.assertNotEqual(done.stdout + done.stderr, '')
                if block.mark == WITH_DAEMON:
                    self.assertIn('event: stream.end', done.stdout)


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])

#!/usr/bin/env python3
"""Types the examples of the man pages that are marked `run`: examples_test.py BINARY MAN_FOLDER.

Each block runs as a script of its own, in one folder with one state directory and the files that
the pages show; it stops at the first line that fails. `run 3` ends with status 3.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from pages import marked_blocks

BINARY, FOLDER = os.path.abspath(sys.argv[1]), sys.argv[2]
SECONDS_MAX = 60


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

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder, ignore_errors=True)

    def type(self, script):
        return subprocess.run(['bash', '-e', '-o', 'pipefail', '-c', script], cwd=self.folder,
                              env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=SECONDS_MAX)

    def test_each_runs_as_it_stands(self):
        self.assertGreater(len(self.blocks), 15)
        declared = self.type('taskfeed agents apply release-check.toml')
        self.assertEqual(declared.returncode, 0, declared.stderr)
        for block in self.blocks:
            kind, _, status = block.mark.partition(' ')
            if kind != 'run':
                continue
            with self.subTest(page=block.page, example=block.text):
                # A program that fails ends its pipeline too: only the last line's status counts.
                script = block.text if not status else 'set +e\n' + block.text
                done = self.type(script)
                self.assertEqual(done.returncode, int(status or 0), done.stdout + done.stderr)
                self.assertNotEqual(done.stdout + done.stderr, '')


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])

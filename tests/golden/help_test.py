#!/usr/bin/env python3
"""Help as the binary prints it, held against golden files: help_test.py BINARY FOLDER.

With TASKFEED_UPDATE_GOLDEN=1 the files are written anew: read the difference before you commit it.
"""
import fcntl
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
import unittest

BINARY, FOLDER = os.path.abspath(sys.argv[1]), sys.argv[2]
VERBS = {'agents': ('list', 'show', 'apply', 'check', 'delete'),
         'config': ('show', 'check', 'init'),
         'token': ('create', 'list', 'revoke')}
TOPICS = ('options', 'configuration', 'environment', 'exit-status', 'formatting')
COLUMNS = 80
NARROW = 60
EMPTY_ENVIRONMENT = {'PATH': os.environ['PATH'], 'HOME': '/nonexistent', 'LC_ALL': 'C.UTF-8'}


def call(*args):
    return subprocess.run([BINARY, *args], env=EMPTY_ENVIRONMENT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def subcommands():
    lines = call('help').stdout.split('Subcommands:\n')[1].split('\n\n')[0].splitlines()
    return [line.split()[0] for line in lines]


def topics():
    """The golden file of each, and what is typed for it."""
    yield 'overview', ('help',)
    for topic in TOPICS:
        yield topic, ('help', topic)
    for name in subcommands():
        if name != 'help':
            yield name, (name, '--help')
    for name, verbs in VERBS.items():
        for verb in verbs:
            yield f'{name}-{verb}', (name, verb, '--help')


def on_terminal(columns, *args):
    """The lines that the binary prints on a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    done = subprocess.Popen([BINARY, *args], env={**EMPTY_ENVIRONMENT, 'TERM': 'xterm-256color'},
                            stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs)
    os.close(theirs)
    text = b''
    try:
        while part := os.read(ours, 4096):
            text += part
    except OSError:  # EIO: the other end is closed.
        pass
    os.close(ours)
    assert done.wait() == 0, text
    return text.decode().replace('\r\n', '\n').splitlines()


class Help(unittest.TestCase):
    def test_each_text_is_the_approved_one(self):
        update = os.environ.get('TASKFEED_UPDATE_GOLDEN') == '1'
        self.assertGreater(len(list(topics())), 20)
        for name, args in topics():
            with self.subTest(topic=name):
                done = call(*args)
                self.assertEqual((done.returncode, done.stderr), (0, ''))
                path = os.path.join(FOLDER, name)
                if update:
                    with open(path, 'w', encoding='utf-8') as file:
                        file.write(done.stdout)
                with open(path, encoding='utf-8') as file:
                    self.assertEqual(file.read(), done.stdout)

    def test_no_golden_file_is_of_nothing(self):
        self.assertEqual(sorted(os.listdir(FOLDER)), sorted(name for name, _ in topics()))

    def test_three_ways_to_ask_give_the_same(self):
        for name in subcommands():
            with self.subTest(subcommand=name):
                asked = call('help', name).stdout
                self.assertEqual(call(name, '--help').stdout, asked)
                self.assertEqual(call(name, '-h').stdout, asked)
        self.assertEqual(call('--help').stdout, call('help').stdout)
        self.assertEqual(call('-h').stdout, call('help').stdout)

    def test_every_line_fits_the_reader(self):
        for name, args in topics():
            with self.subTest(topic=name):
                for line in call(*args).stdout.splitlines():
                    self.assertLessEqual(len(line), COLUMNS, line)
                    self.assertEqual(line, line.rstrip())
                # Examples stand as they are typed.
                text = '\n'.join(on_terminal(NARROW, *args))
                for line in text.split('\nExamples:\n')[0].splitlines():
                    self.assertLessEqual(len(line), NARROW, line)

    def test_a_reader_that_leaves_is_no_error_message(self):
        with tempfile.TemporaryFile('w+') as said:
            done = subprocess.run(['bash', '-c', '"$0" help | head -n 1', BINARY],
                                  stdout=subprocess.DEVNULL, stderr=said)
            said.seek(0)
            self.assertEqual((done.returncode, said.read()), (0, ''))

    def test_nothing_is_coloured(self):
        for name, args in topics():
            with self.subTest(topic=name):
                self.assertNotIn('\x1b', '\n'.join(on_terminal(COLUMNS, *args)))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])

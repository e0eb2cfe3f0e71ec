#!/usr/bin/env python3
"""Each man page's OPTIONS are those of the subcommand's help: options_test.py BINARY MAN_FOLDER."""
import glob
import os
import re
import subprocess
import sys
import unittest

from pages import options_of_help, options_of_page

BINARY, FOLDER = sys.argv[1:3]
EVERYWHERE = {'-h', '--help'}


def help_on(*topic):
    return subprocess.run([BINARY, 'help', *topic], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def subcommands():
    lines = help_on().split('Subcommands:\n')[1].split('\n\n')[0].splitlines()
    return [line.split()[0] for line in lines]


def options_on(name):
    """Of a subcommand; of one that has verbs, of all its verbs."""
    text = help_on(name)
    options = options_of_help(text)
    for verb in re.findall(r'^  (\w+)', text.partition('Verbs:\n')[2].partition('\n\n')[0],
                           re.MULTILINE):
        asked = subprocess.run([BINARY, name, verb, '--help'], check=True, text=True,
                               stdout=subprocess.PIPE).stdout
        options |= options_of_help(asked)
    return options - EVERYWHERE


def page_of(subcommand):
    found = glob.glob(os.path.join(FOLDER, f'taskfeed-{subcommand}.[18]'))
    return found[0] if found else None


class Options(unittest.TestCase):
    def test_each_subcommand_has_the_options_of_its_page(self):
        names = subcommands()
        self.assertIn('tail', names)
        for name in names:
            with self.subTest(subcommand=name):
                page = page_of(name)
                self.assertIsNotNone(page, f'man/taskfeed-{name} is missing')
                self.assertEqual(options_on(name), options_of_page(page))

    def test_options_of_every_subcommand_are_those_of_the_overview(self):
        page = options_of_page(os.path.join(FOLDER, 'taskfeed.1'))
        self.assertIn('--server', page)
        self.assertEqual(options_of_help(help_on('options')), page)

    def test_a_page_without_an_option_is_told_from_one_with_it(self):
        self.assertEqual(options_of_help('  -n, --lines N|all  begin\n  --after CURSOR  x\n'),
                         {'-n', '--lines', '--after'})
        self.assertNotEqual(options_of_page(page_of('tail')), options_of_page(page_of('events')))


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])

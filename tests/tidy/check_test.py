#!/usr/bin/env python3
"""Each rule against a sample that keeps it and samples that break it, one offence each."""
import os
import unittest

import rules
from rules import Tree
from source_text import blocks

HEADER = ('/// A part.\n///\n/// Threads  Any.\n/// Errors   None.\n/// Owns     Nothing.\n'
          '#pragma once\n')
GOOD = {
    'core/README.md': '| 0 | [base](base/README.md)\n| 1 | [event](event/README.md)\n'
                      '| 3 | [loop](loop/README.md)\n',
    'core/base/CMakeLists.txt': 'taskfeed_module(base SOURCES a.cc)\n',
    'core/base/README.md': '# base, [above](../README.md#rings), [far](https://a.example/)\n',
    'core/base/a.h': HEADER,
    'core/event/CMakeLists.txt': 'taskfeed_module(event\n  SOURCES b.cc\n  DEPENDS base)\n',
    'core/event/README.md': '# event\n',
    'core/event/b.cc': '#include <sys/types.h>\n#include <vector>\n\n#include "base/a.h"\n',
    'core/loop/CMakeLists.txt': 'taskfeed_module(loop SOURCES l.cc DEPENDS base PRIVATE uv)\n',
    'core/loop/README.md': '# loop\n',
    'core/loop/l.cc': '#include <uv.h>\n',
    'cmd/subcommand.cc': '    Subcommand{"tail", "follow", Needs::kTasks, enter_tail},\n'
                         '    Subcommand{"help", "how", Needs::kNothing, enter_help},\n'
                         '    Subcommand{"__inner", "", Needs::kNothing, enter_inner}};\n',
    'man/taskfeed-tail.1': '.Dd now\n',
    'tests/unit/a_test.cc': 'TEST(HubReplay, HoldsLiveFrames) {\n'
                            '  while (!fact()) {\n    sleep_for(one);\n  }\n}\n',
    'tests/blackbox/a.bats': 'until [ -S socket ]; do\n  sleep 0.01\ndone\n'
                             'for i in 1 2; do sleep 0.01; done\n',
}


def function(lines):
    return 'int f() {\n' + '  g();\n' * (lines - 2) + '}\n'


BAD = {
    'rings': [
        {'core/event/b.cc': '#include "loop/loop.h"\n'},
        {'core/event/b.cc': '#include "cmd/deps.h"\n'},
        {'core/base/a.cc': '#include "event/event.h"\n'},
        {'core/loop/l.cc': '#include "event/event.h"\n'},
        {'core/event/CMakeLists.txt': 'taskfeed_module(event SOURCES b.cc DEPENDS base loop)\n'},
        {'core/stray/CMakeLists.txt': 'taskfeed_module(stray SOURCES s.cc)\n',
         'core/stray/README.md': '# stray\n'},
    ],
    'third_party': [
        {'core/event/b.cc': '#include <uv.h>\n'},
        {'core/base/a.cc': '#include <spdlog/spdlog.h>\n'},
        {'core/base/a.cc': '#include <boost/asio.hpp>\n'},
        {'core/base/a.cc': '#include <gtest/gtest.h>\n'},
    ],
    'sizes': [
        {'core/base/a.cc': 'int a;\n' * 501},
        {'core/base/a.cc': '// ' + 'x' * 98 + '\n'},
        {'core/base/a.cc': 'namespace n {\n' + function(71) + '}\n'},
        {'core/base/a.cc': 'class C {\n' + function(71) + '};\n'},
        {'scripts/long': '# ' + 'x' * 99 + '\n'},
    ],
    'headers': [
        {'core/base/a.h': '#pragma once\n'},
        {'core/base/a.h': HEADER.replace('Threads', 'Thread')},
        {'core/base/a.h': HEADER.replace('Errors', 'Error')},
        {'core/base/a.h': HEADER.replace('Owns', 'Own')},
        {'core/base/a.h': HEADER.replace('#pragma once\n', '')},
    ],
    'text': [
        {'core/base/a.cc': '\tint a;\n'},
        {'core/base/a.cc': 'int a; \n'},
        {'core/base/a.cc': 'int a;'},
        {'core/base/a.cc': '// TO' 'DO: more\n'},
        {'README.md': 'see /ho' 'me/somebody/file\n'},
    ],
    'sleeps': [
        {'tests/unit/a_test.cc': 'TEST(A, Holds) {\n  std::this_thread::sleep_for(one);\n}\n'},
        {'tests/unit/a_test.cc': 'TEST(A, Holds) {\n  while (a()) {\n  }\n  usleep(3);\n}\n'},
        {'tests/blackbox/a.bats': '@test "it waits" {\n  sleep 1\n}\n'},
        {'tests/blackbox/a.sh': 'while a; do\n  b\ndone\nsleep 1\n'},
        {'tests/unit/a.py': 'def a():\n    time.sleep(1)\n'},
    ],
    'test_names': [
        {'tests/unit/a_test.cc': 'TEST(Hub, Basic) {}\n'},
        {'tests/unit/a_test.cc': 'TEST_F(Hub, Test1) {}\n'},
        {'tests/unit/a_test.cc': 'TEST(Hub, ShouldHold) {}\n'},
    ],
    'readmes': [
        {'core/base/README.md': '# base\n' + 'more\n' * 20},
        {'core/task/CMakeLists.txt': 'taskfeed_module(task SOURCES t.cc DEPENDS base)\n'},
        {'core/README.md': '| 0 | [base](base/README.md)\n| 2 | [event](event/README.md)\n'
                           '| 3 | [loop](loop/README.md)\n'},
    ],
    'links': [
        {'man/README.md': '[all](taskfeed-tail.1) and [none](../cmd/none.cc)\n'},
    ],
    'man_pages': [
        {'cmd/subcommand.cc': '    Subcommand{"wait", "the end", Needs::kTasks, enter_wait},\n'},
    ],
}


class Rules(unittest.TestCase):
    def test_a_tree_that_keeps_them_has_no_findings(self):
        for rule in rules.RULES:
            self.assertEqual([str(one) for one in rule(Tree(GOOD))], [], rule.__name__)

    def test_each_sample_that_breaks_one_is_found_once(self):
        self.assertEqual(set(BAD), {rule.__name__ for rule in rules.RULES})
        for rule in rules.RULES:
            for sample in BAD[rule.__name__]:
                with self.subTest(rule=rule.__name__, sample=sample):
                    found = list(rule(Tree({**GOOD, **sample})))
                    self.assertEqual(len(found), 1, [str(one) for one in found])
                    folders = {os.path.dirname(path) for path in sample}
                    self.assertTrue(os.path.dirname(found[0].path) in folders, found[0])


class SourceText(unittest.TestCase):
    def test_braces_in_literals_and_comments_are_no_blocks(self):
        text = ('void f() {\n  a("{", \'{\');  // {\n  b(R"({ " {)");  /* { */\n'
                '  int n = 1\'000;\n}\n')
        self.assertEqual([(one.kind, one.first, one.last) for one in blocks(text)],
                         [('function', 1, 5)])

    def test_functions_are_told_from_scopes_and_lists(self):
        text = ('namespace a {\nstruct S : T {\n  int f() const {\n    for (;;) {\n    }\n  }\n'
                '  int list[2]{1, 2};\n};\nenum class E { k };\n}\n')
        self.assertEqual([one.kind for one in blocks(text)],
                         ['scope', 'scope', 'function', 'loop', 'other', 'scope'])


if __name__ == '__main__':
    unittest.main()

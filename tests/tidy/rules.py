"""The rules of the house that no compiler checks. Each takes a Tree and yields Findings.

CONTRIBUTING.md says them in prose, core/README.md explains the rings. check_test.py holds each
rule against a bad sample, so that none passes because it looks at nothing.
"""
import fnmatch
import posixpath
import re
from dataclasses import dataclass

from source_text import block_at, blocks

FILE_LINES_MAX = 500
FUNCTION_LINES_MAX = 70
LINE_COLUMNS_MAX = 100
README_LINES_MAX = 20

RINGS = (('base',),
         ('event', 'task', 'workflow'),
         ('broker', 'hub', 'runner', 'engine', 'service', 'bridge'),
         ('loop', 'peer', 'redis', 'http', 'client', 'process', 'llm', 'adk', 'mcp', 'temporal',
          'ops'))
RANK = {module: (ring, place)
        for ring, modules in enumerate(RINGS) for place, module in enumerate(modules)}

# A third-party header, and the files that may include it. Tests may include any of them.
THIRD_PARTY = {
    'spdlog/': ('core/base/log.cc',),
    'openssl/': ('core/base/digest.cc', 'core/peer/tls_session.cc', 'core/ops/*.cc'),
    'nlohmann/': ('core/event/json.h', 'core/event/json.cc'),
    'toml++/': ('core/runner/*.cc', 'cmd/config_file.cc'),
    'uv.h': ('core/loop/*.cc', 'core/loop/uv_*.h', 'core/redis/*.cc', 'core/http/*.cc',
             'core/http/uv_*.h'),
    'hiredis/': ('core/redis/*.cc',),
    'httplib.h': ('core/http/*.cc', 'core/client/http_call.cc',
                  'core/peer/http_call.cc'),
    're2/': ('cmd/pattern.cc',),
    'CLI/': ('cmd/arg_parser.cc',),
    'systemd/': ('cmd/service_manager.cc', 'core/ops/*.cc'),
    'gtest/': (), 'gmock/': (), 'rapidcheck': (), 'benchmark/': (),
}
SYSTEM = re.compile(r'^(sys|netinet|arpa|linux|net|bits)/|^(unistd|fcntl|poll|spawn|pthread|netdb|'
                    r'signal|errno|limits|malloc|stdint|stddef|string|stdlib|stdio|time|dirent|'
                    r'dlfcn|termios|langinfo|locale|ifaddrs|sched|getopt|pwd|grp|sysexits)\.h$')


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f'{self.path}:{self.line}: {self.rule}: {self.text}'


class Tree:
    """Paths and texts of a source tree."""

    def __init__(self, files):
        self.files = dict(files)

    def matching(self, *patterns):
        for path, text in sorted(self.files.items()):
            if any(fnmatch.fnmatch(path, pattern) for pattern in patterns):
                yield path, text

    def cpp(self, *folders):
        patterns = [f'{folder}/*{ending}' for folder in folders for ending in ('.cc', '.h')]
        return self.matching(*patterns)


def _lines(text):
    return enumerate(text.splitlines(), 1)


def _declared_dependencies(tree):
    """Module to the modules that its CMakeLists.txt names after DEPENDS, with their lines."""
    declared = {}
    for path, text in tree.matching('core/*/CMakeLists.txt'):
        for call in re.finditer(r'taskfeed_module\((\w+)([^)]*)\)', text):
            found = re.search(r'\bDEPENDS\b(.*?)(\bSOURCES\b|\bPRIVATE\b|$)', call[2], re.DOTALL)
            line = text[:call.start()].count('\n') + 1
            declared[call[1]] = (path, line, found[1].split() if found else [])
    return declared


def _arrow_allowed(user, used):
    if RANK[user][0] == 3 and RANK[used][0] == 3:
        # What ring 3 has in common: the loop, and HTTP to agents' peers.
        return used in ('loop', 'peer') and user not in ('loop', 'peer')
    return RANK[used] < RANK[user]


def rings(tree):
    """Includes and declared dependencies point to a lower ring, or to an earlier module of one."""
    declared = _declared_dependencies(tree)
    for module, (path, line, depends) in declared.items():
        if module not in RANK:
            yield Finding(path, line, 'rings', f'module {module} has no place in the rings')
            continue
        for used in depends:
            if used not in RANK or not _arrow_allowed(module, used):
                yield Finding(path, line, 'rings', f'{module} may not depend on {used}')
    for path, text in tree.cpp('core'):
        module = path.split('/')[1]
        for number, line in _lines(text):
            found = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not found:
                continue
            folder = found[1].split('/')[0]
            if folder == module:
                continue
            if folder not in RANK:
                yield Finding(path, number, 'rings', f'"{found[1]}" is in no module of core')
            elif module not in RANK or not _arrow_allowed(module, folder):
                yield Finding(path, number, 'rings', f'{module} may not include {folder}')
            elif module in declared and folder not in declared[module][2]:
                yield Finding(path, number, 'rings', f'{module} lacks {folder} in its DEPENDS')


def third_party(tree):
    """A third-party header is included by its owner only, and never by a header but json.h."""
    for path, text in tree.cpp('core', 'cmd', 'tests'):
        for number, line in _lines(text):
            found = re.match(r'\s*#\s*include\s+<([^>]+)>', line)
            if not found or not re.search(r'[./]', found[1]) or SYSTEM.match(found[1]):
                continue
            library = next((name for name in THIRD_PARTY if found[1].startswith(name)), None)
            if library is None:
                yield Finding(path, number, 'third_party',
                              f'<{found[1]}> is unknown; name its owner in tests/tidy/rules.py')
            elif not path.startswith('tests/') and not any(
                    fnmatch.fnmatch(path, owner) for owner in THIRD_PARTY[library]):
                yield Finding(path, number, 'third_party', f'<{found[1]}> belongs to other files: '
                              + (', '.join(THIRD_PARTY[library]) or 'tests'))


def sizes(tree):
    """Files, functions and lines end somewhere."""
    code = ('*.cc', '*.h', '*.py', '*.lua', '*.bats', '*.bash', '*.sh', 'scripts/*', '.ci/*')
    for path, text in tree.matching(*code):
        length = text.count('\n')
        if length > FILE_LINES_MAX:
            yield Finding(path, length, 'sizes', f'{length} lines; at most {FILE_LINES_MAX}')
        for number, line in _lines(text):
            if len(line) > LINE_COLUMNS_MAX:
                yield Finding(path, number, 'sizes',
                              f'{len(line)} columns; at most {LINE_COLUMNS_MAX}')
    for path, text in tree.cpp('core', 'cmd', 'tests'):
        for block in blocks(text):
            length = block.last - block.first + 1
            if block.kind == 'function' and length > FUNCTION_LINES_MAX:
                yield Finding(path, block.first, 'sizes', f'"{block.head[-60:]}" has {length} '
                              f'lines; at most {FUNCTION_LINES_MAX}')


def headers(tree):
    """A header opens with what it is for, Threads, Errors and Owns."""
    for path, text in tree.matching('core/*.h', 'cmd/*.h', 'tests/support/*.h'):
        opening = []
        for line in text.splitlines():
            if not line.startswith('///'):
                break
            opening.append(line)
        if not opening:
            yield Finding(path, 1, 'headers', 'does not begin with a /// block')
            continue
        for beat in ('Threads', 'Errors', 'Owns'):
            if not any(re.match(rf'/// {beat}  +\S', line) for line in opening):
                yield Finding(path, 1, 'headers', f'its opening lacks the line "/// {beat}  …"')
        if '#pragma once' not in text:
            yield Finding(path, 1, 'headers', 'lacks #pragma once')


_UNFINISHED = re.compile(r'\b(TO' r'DO|FIX' r'ME|X' r'XX)\b')
_MACHINE = re.compile(r'(?<![\w.])/(ho' r'me|Users|ro' r'ot|work)/\w')


def text(tree):
    """No tabs, no blanks at the end of a line, nothing left to do, no path of one machine."""
    skipped = ('tests/fuzz/corpus/*', 'tests/golden/*', 'LICENSE')
    for path, content in tree.files.items():
        if any(fnmatch.fnmatch(path, pattern) for pattern in skipped):
            continue
        if content and not content.endswith('\n'):
            yield Finding(path, content.count('\n') + 1, 'text', 'the last line has no line break')
        for number, line in _lines(content):
            if '\t' in line:
                yield Finding(path, number, 'text', 'a tab')
            if line != line.rstrip(' \r'):
                yield Finding(path, number, 'text', 'blanks at the end of the line')
            if _UNFINISHED.search(line):
                yield Finding(path, number, 'text', 'says that something is left to do')
            if _MACHINE.search(line):
                yield Finding(path, number, 'text', 'names a path of one machine')


_CPP_SLEEP = re.compile(r'\b(sleep_for|sleep_until|usleep|nanosleep|::sleep)\s*\(')
_SHELL_SLEEP = re.compile(r'^\s*(?:.*(?:;|&&|\|\||do)\s*)?sleep\s+[\d.$]')
_SHELL_LOOP = re.compile(r'^\s*(while|until|for)\b|\bdo\b')


def sleeps(tree):
    """A test waits for a fact: it sleeps only between two looks, which is inside a loop.

    A measurement (tests/bench) has a length, and may wait for its end.
    """
    for path, content in tree.cpp('tests'):
        if path.startswith('tests/bench/'):
            continue
        found = blocks(content)
        for number, line in _lines(content):
            if not _CPP_SLEEP.search(line):
                continue
            block = block_at(found, number)
            if block is None or not block.inside('loop'):
                yield Finding(path, number, 'sleeps', 'a sleep outside a loop that asks for a fact')
    for path, content in tree.matching('tests/*.sh', 'tests/*.bats', 'tests/*.bash', 'tests/*.py'):
        if path.startswith(('tests/tidy/', 'tests/bench/')):
            continue
        depth_of_loops = []
        for number, line in _lines(content):
            indent = len(line) - len(line.lstrip())
            if line.strip():
                depth_of_loops = [depth for depth in depth_of_loops if depth < indent]
            slept = (re.search(r'\btime\.sleep\(', line) if path.endswith('.py')
                     else _SHELL_SLEEP.search(line))
            if slept and not depth_of_loops and not _SHELL_LOOP.search(line):
                yield Finding(path, number, 'sleeps', 'a sleep outside a loop that asks for a fact')
            if re.match(r'\s*(while|until|for)\b', line):
                depth_of_loops.append(indent)


_EMPTY_NAME = re.compile(r'^(test\w*\d*|basic\w*|should\w*|simple\w*|works?)$', re.IGNORECASE)


def test_names(tree):
    """A test's name is a fact."""
    for path, content in tree.cpp('tests'):
        for number, line in _lines(content):
            found = re.match(r'\s*(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)', line)
            if found and _EMPTY_NAME.match(found[2]):
                yield Finding(path, number, 'test_names', f'"{found[2]}" states no fact')


def readmes(tree):
    """Every module says in a few lines what it is, and stands in the table of core/README.md."""
    table = tree.files.get('core/README.md', '')
    folders = {path.split('/')[1] for path, _ in tree.matching('core/*/CMakeLists.txt')}
    for folder in sorted(folders):
        path = f'core/{folder}/README.md'
        if path not in tree.files:
            yield Finding(path, 1, 'readmes', 'is missing')
        elif tree.files[path].count('\n') > README_LINES_MAX:
            yield Finding(path, README_LINES_MAX + 1, 'readmes',
                          f'more than {README_LINES_MAX} lines')
        elif folder in RANK:
            ring = RANK[folder][0]
            if f'| {ring} | [{folder}]({folder}/README.md)' not in table:
                yield Finding('core/README.md', 1, 'readmes',
                              f'lacks {folder} in ring {ring} of its table')


def links(tree):
    """What a page of Markdown links to in this tree is there."""
    for path, content in tree.matching('*.md'):
        for number, line in _lines(content):
            for target in re.findall(r'\]\(([^)\s]+)\)', line):
                if re.match(r'[a-z]+:|#', target):
                    continue
                place = posixpath.normpath(
                    posixpath.join(posixpath.dirname(path), target.split('#')[0]))
                if place not in tree.files:
                    yield Finding(path, number, 'links', f'{target} is not there')


def man_pages(tree):
    """Every subcommand that help shows has a man page of its own."""
    table = tree.files.get('cmd/subcommand.cc', '')
    for number, line in _lines(table):
        found = re.search(r'Subcommand\{"([\w-]+)",\s*(".*)', line)
        if not found or found[2].startswith('""') or found[1] in ('help', 'version'):
            continue
        page = f'man/taskfeed-{found[1]}'
        if f'{page}.1' not in tree.files and f'{page}.8' not in tree.files:
            yield Finding('cmd/subcommand.cc', number, 'man_pages', f'{page}.1 is missing')


RULES = (rings, third_party, sizes, headers, text, sleeps, test_names, readmes, links, man_pages)

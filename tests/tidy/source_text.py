"""Just enough of C++'s surface for the tidy rules: text without comments and literals, and blocks.

No parser: braces are matched, and what stands before one tells a function from a scope or a list.
Formatted code (scripts/format) is all that it needs to read.
"""
import re
from dataclasses import dataclass, field

_LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/'
    r'|R"(?P<tag>[^\s()\\]{0,16})\(.*?\)(?P=tag)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)
_SCOPE = re.compile(r'\b(namespace|class|struct|union|enum)\b|\bextern\s*$')
_LOOP = re.compile(r'^\s*(for|while)\b|\bdo\s*$')


def blank_literals(text):
    """Comments and literals become spaces; line breaks stay, so that line numbers do."""
    return _LITERAL.sub(lambda found: re.sub(r'[^\n]', ' ', found.group()), text)


@dataclass
class Block:
    kind: str  # scope, function, loop or other
    head: str  # What stands before its brace.
    first: int
    last: int = 0
    outer: 'Block | None' = field(default=None, repr=False)

    def inside(self, kind):
        block = self
        while block is not None and block.kind != kind:
            block = block.outer
        return block is not None


def _kind(head, outer):
    if outer is not None and outer.kind != 'scope':
        return 'loop' if _LOOP.search(head) else 'other'
    if _SCOPE.search(head) and not re.search(r'\)\s*(const|noexcept|override|final|\s)*$', head):
        return 'scope'
    return 'function' if '(' in head else 'other'


def blocks(text):
    """Every braced block of a C++ text, outer ones before those within."""
    found, current, line, begin = [], None, 1, 0
    code = re.sub(r'(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', lambda m: re.sub(r'[^\n]', ' ', m.group()),
                  blank_literals(text))
    parens = 0
    for index, char in enumerate(code):
        if char == '\n':
            line += 1
        elif char == '(':
            parens += 1
        elif char == ')':
            parens = max(0, parens - 1)
        elif char == '{':
            head = code[begin:index]
            block = Block(_kind(head, current), ' '.join(head.split()), line, outer=current)
            block.parens = parens
            found.append(block)
            current, begin, parens = block, index + 1, 0
        elif char == '}' and current is not None:
            current.last = line
            parens = current.parens
            current, begin = current.outer, index + 1
        elif char == ';' and parens == 0:
            begin = index + 1
    return found


def block_at(found, line):
    """The innermost block that holds a line."""
    innermost = None
    for block in found:
        if block.first <= line <= block.last:
            innermost = block
    return innermost

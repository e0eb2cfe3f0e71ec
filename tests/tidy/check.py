#!/usr/bin/env python3
"""Holds a source tree against the rules of rules.py: check.py [FOLDER]. Exit 1 on a finding."""
import os
import subprocess
import sys

from rules import RULES, Tree


def _paths(root):
    listed = subprocess.run(
        ['git', '-C', root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'],
        capture_output=True)
    if listed.returncode == 0:
        return [name for name in listed.stdout.decode().split('\0') if name]
    found = []  # A tree without git, such as an unpacked archive.
    for folder, inner, names in os.walk(root):
        inner[:] = [name for name in inner if not name.startswith(('build', '.git'))]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return found


def read_tree(root):
    files = {}
    for path in _paths(root):
        whole = os.path.join(root, path)
        if os.path.islink(whole) or not os.path.isfile(whole):
            continue
        with open(whole, 'rb') as file:
            raw = file.read()
        if b'\0' not in raw:
            files[path] = raw.decode('utf-8', 'replace')
    return Tree(files)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), '../..')
    tree = read_tree(root)
    if not any(path.startswith('core/') for path in tree.files):
        sys.exit(f'check.py: {root} is no source tree of taskfeed: it has no core/')
    findings = [finding for rule in RULES for finding in rule(tree)]
    for finding in findings:
        print(finding)
    print(f'tidy: {len(RULES)} rules, {len(tree.files)} files, {len(findings)} findings')
    return 1 if findings else 0


if __name__ == '__main__':
    sys.exit(main())

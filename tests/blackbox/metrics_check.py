#!/usr/bin/env python3
"""Reads Prometheus' text format 0.0.4 from stdin, strictly, and prints each sample on a line.

Exit 1, and the line, where it is not of that format, where a family's samples do not stand together
after its HELP and TYPE, or where a histogram does not add up. Where Prometheus' own client library
is installed, it must read the same samples.
"""
import math
import re
import sys

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf'({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)')
SUFFIXES = {'counter': ('',), 'gauge': ('',), 'histogram': ('_bucket', '_sum', '_count')}


class Wrong(Exception):
    pass


def need(holds, line):
    if not holds:
        raise Wrong(line)


def labels_of(text):
    return tuple(re.findall(LABEL, text or ''))


def read(text):
    """Families in their order: name to (kind, {(sample's name, labels): value})."""
    families, name, helped = {}, None, None
    need(text.endswith('\n'), 'the last line has no end')
    for line in text[:-1].split('\n'):
        if found := re.fullmatch(rf'# HELP ({NAME}) (.+)', line):
            need(found[1] not in families and helped is None, line)
            helped = found[1]
        elif found := re.fullmatch(rf'# TYPE ({NAME}) (counter|gauge|histogram)', line):
            need(found[1] == helped, line)
            name, helped = helped, None
            need((found[2] == 'counter') == name.endswith('_total'), line)
            families[name] = (found[2], {})
        else:
            found = SAMPLE.fullmatch(line)
            need(found and name and helped is None, line)
            kind, samples = families[name]
            need(found[1] in [name + suffix for suffix in SUFFIXES[kind]], line)
            key = found[1], labels_of(found[2])
            names = [label.split('=')[0] for label in key[1]]
            need(key not in samples and len(set(names)) == len(names), line)
            value = float(found[3])
            need(math.isfinite(value) and (kind == 'gauge' or value >= 0), line)
            samples[key] = value
    need(helped is None, f'{helped} has no TYPE')
    return families


def check_histogram(name, samples):
    groups = {}
    for (full, labels), value in samples.items():
        bare = tuple(label for label in labels if not label.startswith('le='))
        groups.setdefault(bare, {}).setdefault(full.removeprefix(name), []).append((labels, value))
    for labels, parts in groups.items():
        need(set(parts) == {'_bucket', '_sum', '_count'}, f'{name}{labels} lacks a part')
        bounds = [next(label for label in each[0] if label.startswith('le='))
                  for each in parts['_bucket']]
        numbers = [float(bound[4:-1].replace('+Inf', 'inf')) for bound in bounds]
        counts = [value for _, value in parts['_bucket']]
        need(numbers == sorted(set(numbers)) and numbers[-1] == math.inf, f'{name}{labels}: bounds')
        need(counts == sorted(counts), f'{name}{labels}: buckets that fall')
        need(counts[-1] == parts['_count'][0][1], f'{name}{labels}: +Inf is not the count')


def check_with_library(text, samples):
    try:
        from prometheus_client.parser import text_string_to_metric_families
    except ImportError:
        return
    count = sum(len(family.samples) for family in text_string_to_metric_families(text))
    need(count == len(samples), f'the library reads {count} samples, not {len(samples)}')


def main():
    text = sys.stdin.read()
    try:
        families = read(text)
        for name, (kind, samples) in families.items():
            if kind == 'histogram':
                check_histogram(name, samples)
        all_samples = {key: value for _, samples in families.values()
                       for key, value in samples.items()}
        check_with_library(text, all_samples)
    except Wrong as wrong:
        sys.exit(f'not of the format: {wrong}')
    for (name, labels), value in all_samples.items():
        print(f'{name}{"{" + ",".join(labels) + "}" if labels else ""} {value:.15g}')


if __name__ == '__main__':
    main()

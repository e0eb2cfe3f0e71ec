#!/usr/bin/env python3
"""taskfeed-serve(8) tells of the routes and parameters that there are: routes_test.py SOURCES.

Those that there are stand in openapi.json, which a test of core/http holds against the table of
routes and the handlers.
"""
import json
import os
import re
import sys
import unittest

SOURCES = sys.argv[1]
TASK = '/api/v1/agents/AGENT/tasks/TASK'


def source(*path):
    with open(os.path.join(SOURCES, *path), encoding='utf-8') as file:
        return file.read()


def page(name):
    return source('man', name)


def routes_of_document():
    """As the page writes them: a task once, though it has two paths."""
    routes = set()
    for path, item in json.loads(source('core', 'http', 'openapi.json'))['paths'].items():
        if path.startswith('/api/v1/tasks/{task}'):
            continue
        path = path.replace('{agent}', 'AGENT').replace('{task}', 'TASK')
        routes |= {f'{method.upper()} {path}' for method in item if method != 'parameters'}
    return routes


def items(section):
    """Each `.It` that lists requests, as a person reads it."""
    for line in re.findall(r'^\.It (Li (?:GET|POST|PUT|DELETE) .*)$', section, re.MULTILINE):
        text = re.sub(r' Ns (Li )?', '', line)
        yield re.sub(r'\b(Li|Ar) ', '', text)


def routes_of_page():
    """`POST T/cancel , T/pause` is two of them: a method holds until another one stands there."""
    section = re.split(r'^\.S[hs] ', page('taskfeed-serve.8').split('.Ss Requests')[1],
                       flags=re.MULTILINE)[0]
    routes = []
    for item in items(section):
        method = None
        for part in item.split(' , '):
            words = part.split()
            if len(words) == 2:
                method = words[0]
            path = re.sub(r'^T(?=/|$)', TASK, words[-1])
            routes.append(f'{method} {path}')
    return routes


class Routes(unittest.TestCase):
    def test_every_route_is_on_the_page_once_and_no_other(self):
        listed = routes_of_page()
        self.assertGreater(len(listed), 20)
        self.assertEqual(sorted(listed), sorted(set(listed)))
        self.assertEqual(sorted(listed), sorted(routes_of_document()))

    def test_every_query_parameter_is_named(self):
        document = json.loads(source('core', 'http', 'openapi.json'))
        names = {each['name'] for each in document['components']['parameters'].values()
                 if each['in'] in ('query', 'header')}
        self.assertIn('lastEventId', names)
        words = set(re.findall(r'[\w-]+', page('taskfeed-serve.8') + page('taskfeed-events.7')))
        self.assertEqual(names - words, set())


if __name__ == '__main__':
    unittest.main(argv=sys.argv[:1])

"""A daemon's /openapi.json, and what it says of requests and answers."""
import copy
import http.client
import json
import re
import urllib.parse

from jsonschema import Draft202012Validator


def closed(schema):
    """The schema, where members that it does not name are wrong: in tests nothing goes untold."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    copied = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get('properties'), dict):
        copied.setdefault('additionalProperties', False)
    return copied


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.fields, self.body = status, fields, body

    @property
    def type(self):
        return self.fields.get('Content-Type', '').split(';')[0]

    def json(self):
        return json.loads(self.body)


class Document:
    """Asks, and holds each request and each answer against what the document says."""

    def __init__(self, base):
        self.place = urllib.parse.urlsplit(base)
        self.json = json.loads(self._ask('GET', '/openapi.json', None, {}).body)
        self.components = closed(copy.deepcopy(self.json['components']))
        self.seen = set()   # (operationId, status, content type)
        self.operations = {}
        for path, item in self.json['paths'].items():
            for method in ('get', 'put', 'post', 'delete'):
                if method in item:
                    self.operations[item[method]['operationId']] = (method.upper(), path, item)

    def _ask(self, method, target, body, fields):
        line = http.client.HTTPConnection(self.place.hostname, self.place.port, timeout=60)
        try:
            line.request(method, target, body, fields)
            got = line.getresponse()
            return Answer(got.status, dict(got.getheaders()), got.read().decode())
        finally:
            line.close()

    def resolved(self, part):
        while '$ref' in part:
            found = self.json
            for key in part['$ref'].removeprefix('#/').split('/'):
                found = found[key]
            part = found
        return part

    def faults(self, value, schema):
        """What is wrong with a value, as lines; none where nothing is."""
        whole = {'components': self.components, 'allOf': [closed(schema)]}
        return [f'{each.json_path}: {each.message}'
                for each in Draft202012Validator(whole).iter_errors(value)]

    def expect(self, value, schema, what):
        faults = self.faults(value, schema)
        assert not faults, f'{what}: {faults}\n{json.dumps(value, indent=1)}'

    def named(self, name):
        return {'$ref': f'#/components/schemas/{name}'}

    # --- Calls ---

    def call(self, operation, wanted, body=None, fields=None, type_='application/json', **values):
        """Asks for that operation; its answer must have that status, and be as described."""
        method, path, item = self.operations[operation]
        query = {}
        for name, value in values.items():
            if '{' + name + '}' in path:
                path = path.replace('{' + name + '}', value)
            else:
                query[name] = value
        assert '{' not in path, f'{operation}: {path} lacks a value'
        target = path + ('?' + urllib.parse.urlencode(query) if query else '')
        fields = dict(fields or {})
        text = None
        if body is not None:
            fields['Content-Type'] = type_
            text = body if isinstance(body, str) else json.dumps(body)
        answer = self._ask(method, target, text, fields)
        what = f'{operation}: {method} {target}'
        assert answer.status == wanted, f'{what}: {answer.status}, not {wanted}\n{answer.body}'
        described = item[method.lower()]
        if body is not None and wanted < 300:
            self._check_request(described, body, type_, what)
        self._check_answer(operation, described, answer, what)
        return answer

    def _check_request(self, described, body, type_, what):
        media = described['requestBody']['content'][type_]
        if type_ == 'application/json':
            value = json.loads(body) if isinstance(body, str) else body
            self.expect(value, media['schema'], what + ', its request')

    def _check_answer(self, operation, described, answer, what):
        response = described['responses'].get(str(answer.status))
        assert response is not None, f'{what}: {answer.status} is not described\n{answer.body}'
        response = self.resolved(response)
        for name, field in response.get('headers', {}).items():
            if self.resolved(field).get('required'):
                assert name in answer.fields, f'{what}: lacks the field {name}'
        content = response.get('content', {})
        if not content:
            assert answer.body == '', f'{what}: {answer.body}'
        else:
            assert answer.type in content, f'{what}: {answer.type} is not described'
            self._check_body(content[answer.type]['schema'], answer, what)
        self.seen.add((operation, str(answer.status), answer.type if content else ''))

    def _check_body(self, schema, answer, what):
        if answer.type == 'application/x-ndjson':
            for line in answer.body.splitlines():
                self.expect(json.loads(line), self.named('Event'), what)
        elif answer.type in ('application/json', 'application/problem+json'):
            self.expect(answer.json(), schema, what)
            if answer.type == 'application/problem+json':
                problem = answer.json()
                assert problem['status'] == answer.status, what
                assert problem['type'] == 'urn:taskfeed:problem:' + problem['code'], what
                assert problem['request_id'] == answer.fields['X-Request-Id'], what
        else:
            self.expect(answer.body, schema, what)

    # --- What was looked at ---

    def described(self):
        """Every answer that the document names: (operationId, status, content type)."""
        for operation, (method, _, item) in self.operations.items():
            for status, response in item[method.lower()]['responses'].items():
                for type_ in self.resolved(response).get('content', {'': {}}):
                    yield operation, status, type_

    def check_examples(self):
        """Whatever stands as an example is one; how many there are."""
        count = 0
        parts = [self.json]
        while parts:
            part = parts.pop()
            if isinstance(part, list):
                parts += part
            if not isinstance(part, dict):
                continue
            parts += part.values()
            examples = part.get('examples', []) if 'properties' in part or 'type' in part else []
            if 'example' in part and 'schema' in part:
                self.expect(part['example'], part['schema'], 'an example')
                count += 1
            for each in examples:
                schema = {key: part[key] for key in part if key != 'examples'}
                self.expect(each, schema, 'an example')
                count += 1
        return count


def frames_of(text):
    """The frames of an event stream: dicts of id, event and data."""
    for block in re.split(r'\n\n', text):
        frame = {}
        for line in block.splitlines():
            name, _, value = line.partition(':')
            if name:
                frame[name] = value.removeprefix(' ')
        if frame:
            yield frame

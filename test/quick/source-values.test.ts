import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Checks } from '../../source/checks.ts';
import { demandOf } from '../../source/demands.ts';
import type { Demand } from '../../source/demands.ts';
import { sampleValue, satisfies } from '../../source/sample-values.ts';
import { sourceOf } from '../../source/read.ts';
import { loadPython } from '../../source/syntax.ts';

beforeAll(() => loadPython());

const none = new Map();
const demand = (type: string, checks: Checks = {}): Demand => demandOf(none, type, checks);

describe('a value is made for every demand', () => {
  test('numbers within bounds', () => {
    fc.assert(fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 0, max: 1000 }), fc.boolean(), fc.boolean(), (low, width, openLow, openHigh) => {
      const checks: Checks = { ...(openLow ? { gt: low } : { ge: low }), ...(openHigh ? { lt: low + width + 2 } : { le: low + width + 2 }) };
      for (const type of ['int', 'float']) expect(satisfies(demand(type, checks), sampleValue(demand(type, checks), ['5', '', 'x'], 'N'))).toBe(true);
    }));
  });

  test('one bound alone, and multiples', () => {
    fc.assert(fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.constantFrom('ge', 'gt', 'le', 'lt'), (bound, key) => {
      for (const type of ['int', 'float']) expect(satisfies(demand(type, { [key]: bound }), sampleValue(demand(type, { [key]: bound }), [], 'N'))).toBe(true);
    }));
    fc.assert(fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: -1000, max: 1000 }), (multipleOf, gt) => {
      expect(satisfies(demand('int', { multipleOf, gt }), sampleValue(demand('int', { multipleOf, gt }), [], 'N'))).toBe(true);
    }));
  });

  test('texts of any length, with any beginning', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 300 }), (minLength, more) => {
      const checks = { minLength, maxLength: minLength + more };
      expect(satisfies(demand('str', checks), sampleValue(demand('str', checks), ['wish'], 'A_LONG_NAME'))).toBe(true);
    }));
    expect(sampleValue(demand('str', { prefix: 'sk-' }), ['x'], 'KEY')).toMatch(/^sk-/);
  });

  test.each([
    '^(eu|us)-[a-z]+-\\d$', '^[0-9a-f]{32}$', '^v\\d+\\.\\d+(\\.\\d+)?$', '(?P<year>20\\d\\d)-(?P<month>0[1-9])', '^\\w{3,10}$', '[A-Z][a-z]+', '^https?://[^/]+/$', '\\Aabc\\Z', '^(DEBUG|INFO)$', '^[\\w.-]+@[\\w.-]+$', '^\\+?\\d{10,15}$',
  ])('texts of the pattern %s', (pattern) => {
    const value = sampleValue(demand('str', { pattern }), ['wish'], 'NAME');
    expect(satisfies(demand('str', { pattern }), value)).toBe(true);
    expect(new RegExp(pattern.replaceAll('(?P<', '(?<').replace('\\A', '^').replace('\\Z', '$')).test(value)).toBe(true);
  });

  test('a pattern that JavaScript cannot read asks for nothing', () => {
    expect(sampleValue(demand('str', { pattern: '(?i)^a(?#comment)$[' }), ['wish'], 'NAME')).toBe('wish');
  });

  test('a pattern that explodes is given up', () => {
    const began = performance.now();
    sampleValue(demand('str', { pattern: '^(a+)+$', minLength: 3 }), [`${'a'.repeat(40)}b`], 'N');
    sampleValue(demand('str', { pattern: '((a{9999}){9999}){9999}' }), ['wish'], 'N');
    expect(performance.now() - began).toBeLessThan(2000);
  });

  test.each([
    ['Optional[int]', '1'], ['int | None', '1'], ['None | bool', 'false'], ['Union[None, float]', '1.0'], ['"int"', '1'], ['typing.Annotated[int, Field(ge=3)]', '3'], ['list[int]', '[1]'], ['List[str]', '[]'], ['tuple[int, str]', '[1,"boot-check-x-1"]'],
    ['dict[str, Any]', '{}'], ['Literal["b", "a"]', 'b'], ['conlist(int, min_length=2)', '[1,1]'], ['PostgresDsn', 'postgresql://postgres:postgres@localhost:5432/postgres'], ['RedisDsn | None', 'redis://localhost:6379/0'], ['UUID4', '00000000-0000-4000-8000-000000000000'],
    ['SecretStr', 'boot-check-x'], ['Unknown', 'boot-check-x'], ['', 'boot-check-x'], ['list[', '[]'],
  ])('%s', (type, wanted) => {
    expect(sampleValue(demand(type), [], 'X')).toBe(wanted);
  });

  test('models, enums and aliases of the tree', async () => {
    const { files } = await sourceOf({ 'a.py': 'import enum\nfrom pydantic import BaseModel\nfrom typing import Literal\nEnv = Literal["live", "test"]\nclass Colour(enum.StrEnum):\n    RED = enum.auto()\n    BLUE = "b"\nclass Db(BaseModel):\n    host: str\n    port: int = 1\n    colour: Colour\n' });
    expect(sampleValue(demandOf(files, 'Env'), [], 'X')).toBe('test');
    expect(sampleValue(demandOf(files, 'Colour'), ['b'], 'X')).toBe('b');
    expect(sampleValue(demandOf(files, 'Db | None'), [], 'X')).toBe('{"host":"boot-check-host","colour":"red"}');
  });
});

const required = async (code: string): Promise<readonly string[]> => (await sourceOf({ 'config.py': `import os, sys\n${code}` })).variables.filter((read) => read.required).map((read) => read.name);

describe('what a program cannot do without', () => {
  test.each<[string, string, readonly string[]]>([
    ['a raise some lines on', 'KEY = os.getenv("KEY")\nif not KEY:\n    print("no key")\n    print("bye")\n    raise SystemExit(1)\n', ['KEY']],
    ['sys.exit', 'KEY = os.getenv("KEY")\nif KEY is None:\n    sys.exit("no")\n', ['KEY']],
    ['one of several', 'KEY = os.getenv("KEY")\nURL = os.getenv("URL")\nif not KEY or not URL:\n    raise ValueError\n', ['KEY', 'URL']],
    ['all of several', 'KEY = os.getenv("KEY")\nURL = os.getenv("URL")\nif not all([KEY, URL]):\n    raise ValueError\n', ['KEY', 'URL']],
    ['an attribute, elsewhere', 'class C:\n    KEY = os.getenv("KEY")\ndef check(c):\n    if not c.KEY:\n        raise ValueError\n', ['KEY']],
    ['a list of names', 'for n in ["A", "B"]:\n    if not os.getenv(n):\n        raise ValueError(n)\n', ['A', 'B']],
    ['a function that insists', 'def must(n):\n    v = os.environ.get(n)\n    if v is None:\n        raise KeyError(n)\n    return v\nX = must("X")\n', ['X']],
    ['a fallback is none', 'KEY = os.getenv("KEY")\nif not KEY:\n    KEY = "x"\n', []],
    ['a warning is none', 'KEY = os.getenv("KEY")\nif not KEY:\n    print("careful")\n', []],
    ['a function that shrugs', 'def may(n):\n    return os.environ.get(n)\nX = may("X")\n', []],
    ['a list that is only shown', 'for n in ["A", "B"]:\n    print(os.getenv(n))\n', []],
  ])('%s', async (_, code, wanted) => {
    expect(await required(code)).toEqual(wanted);
  });
});

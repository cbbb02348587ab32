/** Syntax recipes on messages that CPython 3.14 printed for these texts. */
import { beforeAll, describe, expect, test } from 'vitest';
import { indentRepairs } from '../../scenarios/mechanisms/indentation.ts';
import { repairs } from '../../scenarios/mechanisms/syntax-repairs.ts';
import type { Broken } from '../../scenarios/mechanisms/syntax.ts';
import { applyEdits } from '../../source/edits.ts';
import { loadPython, sourceFile } from '../../source/python.ts';

beforeAll(loadPython);

function broken(text: string, message: string, line: number, column?: number, type = 'SyntaxError'): Broken {
  const source = (text.split('\n')[line - 1] ?? '').trim();
  return { at: 0, file: sourceFile('m.py', text), line, exception: { type, message, notes: [], frames: [], syntax: { file: 'm.py', line, source, ...(column === undefined ? {} : { column }) } } };
}

function texts(fault: Broken, fixes: ReturnType<typeof repairs>): readonly string[] {
  return fixes.map((fix) => applyEdits(new Map([['m.py', fault.file]]), fix.edits).get('m.py') ?? '');
}

interface Slip {
  readonly before: string;
  readonly said: string;
  readonly line: number;
  readonly column?: number;
  readonly after: string;
}

const SLIPS: readonly Slip[] = [
  { before: 'import os\nfrom __future__ import annotations\n', said: 'from __future__ imports must occur at the beginning of the file', line: 2, after: 'from __future__ import annotations\nimport os\n' },
  { before: 'M = 0777\n', said: 'leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers', line: 1, after: 'M = 0o777\n' },
  { before: 'if a <> 2:\n    pass\n', said: "invalid syntax.  Maybe you meant '!=' instead of '<>'?", line: 1, after: 'if a != 2:\n    pass\n' },
  { before: 'raise ValueError, "x"\n', said: 'invalid syntax', line: 1, column: 17, after: 'raise ValueError("x")\n' },
  { before: 'imprt os\n', said: 'invalid syntax', line: 1, column: 7, after: 'import os\n' },
  { before: 'form os import path\n', said: 'invalid syntax', line: 1, column: 6, after: 'from os import path\n' },
  { before: 'deff f():\n    pass\n', said: 'invalid syntax', line: 1, column: 6, after: 'def f():\n    pass\n' },
  { before: 'x = 1\nif x = 1:\n    pass\n', said: "invalid syntax. Maybe you meant '==' or ':=' instead of '='?", line: 2, after: 'x = 1\nif x == 1:\n    pass\n' },
  { before: 'f(a=1, b)\n', said: 'positional argument follows keyword argument', line: 1, after: 'f(b, a=1)\n' },
  { before: 'x = f"a}"\n', said: "f-string: single '}' is not allowed", line: 1, column: 8, after: 'x = f"a}}"\n' },
  { before: 'x = f"{a"\n', said: "f-string: expecting '}'", line: 1, column: 9, after: 'x = f"{a}"\n' },
  { before: 'def f():\n    await g()\n', said: "'await' outside async function", line: 2, after: 'async def f():\n    await g()\n' },
  { before: 'x =\u00a01\n', said: 'invalid non-printable character U+00A0', line: 1, after: 'x = 1\n' },
  { before: 'x\u200b = 1\n', said: 'invalid non-printable character U+200B', line: 1, after: 'x = 1\n' },
  { before: 'x = f(1，2)\n', said: "invalid character '，' (U+FF0C)", line: 1, after: 'x = f(1,2)\n' },
  { before: 'x = [1, 2)\n', said: "closing parenthesis ')' does not match opening parenthesis '['", line: 1, column: 10, after: 'x = [1, 2]\n' },
  { before: 'def f:\n    pass\n', said: "expected '('", line: 1, after: 'def f():\n    pass\n' },
  { before: 'if a:\n    pass\nelse if b:\n    pass\n', said: "expected ':'", line: 3, after: 'if a:\n    pass\nelif b:\n    pass\n' },
  { before: 'def f() - > int:\n    return 1\n', said: "expected ':'", line: 1, after: 'def f() -> int:\n    return 1\n' },
  { before: 'x = {"a": 1 "b": 2}\n', said: 'invalid syntax. Perhaps you forgot a comma?', line: 1, column: 11, after: 'x = {"a": 1, "b": 2}\n' },
  { before: 'if a && b:\n    pass\n', said: 'invalid syntax', line: 1, column: 7, after: 'if a and b:\n    pass\n' },
  { before: 'if !a:\n    pass\n', said: 'invalid syntax', line: 1, column: 4, after: 'if not a:\n    pass\n' },
  { before: '@app.get("/x"\ndef f():\n    pass\n', said: "'(' was never closed", line: 1, after: '@app.get("/x")\ndef f():\n    pass\n' },
  { before: 'async def f(a: int, b: int = 1 -> int:\n    return 1\n', said: "'(' was never closed", line: 1, after: 'async def f(a: int, b: int = 1) -> int:\n    return 1\n' },
  { before: 'x = (1, 2))\n', said: "unmatched ')'", line: 1, column: 11, after: 'x = (1, 2)\n' },
  { before: 'x = print("abc)\n', said: 'unterminated string literal (detected at line 1)', line: 1, column: 11, after: 'x = print("abc")\n' },
  { before: 'try:\n    f()\nexcept ValueError, TypeError as e:\n    pass\n', said: "multiple exception types must be parenthesized when using 'as'", line: 3, after: 'try:\n    f()\nexcept (ValueError, TypeError) as e:\n    pass\n' },
  { before: 'import os,\n', said: 'invalid syntax', line: 1, column: 10, after: 'import os\n' },
  { before: 'def f():\n    print "a"\n    print "b"\n', said: "Missing parentheses in call to 'print'. Did you mean print(...)?", line: 2, after: 'def f():\n    print("a")\n    print("b")\n' },
];

describe('a slip of the pen', () => {
  test.each(SLIPS)('$said: $before', ({ before, said, line, column, after }) => {
    const fault = broken(before, said, line, column);
    expect(texts(fault, repairs(fault))).toContain(after);
  });

  test('what still cannot be read afterwards is not offered', () => {
    const fault = broken('x = (1,\ndef f(:\n    pass\n', "'(' was never closed", 1);
    expect(repairs(fault)).toEqual([]);
  });

  test('other bytes stay as they are: line endings, comments, blanks', () => {
    const fault = broken('# one\r\nif a:\r\n    pass  \r\nelse if b:  # two\r\n    pass\r\n', "expected ':'", 4);
    expect(texts(fault, repairs(fault))).toContain('# one\r\nif a:\r\n    pass  \r\nelif b:  # two\r\n    pass\r\n');
  });
});

describe('indentation', () => {
  const fixed = (text: string, message: string, line: number): readonly string[] => {
    const fault = broken(text, message, line, undefined, 'IndentationError');
    return texts(fault, indentRepairs(fault));
  };

  test('the body of a function that lost its indent, all of it first', () => {
    expect(fixed('def f(a):\nb = a\nreturn b\n\nx = 1\n', 'expected an indented block after function definition on line 1', 2)[0]).toBe('def f(a):\n    b = a\n    return b\n\nx = 1\n');
  });

  test('the line below an if, and nothing that follows', () => {
    expect(fixed('def f(a):\n    if a:\n    a = 1\n    return a\n', "expected an indented block after 'if' statement on line 2", 3)[0]).toBe('def f(a):\n    if a:\n        a = 1\n    return a\n');
  });

  test('a block that was left out, before the next definition', () => {
    expect(fixed('def f():\n\ndef g():\n    return 1\n', 'expected an indented block after function definition on line 1', 3)[0]).toBe('def f():\n    pass\n\ndef g():\n    return 1\n');
  });

  test('lines that stand too deep', () => {
    expect(fixed('def f():\n    a = 1\n      b = 2\n    return a\n', 'unexpected indent', 3)[0]).toBe('def f():\n    a = 1\n    b = 2\n    return a\n');
  });
});

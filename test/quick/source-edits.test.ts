import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyEdits, dropImportAt, dropImportedName, editsBetween, importModule, importName, inSequence, minimalUniqueSpan, moveImportedName, moveImportIntoFunctions, replaceCallArguments, replaceCallee, replaceImportedModule, replaceValue, setKeyword, setVariable } from '../../source/edits.ts';
import { dotenvOf } from '../../source/dotenv.ts';
import { callsOf, importedNames, loadPython, sourceFile, syntaxFaults } from '../../source/python.ts';
import type { Edit, SourceFile } from '../../source/types.ts';

await loadPython();

const python = (text: string, path = 'src/core/database.py'): SourceFile => sourceFile(path, text);

function after(file: SourceFile, edits: readonly Edit[]): string {
  return applyEdits(new Map([[file.path, file]]), edits).get(file.path) ?? file.text;
}

/** The plain-text replay of the report: each old text occurs once and is replaced. */
function replay(before: string, pairs: readonly { old: string; new: string }[]): string {
  return pairs.reduce((text, pair) => {
    if (pair.old === '') return pair.new;
    expect(text.split(pair.old)).toHaveLength(2);
    const at = text.indexOf(pair.old);
    return text.slice(0, at) + pair.new + text.slice(at + pair.old.length);
  }, before);
}

const BUNDLED = `"""Database."""
from collections.abc import AsyncGenerator

from sqlmodel import SQLModel, create_engine
from sqlmodel.ext.asyncio.session import AsyncSession, AsyncEngine
from sqlalchemy.orm import sessionmaker

engine: AsyncEngine = create_engine(
    "postgresql://localhost/app",
    echo=True,
)
`;

describe('imports', () => {
  test('a name moves to the import of its new module', () => {
    const file = python(BUNDLED);
    const fixed = inSequence(file, (now) => moveImportedName(now, 'AsyncEngine', 'sqlmodel.ext.asyncio.session', 'sqlalchemy.ext.asyncio'),
      (now) => dropImportedName(now, 'sqlmodel', 'create_engine'), (now) => importName(now, 'sqlalchemy.ext.asyncio', 'create_async_engine'));
    expect(after(file, fixed)).toBe(BUNDLED
      .replace('from sqlmodel import SQLModel, create_engine', 'from sqlmodel import SQLModel')
      .replace('import AsyncSession, AsyncEngine\n', 'import AsyncSession\nfrom sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine\n'));
  });

  test.each([
    ['the only name takes the module with it', 'from a import X\n', 'from b import X\n'],
    ['an alias is kept', 'from a import X as Y, Z\n', 'from a import Z\nfrom b import X as Y\n'],
    ['the last of a line', 'from a import Z, X\n', 'from a import Z\nfrom b import X\n'],
    ['parentheses', 'from a import (X, Z)\n', 'from a import (Z)\nfrom b import X\n'],
    ['lines of their own', 'from a import (\n    Y,\n    X,  # why\n    Z,\n)\n', 'from a import (\n    Y,\n    Z,\n)\nfrom b import X\n'],
    ['the last line', 'from a import (\n    Y,\n    X,\n)\n', 'from a import (\n    Y,\n)\nfrom b import X\n'],
    ['an import that is there already', 'from b import W\nfrom a import X, Z\n', 'from b import W, X\nfrom a import Z\n'],
    ['one that has the name already', 'from b import X\nfrom a import X\n', 'from b import X\n'],
    ['indented', 'try:\n    from a import X, Z\nexcept ImportError:\n    X = Z = None\n', 'try:\n    from a import Z\n    from b import X\nexcept ImportError:\n    X = Z = None\n'],
    ['CRLF', 'import os\r\nfrom a import X, Z\r\n\r\nX()\r\n', 'import os\r\nfrom a import Z\r\nfrom b import X\r\n\r\nX()\r\n'],
    ['no last newline', 'from a import X, Z', 'from a import Z\nfrom b import X'],
    ['a byte order mark', '\uFEFFfrom a import X, Z\n', '\uFEFFfrom a import Z\nfrom b import X\n'],
  ])('move: %s', (_, before, wanted) => {
    const file = python(before);
    const text = after(file, moveImportedName(file, 'X', 'a', 'b'));
    expect(text).toBe(wanted);
    expect(moveImportedName(python(text), 'X', 'a', 'b')).toEqual([]);
  });

  test('a renamed name keeps its local name', () => {
    const file = python('from pydantic import validator\n');
    expect(after(file, moveImportedName(file, 'validator', 'pydantic', 'pydantic', 'field_validator'))).toBe('from pydantic import field_validator as validator\n');
  });

  test.each([
    ['behind imports of the same package', 'import os\nfrom sqlalchemy import text\nimport sys\n\nx = 1\n', 'import os\nfrom sqlalchemy import text\nfrom sqlalchemy.orm import Session\nimport sys\n\nx = 1\n'],
    ['behind the first block', '"""Doc."""\nfrom __future__ import annotations\n\nimport os\n\nx = 1\nimport late\n', '"""Doc."""\nfrom __future__ import annotations\n\nimport os\nfrom sqlalchemy.orm import Session\n\nx = 1\nimport late\n'],
    ['behind the docstring', '"""Doc."""\n\nx = 1\n', '"""Doc."""\nfrom sqlalchemy.orm import Session\n\nx = 1\n'],
    ['behind comments', '#!/usr/bin/env python\n# coding: utf-8\nx = 1\n', '#!/usr/bin/env python\n# coding: utf-8\nfrom sqlalchemy.orm import Session\nx = 1\n'],
    ['in an empty file', '', 'from sqlalchemy.orm import Session\n'],
    ['not into a TYPE_CHECKING block', 'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from sqlalchemy.orm import Query\n', 'from typing import TYPE_CHECKING\nfrom sqlalchemy.orm import Session\nif TYPE_CHECKING:\n    from sqlalchemy.orm import Query\n'],
    ['into one with lines of its own', 'from sqlalchemy.orm import (\n    Query,\n)\n', 'from sqlalchemy.orm import (\n    Query,\n    Session,\n)\n'],
    ['into one with lines of its own and no last comma', 'from sqlalchemy.orm import (\n    Query,\n    Mapper\n)\n', 'from sqlalchemy.orm import (\n    Query,\n    Mapper,\n    Session\n)\n'],
  ])('add: %s', (_, before, wanted) => {
    const file = python(before);
    const text = after(file, importName(file, 'sqlalchemy.orm', 'Session'));
    expect(text).toBe(wanted);
    expect(syntaxFaults(python(text))).toEqual([]);
    expect(importName(python(text), 'sqlalchemy.orm', 'Session')).toEqual([]);
  });

  test('a relative import is one of its module', () => {
    const file = python('from .session import A, B\n');
    expect(after(file, dropImportedName(file, 'src.core.session', 'A'))).toBe('from .session import B\n');
    expect(after(file, dropImportedName(file, 'core.session', 'B'))).toBe('from .session import A\n');
  });

  test('dropping the only statement of a block leaves the block', () => {
    const file = python('def f():\n    from a import X\n');
    expect(after(file, dropImportedName(file, 'a', 'X'))).toBe('def f():\n    pass\n');
  });

  test('one of several statements on a line', () => {
    const file = python('import os; from a import X; y = 1\n');
    expect(after(file, dropImportAt(file, 1, 'X'))).toBe('import os; y = 1\n');
  });

  test('by local name: plain modules, aliases', () => {
    const file = python('import os, sys\nimport numpy as np\n');
    expect(after(file, dropImportAt(file, 1, 'sys'))).toBe('import os\nimport numpy as np\n');
    expect(after(file, dropImportAt(file, 2, 'np'))).toBe('import os, sys\n');
    expect(dropImportAt(file, 2, 'os')).toEqual([]);
  });

  test('modules: added once, and their prefix replaced with the name kept', () => {
    const file = python('import models\nfrom models.user import User\n');
    expect(importModule(file, 'models')).toEqual([]);
    expect(after(file, importModule(file, 'json'))).toContain('import json\n');
    expect(after(file, replaceImportedModule(file, 2, 'models.user', 'src.models.user'))).toBe('import models\nfrom src.models.user import User\n');
    expect(after(file, replaceImportedModule(file, 1, 'models', 'src.models'))).toBe('import src.models as models\nfrom models.user import User\n');
  });

  test('an import moves into the functions that need it', () => {
    const file = python('from a import (\n    X,\n)\n\ndef f():\n    """Doc."""\n    return X\n\ndef g():\n    return 1\n');
    expect(after(file, moveImportIntoFunctions(file, 1, ['f']))).toBe('\ndef f():\n    """Doc."""\n    from a import (X)\n    return X\n\ndef g():\n    return 1\n');
  });
});

describe('calls', () => {
  const file = python('from sqlmodel import create_engine as make\nengine = make(\n    url,  # the url\n    echo=True,\n)\n');
  const [call] = callsOf(file, ['sqlmodel.create_engine']);
  if (!call) throw new Error('the call is not found through its alias');

  test('callee, arguments and keywords change alone', () => {
    expect(call).toMatchObject({ written: 'make', assignedTo: 'engine', scope: '', line: 2 });
    expect(after(file, replaceCallee(file, call, 'create_async_engine'))).toBe(file.text.replace('= make(', '= create_async_engine('));
    expect(after(file, replaceCallArguments(file, call, 'x'))).toBe('from sqlmodel import create_engine as make\nengine = make(x)\n');
    expect(after(file, setKeyword(file, call, 'echo', 'False'))).toBe(file.text.replace('True', 'False'));
    expect(after(file, setKeyword(file, call, 'future', 'True'))).toBe(file.text.replace('echo=True,', 'echo=True,\n    future=True,'));
    expect(after(file, setKeyword(file, call, 'echo', null))).toBe('from sqlmodel import create_engine as make\nengine = make(\n    url,\n)\n');
  });

  test('a keyword into empty parentheses', () => {
    const empty = python('app = FastAPI()\n');
    const [made] = callsOf(empty);
    expect(made && after(empty, setKeyword(empty, made, 'lifespan', 'lifespan'))).toBe('app = FastAPI(lifespan=lifespan)\n');
  });
});

describe('.env', () => {
  const file = { path: '.env', text: '# db\r\nexport DB_URL="postgresql://u:p@h/d" # local\r\nEMPTY=\r\nBARE\r\nA=1' };

  test('values change in their own quotes, everything else stays', () => {
    expect(after(file, replaceValue(file, 'DB_URL', 'postgresql+asyncpg://u:p@h/d'))).toBe(file.text.replace('postgresql:', 'postgresql+asyncpg:'));
    expect(after(file, setVariable(file, 'EMPTY', 'x'))).toBe(file.text.replace('EMPTY=', 'EMPTY=x'));
    expect(after(file, setVariable(file, 'BARE', 'x y'))).toBe(file.text.replace('BARE', 'BARE=x y'));
    expect(after(file, setVariable(file, 'NEW', 'a # b'))).toBe(`${file.text}\r\nNEW="a # b"`);
    expect(replaceValue(file, 'NEW', 'x')).toEqual([]);
  });

  test('a new file', () => {
    expect(setVariable({ path: '.env', text: '' }, 'A', '1')).toEqual([{ file: '.env', old: '', new: 'A=1\n', at: 0 }]);
  });

  test('any value survives being set', () => {
    fc.assert(fc.property(fc.string().filter((value) => !value.includes('\r')), (value) => {
      const text = after(file, setVariable(file, 'EMPTY', value));
      expect(dotenvOf({ text }).get('EMPTY')).toBe(value);
      expect(dotenvOf({ text }).get('A')).toBe('1');
    }));
  });
});

const line = fc.array(fc.constantFrom('a', 'b', 'import x', 'X = 1', '  y', '', '\u00e9', '😀'), { maxLength: 3 }).map((words) => words.join(' '));
const text = fc.tuple(fc.array(line, { maxLength: 14 }), fc.constantFrom('\n', '\r\n'), fc.boolean()).map(([lines, eol, closed]) => lines.join(eol) + (closed ? eol : ''));

describe('properties', () => {
  test('editsBetween gives exactly the new text, without overlaps', () => {
    fc.assert(fc.property(text, text, (before, now) => {
      const edits = editsBetween('f', before, now);
      expect(applyEdits(new Map([['f', { text: before }]]), edits).get('f') ?? before).toBe(now);
    }), { numRuns: 500 });
  });

  test('minimalUniqueSpan replays as plain text', () => {
    fc.assert(fc.property(text, text, (before, now) => {
      expect(replay(before, minimalUniqueSpan(before, now))).toBe(now);
    }), { numRuns: 500 });
  });

  test('an import edit changes import statements and nothing else', () => {
    const names = fc.uniqueArray(fc.constantFrom('A', 'B', 'C', 'X'), { minLength: 1 });
    const shape = fc.constantFrom<(module: string, names: string[]) => string[]>(
      (module, all) => [`from ${module} import ${all.join(', ')}`],
      (module, all) => [`from ${module} import (${all.join(', ')})`],
      (module, all) => [`from ${module} import (`, ...all.map((each) => `    ${each},  # ${each}`), ')'],
    );
    const body = fc.array(fc.constantFrom('', '# note', 'value = A(1)', 'def f(x): return x', 'from z import q'), { maxLength: 6 });
    fc.assert(fc.property(shape, names, body, body, fc.constantFrom('\n', '\r\n'), (layout, all, above, below, eol) => {
      const whole = [...above.filter((each) => !each.startsWith('from')), ...layout('a', all), ...below].join(eol) + eol;
      const file = python(whole);
      const moved = after(file, moveImportedName(file, 'X', 'a', 'b'));
      const origins = new Map(importedNames(file));
      if (all.includes('X')) origins.set('X', 'b.X');
      expect(new Map(importedNames(python(moved)))).toEqual(origins);
      expect(syntaxFaults(python(moved))).toEqual([]);
      const rest = (lines: string): string[] => lines.split(eol).filter((each) => !/^(from (a|b) |\)$| {4}\w, )/.test(each));
      expect(rest(moved)).toEqual(rest(whole));
      expect(moved.includes('\r')).toBe(eol === '\r\n');
      expect(moveImportedName(python(moved), 'X', 'a', 'b')).toEqual([]);
    }), { numRuns: 300 });
  });
});

describe('what the report shows', () => {
  test('whole lines that a person can read', () => {
    expect(minimalUniqueSpan(BUNDLED, BUNDLED.replace('SQLModel, create_engine', 'SQLModel'))).toEqual([{ old: 'from sqlmodel import SQLModel, create_engine', new: 'from sqlmodel import SQLModel' }]);
  });

  test('far-apart changes are told one by one', () => {
    const before = 'a = 1\n\n\nb = 2\n\n\nc = 3\n';
    expect(minimalUniqueSpan(before, before.replace('1', '9').replace('3', '7'))).toEqual([{ old: 'a = 1', new: 'a = 9' }, { old: 'c = 3', new: 'c = 7' }]);
  });

  test('a line that occurs twice takes its neighbours in', () => {
    const before = 'def a():\n    return 1\n\ndef b():\n    return 1\n';
    const now = 'def a():\n    return 1\n\ndef b():\n    return 2\n';
    const pairs = minimalUniqueSpan(before, now);
    expect(replay(before, pairs)).toBe(now);
    expect(pairs).toEqual([{ old: 'def b():\n    return 1', new: 'def b():\n    return 2' }]);
  });

  test('no password is shown when the scheme changes', () => {
    const before = 'A=1\nDATABASE_URL=postgresql://app:hunter2@db:5432/app\nTEST_URL=postgresql://app:hunter2@db:5432/test\nSECRET_KEY=swordfish\n';
    const now = before.replaceAll('postgresql:', 'postgresql+asyncpg:');
    const pairs = minimalUniqueSpan(before, now, ['swordfish']);
    expect(replay(before, pairs)).toBe(now);
    expect(pairs.map((each) => each.old).join(' ')).not.toMatch(/hunter2|swordfish/);
  });

  test('a line is added or removed with its newline', () => {
    expect(minimalUniqueSpan('a\nb\n', 'a\nx\nb\n')).toEqual([{ old: 'a\n', new: 'a\nx\n' }]);
    expect(minimalUniqueSpan('a\nb\nc\n', 'a\nc\n')).toEqual([{ old: 'b\n', new: '' }]);
    expect(minimalUniqueSpan('', 'x\n')).toEqual([{ old: '', new: 'x\n' }]);
  });

  test('edits that overlap or miss their text are refused', () => {
    const files = new Map([['f', { text: 'abc' }]]);
    expect(() => applyEdits(files, [{ file: 'f', old: 'ab', new: '', at: 0 }, { file: 'f', old: 'bc', new: '', at: 1 }])).toThrow(/overlap/);
    expect(() => applyEdits(files, [{ file: 'f', old: 'x', new: '', at: 0 }])).toThrow(/does not hold/);
  });
});

/** The database mechanism, one decision at a time: addresses, arguments, statements, models. */
import { describe, expect, test } from 'vitest';
import { toFamily } from '../../scenarios/mechanisms/connect-arguments.ts';
import { mappedClasses, registered, targetOf } from '../../scenarios/mechanisms/models.ts';
import { splitStatements } from '../../scenarios/mechanisms/sql.ts';
import { createAtStart } from '../../scenarios/mechanisms/table-steps.ts';
import { oddImports } from '../../scenarios/mechanisms/twice-imported.ts';
import { quotedInTemplates } from '../../scenarios/mechanisms/url-templates.ts';
import { addressIn, unescapedPasswords } from '../../scenarios/mechanisms/url-text.ts';
import { variableBehind } from '../../scenarios/mechanisms/variables.ts';
import { applyEdits } from '../../source/edits.ts';
import { sourceOf } from '../../source/read.ts';
import type { Edit, Source } from '../../source/types.ts';

const tree = (files: Readonly<Record<string, string>>): Promise<Source> => sourceOf({ 'main.py': 'app = None\n', ...files }, { app: 'main:app' });
const after = (source: Source, edits: readonly Edit[], path: string): string => applyEdits(source.files, edits).get(path) ?? source.files.get(path)?.text ?? '';

describe('an address is read as a person reads it', () => {
  test.each([
    ['postgresql://u:p@ss@h:5432/d', 'postgresql://u:p%40ss@h:5432/d'],
    ['postgresql+asyncpg://u:a/b#c:d@h/d?ssl=require', 'postgresql+asyncpg://u:a%2Fb%23c%3Ad@h/d?ssl=require'],
    ['postgresql://u:50%off@h/d', 'postgresql://u:50%25off@h/d'],
  ])('%s', async (written, wanted) => {
    const source = await tree({ '.env': `DATABASE_URL=${written}\n` });
    const edits = unescapedPasswords(source, 'postgresql').flatMap((found) => found.edits);
    expect(after(source, edits, '.env')).toBe(`DATABASE_URL=${wanted}\n`);
    expect(edits.every((edit) => edit.old.length === 1)).toBe(true);
  });

  test.each(['postgresql://u:plain@h:5432/d', 'postgresql://u:p%40ss@h/d', 'postgresql://u@h/d', 'sqlite:///./x.db'])('%s is left alone', async (written) => {
    expect(unescapedPasswords(await tree({ '.env': `DATABASE_URL=${written}\n` }), 'postgresql')).toEqual([]);
  });

  test.each([
    ['\'"postgresql://u:p@h/d"\'', true, undefined], ['u:p@h/d', false, undefined], ['postgresql:/u:p@h/d', true, ':/'], ['postgresql//u:p@h/d', true, '//'],
  ])('%s', async (written, hasScheme, mark) => {
    const source = await tree({ '.env': `DATABASE_URL=${written}\n` });
    const found = addressIn(source, '.env', 'DATABASE_URL');
    expect(found?.hasScheme).toBe(hasScheme);
    expect(found?.mark === undefined ? undefined : source.files.get('.env')?.text.slice(found.mark.start, found.mark.end)).toBe(mark);
  });

  test('a word is no address', async () => {
    expect(addressIn(await tree({ '.env': 'DATABASE_URL=later\n' }), '.env', 'DATABASE_URL')).toBeUndefined();
  });

  test('a password that the code fills in is quoted where that happens', async () => {
    const source = await tree({
      '.env': 'DB_PASSWORD=p@ss\nDB_USER=u\n',
      'db.py': 'import os\n\nUSER = os.getenv("DB_USER")\nPASSWORD = os.getenv("DB_PASSWORD")\nURL = f"postgresql://{USER}:{PASSWORD}@localhost/d"\n',
    });
    const text = after(source, quotedInTemplates(source).flatMap(({ edits }) => edits), 'db.py');
    expect(text).toContain('{quote_plus(PASSWORD)}@');
    expect(text).toContain('from urllib.parse import quote_plus');
  });
});

test('a variable is found behind names, imports and settings classes', async () => {
  const source = await tree({
    'core.py': 'import os\nfrom pydantic_settings import BaseSettings\n\nURL = os.environ.get("DATABASE_URL")\n\n\nclass Settings(BaseSettings):\n    db_dsn: str = ""\n\n\nsettings = Settings()\n',
    'db.py': 'from sqlalchemy import create_engine\nfrom core import URL, settings\n\nADDRESS = URL\nengine = create_engine(ADDRESS)\n',
  });
  const file = source.files.get('db.py');
  if (file === undefined) throw new Error('db.py is in the tree');
  expect(variableBehind(source, file, 'ADDRESS')).toBe('DATABASE_URL');
  expect(variableBehind(source, file, 'settings.db_dsn')).toBe('DB_DSN');
  expect(variableBehind(source, file, '"postgresql://localhost/d"')).toBeUndefined();
});

describe('what a driver is told is said in its own words', () => {
  const engine = (args: string): string => `from sqlalchemy import create_engine\n\nengine = create_engine("postgresql://u:p@h/d", ${args})\n`;

  test.each([
    ['libpq', 'ssl', 'connect_args={"ssl": True}', 'connect_args={"sslmode": "require"}'],
    ['asyncpg', 'sslmode', 'connect_args={"sslmode": "verify-full"}', 'connect_args={"ssl": "verify-full"}'],
    ['libpq', 'timeout', 'connect_args={"timeout": 3, "keepalives": 1}', 'connect_args={"connect_timeout": 3, "keepalives": 1}'],
    ['asyncpg', 'application_name', 'connect_args={"application_name": "x"}', 'connect_args={"server_settings": {"application_name": "x"}}'],
    ['libpq', 'check_same_thread', 'echo=True, connect_args={"check_same_thread": False}', 'echo=True'],
  ] as const)('%s and %s', async (family, name, written, wanted) => {
    const source = await tree({ 'db.py': engine(written) });
    const [fix] = toFamily(source, family, name);
    expect(after(source, fix?.edits ?? [], 'db.py')).toBe(engine(wanted));
  });

  test('a dict with a name of its own is found', async () => {
    const source = await tree({ 'db.py': 'from sqlalchemy import create_engine\n\noptions = {"connect_args": {"check_same_thread": False}, "echo": True}\nengine = create_engine("postgresql://u:p@h/d", **options)\n' });
    expect(after(source, toFamily(source, 'libpq', 'check_same_thread')[0]?.edits ?? [], 'db.py')).toContain('options = {"echo": True}');
  });

  test.each(['sslrootcert', 'sslcert', 'ssl_context'])('%s is never left out', async (name) => {
    expect(toFamily(await tree({ 'db.py': engine(`connect_args={"${name}": "x"}`) }), 'asyncpg', name)).toEqual([]);
  });
});

test('a script is divided at the ends of its statements only', () => {
  expect(splitStatements("INSERT INTO t VALUES ('a;b'); -- c;d\nCREATE FUNCTION f() AS $$ BEGIN; END; $$; SELECT 1;")).toEqual([
    "INSERT INTO t VALUES ('a;b')", '-- c;d\nCREATE FUNCTION f() AS $$ BEGIN; END; $$', 'SELECT 1',
  ]);
});

describe('models', () => {
  const base = 'from sqlalchemy.orm import DeclarativeBase\n\n\nclass Base(DeclarativeBase):\n    pass\n';

  test.each([
    ['tags: Mapped[list["Tag"]] = relationship(back_populates="note")', 'Tag'], ['tag: Mapped["Tag | None"] = relationship()', 'Tag'], ['tags = relationship("app.models.Tag")', 'Tag'], ['tag: Optional["Tag"] = Relationship()', 'Tag'],
  ])('%s leads to %s', async (line, wanted) => {
    const source = await tree({ 'models.py': `class Note(Base):\n    __tablename__ = "notes"\n    ${line}\n` });
    const attribute = mappedClasses(source)[0]?.attributes.at(-1);
    expect(attribute === undefined ? undefined : targetOf(attribute)).toBe(wanted);
  });

  test('one that nobody imports is imported beside the others', async () => {
    const source = await tree({
      'main.py': 'from app import models\n\napp = None\n', 'app/__init__.py': '', 'app/base.py': base,
      'app/models/__init__.py': 'from app.models.note import Note\n', 'app/models/note.py': 'from app.base import Base\n\n\nclass Note(Base):\n    __tablename__ = "notes"\n',
      'app/models/tag.py': 'from app.base import Base\n\n\nclass Tag(Base):\n    __tablename__ = "tags"\n',
    });
    const tag = mappedClasses(source).find(({ name }) => name === 'Tag');
    const [fix] = tag === undefined ? [] : registered(source, tag);
    expect(after(source, fix?.edits ?? [], 'app/models/__init__.py')).toContain('from app.models.tag import Tag');
  });

  test('an import under the odd name is told from the usual one', async () => {
    const source = await tree({
      'src/__init__.py': '', 'src/models/__init__.py': '', 'src/models/user.py': 'X = 1\n', 'src/a.py': 'from src.models.user import X\n', 'src/b.py': 'from src.models.user import X\n', 'src/c.py': 'from models.user import X\n',
    });
    expect(oddImports(source, 'src/models/user.py').map(({ statement, module }) => [statement.file, module])).toEqual([['src/c.py', 'src.models.user']]);
  });

  test('tables are created at the start where nothing else would', async () => {
    const source = await tree({
      'main.py': 'from contextlib import asynccontextmanager\nfrom fastapi import FastAPI\nfrom db import engine\nimport models\n\n\n@asynccontextmanager\nasync def lifespan(app: FastAPI):\n    """Starts."""\n    yield\n\n\napp = FastAPI(lifespan=lifespan)\n',
      'db.py': `from sqlalchemy.ext.asyncio import create_async_engine\n${base}\nengine = create_async_engine("postgresql+asyncpg://u:p@h/d")\n`,
      'models.py': 'from db import Base\n\n\nclass Note(Base):\n    __tablename__ = "notes"\n',
    });
    const text = after(source, createAtStart(source)[0]?.edits ?? [], 'main.py');
    expect(text).toContain('    """Starts."""\n    async with engine.begin() as connection:\n        await connection.run_sync(Base.metadata.create_all)\n    yield\n');
    expect(text).toContain('from db import engine, Base');
  });
});

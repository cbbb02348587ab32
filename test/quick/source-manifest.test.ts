import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyEdits } from '../../source/edits.ts';
import { addRequirement, declaredRequirements, readInstallPlan, removeRequirement, replaceRequirement } from '../../source/manifest.ts';
import { poetrySpecifier } from '../../source/requirement.ts';
import { sourceOf } from '../../source/read.ts';
import type { RunOptions } from '../../source/read.ts';
import { sourceFile } from '../../source/syntax.ts';
import type { Edit, Source } from '../../source/types.ts';

const plan = async (files: Record<string, string>, options: RunOptions = {}): Promise<Source['install']> => (await sourceOf(files, options)).install;

async function edited(files: Record<string, string>, edit: (source: Source) => readonly Edit[]): Promise<Record<string, string>> {
  const source = await sourceOf(files);
  return { ...files, ...Object.fromEntries(applyEdits(source.files, edit(source))) };
}

const POETRY = `[tool.poetry]
name = "demo"

[tool.poetry.dependencies]
python = "^3.11"
fastapi = "^0.111.0"  # web
uvicorn = {extras = ["standard"], version = "^0.30.1"}
psycopg2-binary = "^2.9.9"

[tool.poetry.group.dev.dependencies]
pytest = "*"

[tool.poetry.group.prod.dependencies]
gunicorn = "~22.0"
`;

const PROJECT = `[project]
name = "demo"
dependencies = [
    "fastapi>=0.115",  # web
    "psycopg2-binary>=2.9.9",
]

[project.optional-dependencies]
prod = ["gunicorn"]

[dependency-groups]
dev = ["pytest", {include-group = "lint"}]
`;

describe('what is installed', () => {
  test('requirements with what they include', async () => {
    const files = { 'requirements.txt': '-r requirements/base.txt\n-c limits.txt\n', 'requirements/base.txt': 'fastapi\n', 'limits.txt': 'anyio<5\n', 'requirements-dev.txt': 'pytest\n' };
    expect(await plan(files)).toMatchObject({ kind: 'requirements', manifest: 'requirements.txt', files: ['requirements.txt', 'requirements/base.txt', 'limits.txt'], requirements: [] });
    const declared = declaredRequirements(await sourceOf(files));
    expect(declared.map((each) => `${each.file} ${each.name} ${each.main}`)).toEqual(['requirements/base.txt fastapi true', 'limits.txt anyio false']);
  });

  test('requirements below the root, where the root has none', async () => {
    const files = { 'infra/requirements/base.txt': 'fastapi\n', 'infra/requirements/dev.txt': 'pytest\n', 'infra/requirements/prod.txt': '-r base.txt\ngunicorn\n', 'docs/requirements.txt': 'sphinx\n' };
    expect(await plan({ ...files, 'infra/docker/Dockerfile': 'COPY infra/requirements/prod.txt infra/requirements/base.txt ./\n' })).toMatchObject({ kind: 'requirements', manifest: 'infra/requirements/prod.txt', files: ['infra/requirements/prod.txt', 'infra/requirements/base.txt'] });
    expect((await plan({ ...files, 'requirements.txt': 'flask\n' })).manifest).toBe('requirements.txt');
    expect((await plan({ 'docs/requirements.txt': 'sphinx\n' })).kind).toBe('none');
  });

  test('a pyproject that declares nothing is passed over', async () => {
    expect((await plan({ 'pyproject.toml': '[tool.ruff]\nline-length = 100\n', 'requirements.txt': 'fastapi\n' })).manifest).toBe('requirements.txt');
    expect((await plan({ 'pyproject.toml': '[tool.ruff]\n' })).kind).toBe('none');
  });

  test('what the Dockerfile installs wins', async () => {
    const files = { 'pyproject.toml': PROJECT, 'requirements.txt': 'fastapi\n' };
    expect((await plan({ ...files, Dockerfile: 'RUN pip install -r requirements.txt\n' })).manifest).toBe('requirements.txt');
    expect((await plan({ ...files, Dockerfile: 'RUN uv sync --no-dev --extra prod\n' }))).toMatchObject({ manifest: 'pyproject.toml', extras: ['prod'], requirements: ['fastapi>=0.115', 'psycopg2-binary>=2.9.9', 'gunicorn'] });
    expect((await plan(files, { manifest: 'pyproject.toml' })).manifest).toBe('pyproject.toml');
  });

  test('Poetry: its versions become PEP 440, groups for development stay out', async () => {
    expect(await plan({ 'pyproject.toml': POETRY })).toMatchObject({ kind: 'poetry', requirements: ['fastapi>=0.111.0,<0.112', 'uvicorn[standard]>=0.30.1,<0.31', 'psycopg2-binary>=2.9.9,<3', 'gunicorn>=22.0,<22.1'] });
    expect((await plan({ 'pyproject.toml': POETRY }, { policy: 'newest' })).requirements).toEqual(['fastapi>=0.111.0', 'uvicorn[standard]>=0.30.1', 'psycopg2-binary>=2.9.9', 'gunicorn>=22.0']);
  });

  test.each([['^1.2.3', '>=1.2.3,<2'], ['^0.2.3', '>=0.2.3,<0.3'], ['^0.0.3', '>=0.0.3,<0.0.4'], ['^1', '>=1,<2'], ['~1.2.3', '>=1.2.3,<1.3'], ['~1', '>=1,<2'], ['1.2.3', '==1.2.3'], ['1.*', '==1.*'], ['*', ''], ['>=1,<3', '>=1,<3'], ['~=1.4', '~=1.4']])('Poetry %s is %s', (version, wanted) => {
    expect(poetrySpecifier(version)).toBe(wanted);
  });

  const lock = `[[package]]
name = "fastapi"
version = "0.111.1"

[package.dependencies]
starlette = ">=0.37"
colorama = {version = "*", markers = "sys_platform == 'win32'"}

[[package]]
name = "starlette"
version = "0.37.2"

[[package]]
name = "colorama"
version = "0.4.6"

[[package]]
name = "psycopg2-binary"
version = "2.9.9"

[[package]]
name = "pytest"
version = "8.0.0"
`;

  test('a lock pins what is needed, and gives way where the manifest was edited', async () => {
    const small = POETRY.replace('uvicorn = {extras = ["standard"], version = "^0.30.1"}\n', '').replace('gunicorn = "~22.0"\n', '');
    const locked = await plan({ 'pyproject.toml': small, 'poetry.lock': lock });
    expect(locked.requirements).toEqual(["colorama==0.4.6 ; sys_platform == 'win32'", 'fastapi==0.111.1', 'psycopg2-binary==2.9.9', 'starlette==0.37.2']);
    const changed = await plan({ 'pyproject.toml': small.replace('psycopg2-binary = "^2.9.9"', 'asyncpg = ">=0.31"'), 'poetry.lock': lock });
    expect(changed.requirements).toEqual(['asyncpg>=0.31', "colorama==0.4.6 ; sys_platform == 'win32'", 'fastapi==0.111.1', 'starlette==0.37.2']);
    // A pin that is excluded: the tool would make the lock fit, and what the other pins brought would follow.
    const moved = await plan({ 'pyproject.toml': small.replace('psycopg2-binary = "^2.9.9"', 'psycopg2-binary = "^2.9.11"'), 'poetry.lock': lock });
    expect(moved.requirements).toEqual(['fastapi==0.111.1', 'psycopg2-binary>=2.9.11,<3']);
  });

  test('uv.lock is read by uv while it fits, else as pins', async () => {
    const uv = '[[package]]\nname = "demo"\nsource = { virtual = "." }\n\n[[package]]\nname = "fastapi"\nversion = "0.120.0"\ndependencies = [{ name = "starlette" }]\n\n[[package]]\nname = "starlette"\nversion = "0.48.0"\n\n[[package]]\nname = "psycopg2-binary"\nversion = "2.9.11"\n';
    expect((await plan({ 'pyproject.toml': PROJECT, 'uv.lock': uv })).kind).toBe('uv-lock');
    const patch = await plan({ 'pyproject.toml': PROJECT.replace('[project]', '[project]\nrequires-python = "==3.14.0"'), 'uv.lock': uv });
    expect(patch.kind).toBe('pyproject');
    expect(patch.requirements.length).toBeGreaterThan(0);
    expect((await plan({ 'pyproject.toml': PROJECT, 'uv.lock': uv }, { policy: 'newest' })).kind).toBe('pyproject');
    expect(await plan({ 'pyproject.toml': PROJECT.replace('psycopg2-binary>=2.9.9', 'asyncpg>=0.30'), 'uv.lock': uv })).toMatchObject({ kind: 'pyproject', requirements: ['asyncpg>=0.30', 'fastapi==0.120.0', 'starlette==0.48.0'] });
  });

  test('a name that is new in the manifest is not held at what another package brought', async () => {
    const uv = '[[package]]\nname = "demo"\nsource = { virtual = "." }\ndependencies = [{ name = "asyncpg" }, { name = "sqlalchemy" }]\n\n[[package]]\nname = "asyncpg"\nversion = "0.30.0"\n\n[[package]]\nname = "sqlalchemy"\nversion = "2.0.30"\ndependencies = [{ name = "greenlet" }]\n\n[[package]]\nname = "greenlet"\nversion = "3.0.3"\n';
    const declaring = (...lines: readonly string[]): string => `[project]\nname = "demo"\nversion = "1"\ndependencies = ${JSON.stringify(lines)}\n`;
    expect((await plan({ 'pyproject.toml': declaring('asyncpg>=0.31', 'sqlalchemy', 'greenlet'), 'uv.lock': uv })).requirements).toEqual(['asyncpg>=0.31', 'greenlet', 'sqlalchemy==2.0.30']);
  });

  test('Pipfile and its lock, setup.cfg, setup.py', async () => {
    const pipfile = '[packages]\nfastapi = "*"\nuvicorn = {version = ">=0.30", extras = ["standard"]}\n\n[dev-packages]\npytest = "*"\n';
    expect(await plan({ Pipfile: pipfile })).toMatchObject({ kind: 'pipfile', requirements: ['fastapi', 'uvicorn[standard]>=0.30'] });
    expect((await plan({ Pipfile: pipfile, 'Pipfile.lock': '{"default": {"fastapi": {"version": "==0.110.0"}, "uvicorn": {"version": "==0.29.0"}}}' })).requirements).toEqual(['fastapi==0.110.0', 'uvicorn[standard]>=0.30']);
    expect((await plan({ 'setup.cfg': '[options]\ninstall_requires =\n    fastapi>=0.100\n    asyncpg\npackages = find:\n' })).requirements).toEqual(['fastapi>=0.100', 'asyncpg']);
    expect((await plan({ 'setup.py': 'setup(install_requires=["fastapi", \'asyncpg>=0.29\'])\n' })).requirements).toEqual(['fastapi', 'asyncpg>=0.29']);
  });

  test('a UTF-16 file is read and never offered for editing', () => {
    const found = readInstallPlan(new Map(), { policy: 'locked' }, new Map([['requirements.txt', '\uFEFFfastapi==0.110.0\r\nuvicorn\r\n']]));
    expect(found).toMatchObject({ kind: 'requirements', manifest: '', files: ['requirements.txt'], requirements: ['fastapi==0.110.0', 'uvicorn'] });
  });

  test('a broken pyproject is still the manifest', async () => {
    expect((await plan({ 'pyproject.toml': '[project]\nname = "x"\ndependencies = [\n  "fastapi"\n' }))).toMatchObject({ kind: 'pyproject', manifest: 'pyproject.toml' });
  });
});

describe('edits', () => {
  const TEXT = '# web\r\nfastapi==0.115.0  # pinned\r\npsycopg2-binary>=2.9.9 ; python_version < "4"\r\n--extra-index-url x\r\n\r\n# end\r\n';

  test('a line is added behind the last requirement', async () => {
    const after = await edited({ 'requirements.txt': TEXT }, (source) => addRequirement(source, 'asyncpg>=0.29.0'));
    expect(after['requirements.txt']).toBe(TEXT.replace('< "4"\r\n', '< "4"\r\nasyncpg>=0.29.0\r\n'));
    expect((await edited({ 'requirements.txt': 'fastapi' }, (source) => addRequirement(source, 'asyncpg')))['requirements.txt']).toBe('fastapi\nasyncpg');
    expect((await edited({}, (source) => addRequirement(source, 'asyncpg')))['requirements.txt']).toBe('asyncpg\n');
  });

  test('replacing keeps comment and marker, and drops hashes of the old version', async () => {
    expect((await edited({ 'requirements.txt': TEXT }, (source) => replaceRequirement(source, 'Psycopg2_binary', 'asyncpg>=0.29.0')))['requirements.txt']).toBe(TEXT.replace('psycopg2-binary>=2.9.9', 'asyncpg>=0.29.0'));
    const hashed = 'a==1 \\\n    --hash=sha256:x \\\n    --hash=sha256:y\nb==2\n';
    expect((await edited({ 'requirements.txt': hashed }, (source) => replaceRequirement(source, 'a', 'a==2')))['requirements.txt']).toBe('a==2\nb==2\n');
  });

  test('an included file is edited where the name stands', async () => {
    const files = { 'requirements.txt': '-r base.txt\n', 'base.txt': 'fastapi\npsycopg2\n' };
    expect(await edited(files, (source) => removeRequirement(source, 'psycopg2'))).toEqual({ ...files, 'base.txt': 'fastapi\n' });
  });

  test('PEP 621: items come and go, comments stay', async () => {
    const add = async (text: string): Promise<string | undefined> => (await edited({ 'pyproject.toml': text }, (source) => addRequirement(source, 'asyncpg>=0.29 ; python_version > "3.8"')))['pyproject.toml'];
    expect(await add(PROJECT)).toBe(PROJECT.replace('"psycopg2-binary>=2.9.9",', '"psycopg2-binary>=2.9.9",\n    "asyncpg>=0.29 ; python_version > \\"3.8\\"",'));
    expect(await add('[project]\nname = "x"\ndependencies = ["fastapi"]\n')).toBe('[project]\nname = "x"\ndependencies = ["fastapi", "asyncpg>=0.29 ; python_version > \\"3.8\\""]\n');
    expect((await edited({ 'pyproject.toml': PROJECT }, (source) => replaceRequirement(source, 'psycopg2-binary', 'asyncpg>=0.29')))['pyproject.toml']).toBe(PROJECT.replace('psycopg2-binary>=2.9.9', 'asyncpg>=0.29'));
    expect((await edited({ 'pyproject.toml': PROJECT }, (source) => removeRequirement(source, 'psycopg2-binary')))['pyproject.toml']).toBe(PROJECT.replace(',  # web\n    "psycopg2-binary>=2.9.9"', ''));
  });

  test('Poetry: entries come and go, versions change alone', async () => {
    const edit = async (change: (source: Source) => readonly Edit[]): Promise<string | undefined> => (await edited({ 'pyproject.toml': POETRY }, change))['pyproject.toml'];
    expect(await edit((source) => addRequirement(source, 'asyncpg>=0.29'))).toBe(POETRY.replace('[tool.poetry.dependencies]\n', '[tool.poetry.dependencies]\n').replace('psycopg2-binary = "^2.9.9"\n', 'psycopg2-binary = "^2.9.9"\nasyncpg = ">=0.29"\n'));
    expect(await edit((source) => replaceRequirement(source, 'fastapi', 'fastapi>=0.115'))).toBe(POETRY.replace('fastapi = "^0.111.0"', 'fastapi = ">=0.115"'));
    expect(await edit((source) => replaceRequirement(source, 'uvicorn', 'uvicorn>=0.34'))).toBe(POETRY.replace('version = "^0.30.1"', 'version = ">=0.34"'));
    expect(await edit((source) => replaceRequirement(source, 'psycopg2-binary', 'asyncpg>=0.29'))).toBe(POETRY.replace('psycopg2-binary = "^2.9.9"', 'asyncpg = ">=0.29"'));
    expect(await edit((source) => removeRequirement(source, 'psycopg2-binary'))).toBe(POETRY.replace('psycopg2-binary = "^2.9.9"\n', ''));
  });

  test('what is declared is not declared again', async () => {
    const source = await sourceOf({ 'pyproject.toml': PROJECT });
    expect(addRequirement(source, 'FastAPI')).toEqual([]);
    expect(replaceRequirement(source, 'django', 'django>=5')).toEqual([]);
    expect(removeRequirement(source, 'django')).toEqual([]);
  });

  test('any requirements file: one line changes, the others keep every byte', async () => {
    await sourceOf({});
    const line = fc.constantFrom('fastapi==0.1', 'b>=1  # note', '# psycopg2', '', '-r other.txt', 'c[x]==1 ; python_version>"3"', '--no-binary :all:', '\tspaced ');
    fc.assert(fc.property(fc.array(line), fc.array(line), fc.constantFrom('\n', '\r\n'), fc.boolean(), (above, below, eol, closed) => {
      const text = [...above, 'psycopg2-binary>=2.9.9', ...below].join(eol) + (closed ? eol : '');
      const files = new Map([['requirements.txt', sourceFile('requirements.txt', text)]]);
      const tree = { files, install: readInstallPlan(files, { policy: 'locked' }) };
      const change = (edits: readonly Edit[]): string | undefined => applyEdits(files, edits).get('requirements.txt');
      expect(change(replaceRequirement(tree, 'psycopg2-binary', 'asyncpg'))).toBe([...above, 'asyncpg', ...below].join(eol) + (closed ? eol : ''));
      const added = change(addRequirement(tree, 'zzz==1')) ?? '';
      expect(added.replace(/zzz==1\r?\n|\r?\nzzz==1$/, '')).toBe(text);
    }));
  });
});

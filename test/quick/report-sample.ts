/** A made-up run over the bundled backend, built with the real types: what the loop would hand to the report and the screen. */
import { readFile, readdir } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import type { BootOutput, Probe, Stage } from '../../parsers/boot-output.ts';
import type { Fault } from '../../parsers/evidence.ts';
import type { ReportFacts } from '../../harness/report/report.ts';
import type { BootPurpose, BootRecord, KeptFix, LoopResult } from '../../harness/types.ts';
import { fingerprint } from '../../scenarios/types.ts';
import type { Finding, Fix } from '../../scenarios/types.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';

export const BUNDLE = join(import.meta.dirname, '../../scenarios/bases/auth-backend');
export const PASSWORD = 'not-a-real-password';

export async function textsBelow(folder: string): Promise<Map<string, SourceFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'));
  return new Map(await Promise.all(files.map(async (entry) => {
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/');
    return [path, { path, text: await readFile(join(folder, path), 'utf8') }] as const;
  })));
}

function edit(file: string, old: string, replacement: string): Edit {
  return { file, old, new: replacement, at: 0 };
}

const driver: Finding = {
  kind: 'driver-module-missing', stage: 'import', severity: 'CRITICAL', category: 'DEPENDENCY', file: 'requirements.txt', line: 7,
  facts: { module: 'asyncpg' },
  what: 'The async engine needs the driver asyncpg, and requirements.txt:7 installs only the sync psycopg2-binary.',
  why: 'psycopg2 has no asyncio support; nothing else in the tree uses it.',
  todo: 'Add asyncpg to requirements.txt.',
  candidates: [],
};
const names: Finding = {
  kind: 'sqlmodel-wrong-export', stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: 'src/core/database.py', line: 7,
  facts: { name: 'AsyncEngine', module: 'sqlmodel.ext.asyncio.session' },
  what: 'src/core/database.py:7 imports AsyncEngine from sqlmodel.ext.asyncio.session, which does not export it.',
  why: 'AsyncEngine belongs to sqlalchemy.ext.asyncio; SQLModel wraps a part of SQLAlchemy only.',
  todo: 'Import AsyncEngine from sqlalchemy.ext.asyncio.',
  candidates: [],
};
/** Found when the file had a line more than the original: there the factory stands in line 29. */
const factory: Finding = {
  kind: 'session-factory-not-async', stage: 'health', severity: 'CRITICAL', category: 'DATABASE', file: 'src/core/database.py', line: 30,
  facts: { name: 'SessionLocal' },
  what: 'src/core/database.py:30 makes sync sessions (line 30), and get_session opens them with `async with`.',
  why: 'sessionmaker without class_=AsyncSession gives sessions that are no async context managers, so every request fails.',
  todo: 'Build SessionLocal with async_sessionmaker.',
  candidates: [],
};
const url: Finding = {
  kind: 'sqlalchemy-sync-driver', stage: 'import', severity: 'CRITICAL', category: 'DATABASE', file: '.env', line: 1,
  facts: { scheme: 'postgresql', variable: 'DATABASE_URL' },
  what: 'DATABASE_URL in .env names no async driver: postgresql:// loads psycopg2.',
  why: 'create_async_engine takes the driver from the URL scheme, and the default one is sync.',
  todo: 'Write postgresql+asyncpg:// in DATABASE_URL.',
  candidates: [],
};
const unused: Finding = {
  kind: 'unused-import', stage: 'import', severity: 'MEDIUM', category: 'IMPORT', file: 'src/services/auth_service.py', line: 3,
  facts: { names: 'json, os, timedelta, Optional' },
  what: 'src/services/auth_service.py imports json, os, timedelta and Optional and does not use them.',
  why: 'They are loaded at every start and mislead the reader.',
  todo: 'Remove the imports.',
  candidates: [{
    title: 'Remove the unused imports', safety: 'safe', explanation: 'Nothing in the file uses these names.',
    edits: [{ file: 'src/services/auth_service.py', old: 'import json\nimport os\nfrom datetime import timedelta\nfrom typing import Optional\n\n', new: '', at: 67 }],
  }],
};

function kept(finding: Finding, title: string, explanation: string, edits: readonly Edit[], before: number, after: number, safety: Fix['safety'] = 'safe'): KeptFix {
  const fix: Fix = { title, safety, explanation, edits };
  return { finding: { ...finding, candidates: [fix, ...finding.candidates] }, fix, edits, before, after };
}

const KEPT: readonly KeptFix[] = [
  kept(driver, 'Install asyncpg instead of psycopg2-binary', 'asyncpg is the driver that postgresql+asyncpg:// loads; nothing else uses psycopg2.',
    [edit('requirements.txt', 'psycopg2-binary>=2.9.9', 'asyncpg>=0.29.0')], 3, 4, 'likely'),
  kept(names, 'Import AsyncEngine from sqlalchemy.ext.asyncio and build the engine with create_async_engine',
    'AsyncEngine and create_async_engine live in sqlalchemy.ext.asyncio.', [
      edit('src/core/database.py', 'from sqlmodel import SQLModel, create_engine\nfrom sqlmodel.ext.asyncio.session import AsyncSession, AsyncEngine\n',
        'from sqlmodel import SQLModel\nfrom sqlmodel.ext.asyncio.session import AsyncSession\nfrom sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine\n'),
      edit('src/core/database.py', 'return create_engine(', 'return create_async_engine('),
    ], 1, 2),
  kept(factory, 'Build SessionLocal with async_sessionmaker', 'async_sessionmaker makes sessions that work with `async with`.', [
    edit('src/core/database.py', 'from sqlalchemy.orm import sessionmaker', 'from sqlalchemy.ext.asyncio import async_sessionmaker'),
    edit('src/core/database.py', 'sessionmaker(bind=engine, autocommit=False, autoflush=False)', 'async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)'),
  ], 4, 5),
  kept(url, 'Name the asyncpg driver in DATABASE_URL', 'The scheme names the driver.', [
    edit('.env', 'DATABASE_URL=postgresql://', 'DATABASE_URL=postgresql+asyncpg://'),
    edit('.env.example', 'DATABASE_URL=postgresql://', 'DATABASE_URL=postgresql+asyncpg://'),
  ], 2, 3),
];

interface BootWords {
  readonly stage: Stage;
  readonly purpose: BootPurpose;
  readonly seconds: number;
  readonly fault?: Fault;
  readonly findings?: readonly Finding[];
}

function boot(number: number, { stage, purpose, seconds, fault, findings = [] }: BootWords): BootRecord {
  const served = ['health', 'settle', 'healthy'].includes(stage);
  const answer = (from: Probe['from']): Probe => ({
    from, purpose: 'health', method: 'GET', path: '/health', at: seconds - 0.1, seconds: 0.01,
    ...(stage === 'healthy' ? { status: 200, body: '{"status":"ok"}' } : { status: 500, body: 'Internal Server Error' }),
  });
  const complete = served ? [{ at: seconds - 0.3, stream: 'stderr' as const, text: 'INFO:     Application startup complete.' }] : [];
  const output: BootOutput = {
    stage, exit: stage === 'healthy' || served ? null : { code: 1 },
    lines: [...(fault?.text ?? '').split('\n').filter(Boolean).map((text) => ({ at: seconds - 0.2, stream: 'stderr' as const, text })), ...complete],
    dropped: 0,
    markers: { waiting: served, complete: served, listening: served, timedOut: false },
    probes: served ? (purpose === 'confirm' ? [answer('inside'), answer('outside')] : [answer('inside')]) : [],
    routes: [],
    database: { sessions: served ? 2 : 0, connections: served ? 2 : 0, engines: [], tables: [] },
    hang: [],
    timings: { total: seconds, install: number === 1 ? 4.21 : 0, import: 0.84 },
    python: '3.14.8',
    command: ['python', '-m', 'uvicorn', 'src.main:app', '--lifespan', 'on'],
    paths: { tree: '/app', environment: '/env' },
  };
  return { number, purpose, output, evidence: { stage, faults: fault ? [fault] : [], names: [] }, findings };
}

function raised(type: string, message: string, file: string, line: number, source: string): Fault {
  const text = `Traceback (most recent call last):\n  File "/app/${file}", line ${line}, in <module>\n    ${source}\n${type}: ${message}`;
  return {
    form: 'exception', during: 'start', validation: [], summary: `${type}: ${message}`, text, from: 0, to: 4,
    chain: [{ type, message, notes: [], frames: [{ file, line, function: '<module>', source, owner: 'tree' }] }],
  };
}

const NO_NAME = raised('ImportError', "cannot import name 'AsyncEngine' from 'sqlmodel.ext.asyncio.session' (/env/lib/python3.14/site-packages/sqlmodel/ext/asyncio/session.py)", 'src/core/database.py', 7, 'from sqlmodel.ext.asyncio.session import AsyncSession, AsyncEngine');
const SYNC = raised('sqlalchemy.exc.InvalidRequestError', "The asyncio extension requires an async driver to be used. The loaded 'psycopg2' is not async.", 'src/core/database.py', 26, 'engine = build_engine(settings.database_url)');
const NO_DRIVER = raised('ModuleNotFoundError', "No module named 'asyncpg'", 'src/core/database.py', 26, 'engine = build_engine(settings.database_url)');
const NO_CONTEXT = raised('TypeError', "'Session' object does not support the asynchronous context manager protocol", 'src/core/database.py', 41, 'async with SessionLocal() as session:');

export const BOOTS: readonly BootRecord[] = [
  boot(1, { stage: 'import', purpose: 'baseline', seconds: 6.3, fault: NO_NAME, findings: [names] }),
  boot(2, { stage: 'import', purpose: 'attempt', seconds: 1.1, fault: SYNC, findings: [url] }),
  boot(3, { stage: 'import', purpose: 'attempt', seconds: 1.2, fault: NO_DRIVER, findings: [driver] }),
  boot(4, { stage: 'health', purpose: 'attempt', seconds: 2.4, fault: { ...NO_CONTEXT, during: 'request' }, findings: [factory] }),
  boot(5, { stage: 'healthy', purpose: 'attempt', seconds: 1.9, findings: [unused] }),
  boot(6, { stage: 'import', purpose: 'minimise', seconds: 1.1, fault: NO_DRIVER }),
  boot(7, { stage: 'import', purpose: 'minimise', seconds: 1.1, fault: NO_NAME }),
  boot(8, { stage: 'health', purpose: 'minimise', seconds: 1.9, fault: NO_CONTEXT }),
  boot(9, { stage: 'import', purpose: 'minimise', seconds: 1.1, fault: SYNC }),
  boot(10, { stage: 'healthy', purpose: 'confirm', seconds: 2.8 }),
  boot(11, { stage: 'healthy', purpose: 'restart', seconds: 1.3 }),
];

/** Plain text replacement, one after the other: what R13 promises. */
export function replayed(files: ReadonlyMap<string, SourceFile>, fixes: readonly KeptFix[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { file, old, new: replacement } of fixes.flatMap(({ edits }) => edits)) {
    const parts = (texts.get(file) ?? files.get(file)?.text ?? '').split(old);
    if (parts.length !== 2) throw new Error(`${file}: not exactly once: ${old}`);
    texts.set(file, parts.join(replacement));
  }
  return texts;
}

function sourceOf(files: ReadonlyMap<string, SourceFile>): Source {
  return {
    files, opaque: [], imports: [], targets: [], variables: [], dotenv: new Map(), environmentClaimed: true,
    install: { kind: 'requirements', manifest: 'requirements.txt', files: ['requirements.txt'], policy: 'locked', requirements: [], groups: [], extras: [] },
    run: { app: 'src.main:app', factory: false, cwd: '.', pythonPath: ['.'], healthPath: '/health', healthNamed: false, port: 8080, command: [], env: {} },
  };
}

/** The bundled backend, healed. */
export async function healedRun(): Promise<{ result: LoopResult; facts: ReportFacts }> {
  const original = await textsBelow(BUNDLE);
  const texts = replayed(original, KEPT);
  const healed = new Map([...original].map(([path, file]) => [path, { path, text: texts.get(path) ?? file.text }]));
  const result: LoopResult = {
    outcome: 'healed', boots: BOOTS, kept: KEPT, rejected: [], unresolved: [], notes: [unused],
    minimal: { proven: true, boots: 4 }, stageBefore: 'import', stageAfter: 'healthy',
    hides: { [fingerprint(names)]: [fingerprint(url)], [fingerprint(url)]: [fingerprint(driver)], [fingerprint(driver)]: [fingerprint(factory)] },
    texts, source: sourceOf(healed),
  };
  return { result, facts: factsOf(original) };
}

/** Two of four faults healed, then no fix that works. */
export async function stuckRun(): Promise<{ result: LoopResult; facts: ReportFacts }> {
  const { result, facts } = await healedRun();
  const fixes = KEPT.filter(({ finding }) => finding.kind === names.kind || finding.kind === url.kind);
  const attempt: Fix = { title: 'Install psycopg', safety: 'likely', explanation: 'psycopg 3 has asyncio support.', edits: [edit('requirements.txt', 'psycopg2-binary>=2.9.9', 'psycopg>=3.2')] };
  return {
    result: {
      ...result, outcome: 'stuck', boots: BOOTS.slice(0, 3), kept: fixes, notes: [], unresolved: [driver], stageAfter: 'import',
      rejected: [{ finding: driver, fix: attempt, boot: 3, why: 'the same module is still missing' }],
      minimal: { proven: false, boots: 0 }, texts: replayed(facts.original as ReadonlyMap<string, SourceFile>, fixes),
    },
    facts: { ...facts, seconds: 11.2 },
  };
}

function factsOf(original: ReadonlyMap<string, SourceFile>): ReportFacts {
  return {
    backend: {
      root: '.', app: 'src.main:app', factory: false, healthPath: '/health', python: '3.14.8', runtime: 'docker', policy: 'locked',
      command: ['uvicorn', 'src.main:app', '--reload', '--host', '0.0.0.0', '--port', '8080'], cwd: '.', pythonPath: [], manifest: 'requirements.txt', foundBy: 'code src/main.py:20', others: [],
    },
    original, filesScanned: original.size, seconds: 24.62,
    environment: [
      { name: 'DATABASE_URL', required: true, default: null, value: `postgresql+asyncpg://auth_user:${PASSWORD}@localhost:5432/auth_db`, source: 'tree', read_at: ['src/core/config.py:12'], secret: true },
      { name: 'SECRET_KEY', required: true, default: null, value: 'generated-value-for-this-run', source: 'generated', read_at: ['src/core/config.py:13'], secret: true },
    ],
    secrets: [PASSWORD, 'made-up-value-for-a-demo-never-used-anywhere'],
    recommendations: [],
  };
}

/**
 * Twenty edits that would make a broken backend start by taking something away. Each is the only candidate of a rule that a boot would
 * agree with; the loop must refuse it before any boot, and end with the tree as it came.
 */
import { describe, expect, test } from 'vitest';
import { amputates, standingIn } from '../../harness/loop/amputation.ts';
import { parse } from '../../parsers/parse.ts';
import { applyEdits } from '../../source/edits.ts';
import { withFiles } from '../../source/read.ts';
import { caseFolder, listScenarios } from '../tools/lay-case.ts';
import { readRecording } from '../tools/recording.ts';
import { ask, recordedSource } from '../tools/replay-case.ts';
import { play, swap } from './loop-script.ts';

const APP = `from contextlib import asynccontextmanager
from fastapi import Depends, FastAPI
from app.auth import require_user
from app.routes import items, users
from app.store import Base, engine, fill

class Item(Base):
    __tablename__ = "items"
    owner = relationship("Owner")

class Owner(SQLModel, table=True):
    id: int

@asynccontextmanager
async def lifespan(app):
    await engine.connect()
    fill()
    yield
    await engine.dispose()

app = FastAPI(lifespan=lifespan)
app.add_middleware(Guard, key="k")
app.include_router(items.router)
app.include_router(users.router, dependencies=[Depends(require_user)])
app.mount("/static", files)
app.add_exception_handler(KeyError, not_found)

@app.get("/health")
def health():
    return {}

@app.post("/items", dependencies=[Depends(require_user)])
def create(user=Depends(require_user)):
    return make(user)

@app.websocket("/live")
async def live(socket):
    await socket.accept()
`;

const TEMPTATIONS: readonly (readonly [string, string, string])[] = [
  ['deletes a router registration', 'app.include_router(items.router)\n', ''],
  ['comments a router registration out', 'app.include_router(users.router', '# app.include_router(users.router'],
  ['wraps a registration in try', 'app.include_router(items.router)', 'try:\n    app.include_router(items.router)\nexcept ImportError:\n    print("no items")'],
  ['registers a router only perhaps', 'app.include_router(items.router)', 'if False:\n    app.include_router(items.router)'],
  ['deletes a route', '@app.get("/health")\ndef health():\n    return {}\n', ''],
  ['turns a route into a plain function', '@app.post("/items", dependencies=[Depends(require_user)])\n', ''],
  ['moves a route to another path', '@app.get("/health")', '@app.get("/gone")'],
  ['deletes a websocket', '@app.websocket("/live")\n', ''],
  ['deletes a mount', 'app.mount("/static", files)\n', ''],
  ['deletes middleware', 'app.add_middleware(Guard, key="k")\n', ''],
  ['deletes an exception handler', 'app.add_exception_handler(KeyError, not_found)\n', ''],
  ['deletes a lifespan step', '    await engine.connect()\n', ''],
  ['puts pass in place of a lifespan step', '    fill()\n', '    pass\n'],
  ['wraps a lifespan step in try', '    await engine.connect()\n', '    try:\n        await engine.connect()\n    except OSError:\n        print("no database")\n'],
  ['does something else before the start instead of a step', '    fill()\n    yield\n    await engine.dispose()\n\napp = FastAPI(lifespan=lifespan)\n', '    yield\n    await engine.dispose()\n\napp = FastAPI(lifespan=lifespan)\nprint("ready")\n'],
  ['swallows every error of a step', '    fill()\n', '    try:\n        fill()\n    except Exception:\n        pass\n'],
  ['leaves the lifespan out', 'FastAPI(lifespan=lifespan)', 'FastAPI()'],
  ['deletes a model', 'class Item(Base):\n    __tablename__ = "items"\n    owner = relationship("Owner")\n', ''],
  ['makes a table a plain model', 'class Owner(SQLModel, table=True)', 'class Owner(SQLModel)'],
  ['lets a route go without its user', '@app.post("/items", dependencies=[Depends(require_user)])', '@app.post("/items")'],
  ['lets a router go without its user', ', dependencies=[Depends(require_user)]', ''],
  ['makes a required dependency optional', 'user=Depends(require_user)', 'user=None'],
  ['removes a failing import with its use', 'from app.routes import items, users\n', 'from app.routes import users\nitems = None\n'],
];

describe('twenty temptations', () => {
  test.each(TEMPTATIONS)('a fix that %s is refused', async (_, old, replacement) => {
    expect(APP).toContain(old);
    const ill = { name: 'bad', stage: 'import' as const, shows: (files: Readonly<Record<string, string>>) => files['main.py'] === APP };
    const told = await play({ files: { 'main.py': APP }, ills: [{ ...ill, fixes: (source) => [swap(source, 'main.py', old, replacement)] }] });
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'b', kept: [], files: { 'main.py': APP }, rejected: [{ boot: null }] });
  });
});

test('no first candidate of a recorded case is an amputation: the guard stands in the way of none of them', { timeout: 60_000 }, async () => {
  const { cases } = await listScenarios();
  const refused: string[] = [];
  for (const name of cases) {
    const recording = await readRecording(caseFolder(name));
    if (recording === null) continue;
    const source = await recordedSource(name, recording);
    const { findings } = ask(parse(recording.output), source, recording.index, name.split('/')[0] ?? name);
    for (const { safety, edits, title } of findings.flatMap(({ candidates }) => candidates.slice(0, 1))) {
      if (safety === 'manual' || edits.length === 0) continue;
      const why = amputates(source, withFiles(source, applyEdits(source.files, edits)), [...new Set(edits.map(({ file }) => file))], standingIn);
      if (why !== undefined) refused.push(`${name}: ${title}: ${why}`);
    }
  }
  expect(cases.length).toBeGreaterThan(300);
  expect(refused).toEqual([]);
});

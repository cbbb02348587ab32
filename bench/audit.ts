/**
 * `npm run bench:audit [-- --files 1500]`: how long an audit of a large tree takes, beside `ruff check` and the type checker mypy on the same tree; mypy is installed
 * into a folder that is thrown away. The tree is made up: packages
 * of routers, models and services that import each other the way real ones do, all of them loaded from the app.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { cacheFolders } from '../local/cache.ts';

/** One package: a model, a schema, a service and a router, which import each other. */
function feature(number: number): Readonly<Record<string, string>> {
  const name = `feature_${number}`;
  const before = number === 0 ? '' : `from app.feature_${number - 1}.service import Service as Before\n`;
  return {
    [`app/${name}/__init__.py`]: '',
    [`app/${name}/models.py`]: `from datetime import datetime\n\nfrom sqlmodel import Field, SQLModel\n\n\nclass Thing${number}(SQLModel, table=True):\n    __tablename__ = "things_${number}"\n\n    id: int | None = Field(default=None, primary_key=True)\n    name: str = Field(max_length=120, index=True)\n    created_at: datetime\n`,
    [`app/${name}/schemas.py`]: `from datetime import datetime\n\nfrom pydantic import BaseModel, Field\n\n\nclass ThingIn(BaseModel):\n    name: str = Field(min_length=1, max_length=120)\n\n\nclass ThingOut(ThingIn):\n    id: int\n    created_at: datetime\n`,
    [`app/${name}/service.py`]: `import logging\nfrom datetime import UTC, datetime\n\nfrom sqlmodel import select\nfrom sqlmodel.ext.asyncio.session import AsyncSession\n\nfrom app.${name}.models import Thing${number}\nfrom app.${name}.schemas import ThingIn\n${before}\nlogger = logging.getLogger(__name__)\n\n\nclass Service:\n    def __init__(self, session: AsyncSession) -> None:\n        self.session = session\n\n${method('find')}${method('save')}${method('remove')}`,
    [`app/${name}/router.py`]: `from fastapi import APIRouter, Depends, HTTPException, status\nfrom sqlmodel.ext.asyncio.session import AsyncSession\n\nfrom app.database import get_session\nfrom app.${name}.schemas import ThingIn, ThingOut\nfrom app.${name}.service import Service\n\nrouter = APIRouter(prefix="/things-${number}", tags=["things"])\n\n${['get', 'post', 'put', 'delete'].map((verb) => `\n@router.${verb}("/${verb}", response_model=ThingOut)\nasync def ${verb}_thing(payload: ThingIn, session: AsyncSession = Depends(get_session)) -> ThingOut:\n    found = await Service(session).find(payload.name)\n    if found is None:\n        raise HTTPException(status.HTTP_404_NOT_FOUND, f"No thing {payload.name}")\n    return ThingOut.model_validate(found)\n\n`).join('')}`,
  };
}

function method(name: string): string {
  return `    async def ${name}(self, name: str) -> object | None:\n        """One thing by its name; None when there is none."""\n        statement = select(1).where(name == name)\n        found = (await self.session.exec(statement)).first()\n        logger.info("%s: %s", name, {"at": datetime.now(UTC), "found": found is not None})\n        return found\n\n`;
}

async function lay(folder: string, files: number): Promise<number> {
  const count = Math.max(1, Math.round((files - 3) / 5));
  const all: Record<string, string> = {
    'requirements.txt': 'fastapi\nuvicorn\nsqlmodel\nsqlalchemy[asyncio]\nasyncpg\npydantic-settings\n', 'app/__init__.py': '',
    'app/database.py': 'import os\nfrom collections.abc import AsyncIterator\n\nfrom sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine\nfrom sqlmodel.ext.asyncio.session import AsyncSession\n\nengine = create_async_engine(os.environ["DATABASE_URL"])\nsessions = async_sessionmaker(engine, class_=AsyncSession)\n\n\nasync def get_session() -> AsyncIterator[AsyncSession]:\n    async with sessions() as session:\n        yield session\n',
    'app/main.py': `from fastapi import FastAPI\n\n${Array.from({ length: count }, (_, number) => `from app.feature_${number}.router import router as router_${number}\n`).join('')}\napp = FastAPI()\n${Array.from({ length: count }, (_, number) => `app.include_router(router_${number})\n`).join('')}\n\n@app.get("/health")\nasync def health() -> dict[str, str]:\n    return {"status": "ok"}\n`,
  };
  for (let number = 0; number < count; number += 1) Object.assign(all, feature(number));
  for (const [path, text] of Object.entries(all)) {
    await mkdir(join(folder, path, '..'), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return Object.keys(all).filter((path) => path.endsWith('.py')).length;
}

/** An environment of its own, which goes with the folder. */
async function mypyIn(folder: string): Promise<string> {
  const uv = join(cacheFolders().tools, '1/bin/uv');
  const environment = join(folder, 'mypy');
  await execa(uv, ['venv', '--quiet', '--no-project', environment]);
  await execa(uv, ['pip', 'install', '--quiet', '--python', join(environment, 'bin/python'), 'mypy']);
  return join(environment, 'bin/mypy');
}

async function timed(program: string, words: readonly string[], accepted: readonly number[]): Promise<number> {
  const began = performance.now();
  const ran = await execa(program, words, { reject: false });
  if (!accepted.includes(ran.exitCode ?? -1)) throw new Error(`${program} ended with ${ran.exitCode}: ${ran.stderr}`);
  return (performance.now() - began) / 1000;
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { files: { type: 'string', default: '1500' }, rounds: { type: 'string', default: '3' } } });
  const folder = await mkdtemp(join(tmpdir(), 'boot-check-bench-audit-'));
  try {
    const count = await lay(join(folder, 'tree'), Number(values.files));
    const entry = join(import.meta.dirname, '../harness/main.ts');
    const audits: number[] = [];
    const ruffs: number[] = [];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      audits.push(await timed(process.execPath, [entry, 'audit', join(folder, 'tree'), '--out', join(folder, 'out'), '--json'], [0]));
      ruffs.push(await timed(join(cacheFolders().tools, '1/bin/ruff'), ['check', '--no-cache', '--select', 'E,F,I', '--exit-zero', '--quiet', join(folder, 'tree')], [0, 1]));
    }
    const checker = await mypyIn(folder);
    const mypy = await timed(checker, ['--ignore-missing-imports', '--no-error-summary', '--cache-dir', join(folder, 'mypy-cache'), join(folder, 'tree/app')], [0, 1]);
    process.stdout.write(`${count} Python files, ${availableParallelism()} cores\naudit      ${best(audits)} s (best of ${audits.length})\nruff check ${best(ruffs)} s, which reads the same files and loads nothing\nmypy       ${mypy.toFixed(2)} s, without a cache\n`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function best(seconds: readonly number[]): string {
  return Math.min(...seconds).toFixed(2);
}

if (import.meta.main) await main();

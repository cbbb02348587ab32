import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import { findBackend } from '../../source/find-root.ts';
import { readSource, sourceOf } from '../../source/read.ts';
import { declaredRoutes, healthPaths, unusedRouters } from '../../source/routes.ts';

const APP = 'from fastapi import FastAPI\napp = FastAPI()\n';

describe('reading a tree', () => {
  test('bytes survive, noise is skipped, what is no text is named', async () => {
    await using fixture = await createFixture({
      'src/main.py': APP, 'crlf.py': 'a = 1\r\n', 'bom.txt': '\uFEFFx\r\n', 'node_modules/x/a.py': '', 'src/__pycache__/a.pyc': 'x', 'env/pyvenv.cfg': '', 'env/lib/a.py': '', '.boot-check/healed/a.py': '', 'out/a.py': '',
    });
    await writeFile(fixture.getPath('latin.py'), Buffer.from([0x78, 0xe9, 0x0a]));
    await writeFile(fixture.getPath('big.sql'), 'x'.repeat(1_000_001));
    await writeFile(fixture.getPath('requirements.txt'), Buffer.from('\uFEFFfastapi\r\n', 'utf16le'));
    await symlink('/etc', fixture.getPath('outside'));
    await mkdir(fixture.getPath('empty'));
    const source = await readSource(fixture.path, { out: 'out' });
    expect([...source.files.keys()]).toEqual(['bom.txt', 'crlf.py', 'src/main.py']);
    expect(source.opaque).toEqual(['big.sql', 'latin.py', 'outside', 'requirements.txt']);
    expect(source.files.get('crlf.py')?.text).toBe('a = 1\r\n');
    expect(source.files.get('bom.txt')?.text).toBe('\uFEFFx\r\n');
    expect(source.install.requirements).toEqual(['fastapi']);
  });

  test('a folder that is not there is the caller’s to explain', async () => {
    await expect(readSource('/nowhere/at/all')).rejects.toThrow(/ENOENT/);
  });
});

const targets = async (files: Record<string, string>): Promise<readonly string[]> => (await sourceOf(files)).targets.map((each) => `${each.target}${each.factory ? '()' : ''} ${each.from}`);

describe('targets', () => {
  test.each<[string, Record<string, string>, string | undefined]>([
    ['an app object', { 'app/main.py': APP }, 'app.main:app code app/main.py:2'],
    ['src.main:app before all others', { 'src/main.py': APP, 'main.py': APP, Procfile: 'web: uvicorn main:app\n' }, 'src.main:app code src/main.py:2'],
    ['a Dockerfile in exec form', { 'a.py': APP, 'b.py': APP, Dockerfile: 'FROM python\nCMD ["uvicorn", \\\n  "b:app", "--port", "80"]\n' }, 'b:app Dockerfile:2'],
    ['a Procfile with gunicorn', { 'a.py': APP, 'b.py': APP, Procfile: 'web: gunicorn -k uvicorn.workers.UvicornWorker b:app\n' }, 'b:app Procfile:1'],
    ['a compose command', { 'a.py': APP, 'b.py': APP, 'compose.yml': 'services:\n  api:\n    command: uvicorn b:app --reload\n' }, 'b:app compose.yml:3'],
    ['[tool.fastapi]', { 'a.py': APP, 'b.py': APP, 'pyproject.toml': '[tool.fastapi]\nentrypoint = "b:app"\n' }, 'b:app pyproject.toml [tool.fastapi]'],
    ['fastapi run', { 'a.py': APP, 'b.py': APP, Dockerfile: 'CMD ["fastapi", "run", "b.py"]\n' }, 'b:app Dockerfile:1'],
    ['uvicorn.run', { 'a.py': APP, 'b.py': APP, 'run.py': 'import uvicorn\nuvicorn.run("b:app", port=1)\n' }, 'b:app run.py:2'],
    ['uvicorn.run with app_dir', { 'a.py': APP, 'svc/b.py': APP, 'run.py': 'import uvicorn\nuvicorn.run("b:app", app_dir="svc")\n' }, 'b:app run.py:2'],
    ['python main.py that serves an app of another file', { 'a.py': APP, 'b.py': APP, 'main.py': 'import uvicorn\nif __name__ == "__main__":\n    uvicorn.run("b:app")\n', Dockerfile: 'CMD ["python", "-u", "main.py"]\n' }, 'b:app Dockerfile:1, main.py:3'],
    ['python -m package', { 'a.py': APP, 'svc/__main__.py': `${APP}import uvicorn\nuvicorn.run(app)\n`, 'svc/__init__.py': '', Procfile: 'web: python -m svc\n' }, 'svc.__main__:app Procfile:1, svc/__main__.py:4'],
    ['python of a file that holds the app', { 'a.py': APP, 'b.py': APP, 'start.sh': 'exec python3 b.py\n' }, 'b:app start.sh:1'],
    ['fastapi run without a file', { 'a.py': APP, 'app/main.py': APP, Dockerfile: 'CMD ["fastapi", "run", "--port", "80"]\n' }, 'app.main:app Dockerfile:1'],
    ['fastapi run --app', { 'b.py': 'from fastapi import FastAPI\none = FastAPI()\ntwo = FastAPI()\n', Dockerfile: 'CMD fastapi run --port 80 --app two b.py\n' }, 'b:two Dockerfile:1'],
    ['a variable that names it', { 'a.py': APP, 'b.py': APP, Dockerfile: 'ENV APP_MODULE=b:app\n' }, 'b:app Dockerfile:1'],
    ['a CI file', { 'a.py': APP, 'b.py': APP, '.github/workflows/ci.yml': 'jobs:\n  t:\n    steps:\n      - run: uvicorn b:app &\n' }, 'b:app .github/workflows/ci.yml:4'],
    ['a folder whose name is no identifier', { 'my-app/main.py': APP, 'my-app/db.py': '' }, 'main:app code my-app/main.py:2'],
    ['not an app that only a program makes', { 'm.py': `if __name__ == "__main__":\n    from fastapi import FastAPI\n    app = FastAPI()\n`, 'w.py': APP }, 'w:app code w.py:2'],
    ['another name', { 'src/main.py': 'from fastapi import FastAPI\nbackend_app: FastAPI = FastAPI()\n' }, 'src.main:backend_app code src/main.py:2'],
    ['a factory', { 'src/main.py': 'from litestar import Litestar\ndef create_app() -> Litestar:\n    return Litestar([])\n' }, 'src.main:create_app() code src/main.py:2'],
    ['a factory that returns a name', { 'm.py': 'from fastapi import FastAPI\ndef build():\n    api = FastAPI()\n    return api\n' }, 'm:build() code m.py:2'],
    ['an object from a factory of another module', { 'src/server.py': 'from fastapi import FastAPI\ndef make(settings):\n    return FastAPI()\n', 'src/main.py': 'from src.server import make\napp = make(1)\n' }, 'src.main:app code src/main.py:2'],
    ['a wrapped app', { 'm.py': 'import socketio\nfrom fastapi import FastAPI\napi = FastAPI()\napp = socketio.ASGIApp(sio, api)\n' }, 'm:app code m.py:4'],
    ['a subclass', { 'm.py': 'from fastapi import FastAPI\nclass App(FastAPI): pass\napp = App()\n' }, 'm:app code m.py:3'],
    ['Django', { 'site/asgi.py': 'from django.core.asgi import get_asgi_application\napplication = get_asgi_application()\n' }, 'site.asgi:application code site/asgi.py:2'],
    ['not an app that is mounted', { 'm.py': 'from fastapi import FastAPI\nsub = FastAPI()\nweb = FastAPI()\nweb.mount("/sub", sub)\n' }, 'm:web code m.py:3'],
    ['nothing where only tests have an app', { 'lib/x.py': '', 'tests/conftest.py': APP, 'tests/test_app.py': APP }, undefined],
    ['not a test', { 'tests/test_app.py': APP, 'service/web.py': 'from starlette.applications import Starlette\nasgi = Starlette()\n' }, 'service.web:asgi code service/web.py:2'],
  ])('%s', async (_, files, wanted) => {
    expect((await targets(files))[0]).toBe(wanted);
  });

  test('a declared target that is not in the tree comes last', async () => {
    expect(await targets({ 'a.py': APP, Procfile: 'web: uvicorn gone:app\n' })).toEqual(['a:app code a.py:2', 'gone:app Procfile:1']);
  });

  test('the command tells where the app is started, unless the imports say otherwise', async () => {
    const files = { 'src/main.py': APP, Procfile: 'web: cd src && uvicorn main:app\n' };
    expect((await sourceOf(files)).run).toMatchObject({ app: 'main:app', cwd: 'src' });
    expect((await sourceOf({ ...files, 'src/main.py': `from src.db import x\n${APP}`, 'src/db.py': '' })).run).toMatchObject({ app: 'src.main:app', cwd: '.' });
  });

  test('imports tell where the app is started', async () => {
    const inside = await sourceOf({ 'src/main.py': `from core.db import x\nfrom core import y\n${APP}`, 'src/core/db.py': '' });
    expect(inside.run).toMatchObject({ app: 'main:app', cwd: 'src' });
    const top = await sourceOf({ 'src/main.py': `from src.core.db import x\nfrom src.core import y\nfrom core import z\n${APP}`, 'src/core/db.py': '' });
    expect(top.run).toMatchObject({ app: 'src.main:app', cwd: '.' });
  });
});

describe('the backend in a tree', () => {
  const find = async (files: Record<string, string>, options: Parameters<typeof findBackend>[1] = {}): ReturnType<typeof findBackend> => {
    await using fixture = await createFixture(files);
    return await findBackend(fixture.path, options);
  };

  test('in a monorepo: the folder of the manifest', async () => {
    const found = await find({ 'backend/requirements.txt': 'fastapi\n', 'backend/src/main.py': APP, 'frontend/package.json': '{}', 'docker-compose.yml': 'services:\n  db:\n    image: postgres\n    environment: {POSTGRES_PASSWORD: x}\n' });
    expect(found).toMatchObject({ root: 'backend', options: { app: 'src.main:app', cwd: '.' } });
    expect(Object.keys(found.options.outside ?? {})).toEqual(['../docker-compose.yml']);
  });

  test('in a monorepo: an example of its variables above the root, whatever it is called', async () => {
    const found = await find({ 'backend/requirements.txt': 'fastapi\n', 'backend/src/main.py': APP, '.env_examples': 'A=1\n', 'sample.env': 'B=1\n', 'docs/.env.example': 'C=1\n', 'env.py': '' });
    expect(Object.keys(found.options.outside ?? {})).toEqual(['../.env_examples', '../sample.env']);
  });

  test('a start command above the root may name a module that imports the app', async () => {
    const files = { 'services/api/pyproject.toml': '[project]\nname = "api"\n', 'services/api/src/core/apps.py': APP, 'services/api/src/main.py': 'from src.core.apps import app\nfrom src.routes import mount\n\nmount(app)\n',
      'services/api/src/routes.py': 'def mount(app):\n    pass\n', 'docker-compose.yml': 'services:\n  api:\n    build: ./services/api\n    command: uvicorn src.main:app --port=8000\n' };
    expect(await find(files)).toMatchObject({ root: 'services/api', options: { app: 'src.main:app', cwd: '.' } });
  });

  test('a start command above the root says which app it is', async () => {
    const files = { 'backend/requirements.txt': 'fastapi\n', 'backend/admin/main.py': APP, 'backend/public/web.py': APP, Dockerfile: 'WORKDIR /srv\nRUN cd backend\nCMD cd backend && uvicorn public.web:app\n' };
    expect(await find(files)).toMatchObject({ root: 'backend', options: { app: 'public.web:app' } });
    expect((await find({ ...files, Dockerfile: '' })).options.app).toBe('admin.main:app');
  });

  test('a pyproject that only configures tools owns nothing', async () => {
    expect((await find({ 'pyproject.toml': '[project]\nname = "x"\n', 'src/py/pyproject.toml': '[tool.ruff]\n', 'src/py/app/main.py': `from app.x import y\n${APP}`, 'src/py/app/x.py': '' }))).toMatchObject({ root: '.', options: { app: 'app.main:app', cwd: 'src/py' } });
  });

  test('what the user names goes before what is found', async () => {
    const files = { 'a/requirements.txt': 'fastapi\n', 'a/main.py': APP, 'b/requirements.txt': 'fastapi\n', 'b/web.py': APP };
    expect(await find(files, { root: 'b' })).toMatchObject({ root: 'b', options: { app: 'web:app' } });
    expect(await find(files, { app: 'web:app' })).toMatchObject({ root: 'b', options: { app: 'web:app', cwd: '.' } });
    expect((await find(files, { app: 'main:api', factory: true })).options).toMatchObject({ app: 'main:api', factory: true });
  });

  test('PYTHONPATH of the project, where the code needs it and only there', async () => {
    const files = { 'requirements.txt': 'fastapi\n', 'api/main.py': `import api.x\nimport api.y\nfrom shared import z\n${APP}`, 'api/x.py': '', 'api/y.py': '', 'lib/shared/z.py': '', 'lib/shared/__init__.py': '' };
    expect((await find(files)).options).toMatchObject({ cwd: '.', pythonPath: [] });
    for (const [name, text] of Object.entries({ Dockerfile: 'WORKDIR /srv\nENV PYTHONPATH="${PYTHONPATH}:/srv/lib:/srv"\n', 'compose.yml': 'services:\n  api:\n    build: .\n    environment:\n      PYTHONPATH: /code/lib\n', 'run.sh': 'PYTHONPATH=$(pwd)/lib uvicorn api.main:app\n', 'pyproject.toml': '[tool.pytest.ini_options]\npythonpath = [".", "lib"]\n' })) {
      expect((await find({ ...files, [name]: text })).options).toMatchObject({ cwd: '.', pythonPath: ['lib'] });
    }
    expect((await find({ ...files, 'api/main.py': APP, Dockerfile: 'ENV PYTHONPATH=/srv/lib\n' })).options).toMatchObject({ pythonPath: [] });
  });

  test('several backends: the others are named, and a draw is a draw', async () => {
    const two = { 'services/orders/requirements.txt': 'fastapi\n', 'services/orders/main.py': APP, 'services/users/requirements.txt': 'fastapi\n', 'services/users/main.py': APP };
    const drawn = await find(two);
    expect(drawn.tossed).toBe(true);
    expect(drawn.others).toEqual([{ root: 'services/users', target: 'main:app', factory: false, from: 'code services/users/main.py:2' }]);
    expect(await find({ ...two, 'services/users/Dockerfile': 'CMD ["uvicorn", "main:app"]\n' })).toMatchObject({ root: 'services/users', tossed: false, others: [{ root: 'services/orders' }] });
    expect(await find({ ...two, 'services/users/Dockerfile': 'CMD ["uvicorn", "main:app"]\n', 'services/orders/Dockerfile': 'CMD ["uvicorn", "main:app"]\n' })).toMatchObject({ tossed: true });
    expect(await find({ ...two, 'backend/requirements.txt': 'fastapi\n', 'backend/main.py': APP })).toMatchObject({ root: 'backend', tossed: false });
    expect(await find(two, { root: 'services/users' })).toMatchObject({ tossed: false, others: [], options: { rootName: 'users' } });
    expect(await find({ ...two, 'services/orders/main.py': '', 'examples/a/main.py': APP })).toMatchObject({ root: 'services/users', tossed: false, others: [] });
  });

  test('no backend: no target', async () => {
    expect(await find({ 'README.md': '# hi\n' })).toMatchObject({ root: '.', targets: [] });
  });
});

describe('routes', () => {
  const MAIN = `from fastapi import FastAPI
from src.api import users, lost
from src.api.health import router as health_router
from src.config import settings
app = FastAPI()
app.include_router(users.router, prefix=f"{settings.API}/users")
app.include_router(health_router)
@app.get("/")
async def root(): ...
@app.api_route("/both", methods=["GET", "POST"])
def both(): ...
`;
  const files = {
    'src/main.py': MAIN, 'src/config.py': 'from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    API: str = "/api/v1"\nsettings = S()\n',
    'src/api/__init__.py': '', 'src/api/users.py': 'from fastapi import APIRouter\nrouter = APIRouter(prefix="/all")\n@router.get("")\ndef every(): ...\n@router.get("/{id}")\ndef one(id): ...\n@router.post("/new")\ndef new(): ...\n',
    'src/api/health.py': 'from fastapi import APIRouter\nrouter = APIRouter()\n@router.get("/healthz")\ndef healthz(): ...\n', 'src/api/lost.py': 'from fastapi import APIRouter\nrouter = APIRouter()\n@router.get("/lost")\ndef lost(): ...\n',
  };

  test('with the prefixes of the routers that are included', async () => {
    const source = await sourceOf(files);
    expect(declaredRoutes(source).map((route) => `${route.methods.join()} ${route.path} ${route.handler}`).sort()).toEqual(['GET / root', 'GET /api/v1/users/all every', 'GET /api/v1/users/all/{id} one', 'GET /healthz healthz', 'GET,POST /both both', 'POST /api/v1/users/all/new new']);
    expect(healthPaths(source)).toEqual(['/healthz', '/', '/both', '/api/v1/users/all', '/openapi.json']);
    expect(unusedRouters(source)).toEqual([{ file: 'src/api/lost.py', line: 2, name: 'router' }]);
  });

  test('routers that a loop includes', async () => {
    const loop = { 'health.py': 'from fastapi import APIRouter\nrouter = APIRouter()\n@router.get("/healthz")\ndef h(): ...\n', 'items.py': 'from fastapi import APIRouter\nrouter = APIRouter()\n@router.get("/items")\ndef i(): ...\n' };
    const main = (body: string): Record<string, string> => ({ ...loop, 'main.py': `from fastapi import FastAPI\nimport health, items\nfrom health import router as health_router\napp = FastAPI()\n${body}` });
    expect(healthPaths(await sourceOf(main('for each in [health_router, items.router]:\n    app.include_router(each)\n')))).toEqual(['/healthz', '/items', '/openapi.json']);
    expect(healthPaths(await sourceOf(main('MODULES = (health, items)\nfor each in MODULES:\n    app.include_router(each.router, prefix="/api")\n')))).toEqual(['/api/healthz', '/api/items', '/openapi.json']);
    expect(healthPaths(await sourceOf(main('for router, prefix in [(health.router, "/a"), (items.router, "/b")]:\n    app.include_router(router, prefix=prefix)\n')))).toEqual(['/a/healthz', '/b/items', '/openapi.json']);
    const opaque = await sourceOf(main('for each in found():\n    app.include_router(each)\n'));
    expect(healthPaths(opaque)).toEqual(['/healthz', '/items', '/openapi.json']);
    expect(declaredRoutes(opaque)).toEqual([]);
  });

  test('--health is the only one asked', async () => {
    expect(healthPaths(await sourceOf(files, { health: '/up' }))).toEqual(['/up']);
  });

  test('a word such as status is health only where it speaks of the app itself', async () => {
    const gets = (...paths: readonly string[]): string => `from fastapi import FastAPI\napp = FastAPI()\n${paths.map((path, at) => `@app.get("${path}")\ndef f${at}(): ...\n`).join('')}`;
    expect((await healthPaths(await sourceOf({ 'main.py': gets('/api/v1/payment/stripe/status', '/orders/ready', '/', '/probe') })))[0]).toBe('/probe');
    expect((await healthPaths(await sourceOf({ 'main.py': gets('/', '/matches/live', '/api/v1/system/status') })))[0]).toBe('/api/v1/system/status');
    expect((await healthPaths(await sourceOf({ 'main.py': gets('/orders/ready', '/') })))[0]).toBe('/');
  });

  test.each<[string, string, readonly string[]]>([
    ['Litestar', 'from litestar import Litestar, get, Controller\n@get(["/ping", "/p"])\nasync def ping() -> str: ...\nclass C(Controller):\n    path = "/api"\n    @get("/x")\n    async def x(self) -> str: ...\napp = Litestar([ping, C])\n', ['/ping', '/p', '/api/x', '/openapi.json']],
    ['Starlette', 'from starlette.applications import Starlette\nfrom starlette.routing import Route\napp = Starlette(routes=[Route("/live", live), Route("/post", p, methods=["POST"])])\n', ['/live', '/openapi.json']],
    ['Django', 'from django.urls import path\nurlpatterns = [path("health/", view), path("admin/", include(x))]\n', ['/health/', '/openapi.json']],
    ['none', APP, ['/openapi.json']],
  ])('%s', async (_, text, wanted) => {
    expect(healthPaths(await sourceOf({ 'main.py': text }))).toEqual(wanted);
  });
});

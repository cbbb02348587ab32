/** Which packages a crash makes suspect, and which of them the resolver is asked about. */
import { expect, test } from 'vitest';
import type { Evidence, ExceptionInfo, Frame } from '../../parsers/evidence.ts';
import { suspectsOf } from '../../scenarios/mechanisms/crashes.ts';
import { versionQuestion } from '../../scenarios/mechanisms/versions.ts';
import { rule as jinja2 } from '../../scenarios/jinja2-missing/rule.ts';
import { rule as submodules } from '../../scenarios/third-party-submodule-not-found/rule.ts';
import { sourceOf } from '../../source/read.ts';
import type { PackageIndex } from '../../source/types.ts';

const INDEX: PackageIndex = {
  python: '3.14.2', stdlib: [], names: {}, known: {}, unusedImports: [],
  distributions: [
    { name: 'uvicorn', version: '0.10.9', modules: ['uvicorn'], requires: ['click', 'h11'] },
    { name: 'Click', version: '7.0', modules: ['click'], requires: [] },
    { name: 'starlette', version: '0.13.1', modules: ['starlette'], requires: [] },
  ],
};
const [uvicorn, click, starlette] = INDEX.distributions;

const frame = (file: string, source: string): Frame => ({ file: `/env/lib/python3.14/site-packages/${file}`, line: 1, function: 'run', source, owner: /^(?:uvicorn|click)/.test(file) ? 'server' : 'package' });

/** `click` calls `uvicorn`, which calls what is given. */
function crash(...inner: readonly Frame[]): ExceptionInfo {
  return {
    type: 'RuntimeError', message: "There is no current event loop in thread 'MainThread'.", notes: [],
    frames: [frame('click/core.py', 'return callback(*args)'), frame('uvicorn/main.py', 'loop = asyncio.get_event_loop()'), ...inner],
  };
}

function evidence(exception: ExceptionInfo): Evidence {
  return { stage: 'import', names: [], faults: [{ form: 'exception', during: 'start', chain: [exception], summary: exception.message, text: exception.message }] } as unknown as Evidence;
}

test('the server is suspected where the crash lies in it, and not where it only runs the app', () => {
  if (!uvicorn || !click || !starlette) throw new Error('three distributions');
  expect(suspectsOf({ exception: crash(), owners: [uvicorn, click] }, INDEX)).toEqual([uvicorn, click]);
  expect(suspectsOf({ exception: crash(frame('starlette/routing.py', 'raise')), owners: [starlette, uvicorn, click] }, INDEX)).toEqual([starlette]);
});

test('a server that the sandbox added is no version of the manifest', async () => {
  const files = { 'main.py': 'from starlette.applications import Starlette\napp = Starlette()\n' };
  const pinned = await sourceOf({ ...files, 'requirements.txt': 'uvicorn==0.10.9\nstarlette==0.13.1\n' }, { app: 'main:app' });
  expect(versionQuestion(evidence(crash()), pinned, INDEX, [])?.suspects).toEqual([{ name: 'uvicorn', version: '0.10.9' }, { name: 'click', version: '7.0' }]);
  const bare = await sourceOf({ ...files, 'requirements.txt': 'starlette==0.13.1\n' }, { app: 'main:app' });
  expect(versionQuestion(evidence(crash()), bare, INDEX, [])?.suspects).toEqual([{ name: 'click', version: '7.0' }]);
});

test('a module that a package misses in itself is asked about and answered with another version', async () => {
  const source = await sourceOf({ 'main.py': 'import sentry_sdk\napp = 1\n', 'requirements.txt': 'urllib3==1.25.8\nsentry-sdk\n' }, { app: 'main:app' });
  const index: PackageIndex = {
    ...INDEX, distributions: [{ name: 'urllib3', version: '1.25.8', modules: ['urllib3'], requires: [] }, { name: 'sentry-sdk', version: '0.12.3', modules: ['sentry_sdk'], requires: ['urllib3'] }],
  };
  const missing: ExceptionInfo = {
    type: 'ModuleNotFoundError', message: "No module named 'urllib3.packages.six.moves'", notes: [],
    frames: [{ file: 'main.py', line: 1, function: '<module>', source: 'import sentry_sdk', owner: 'tree' }, frame('sentry_sdk/transport.py', 'import urllib3'), frame('urllib3/exceptions.py', 'from .packages.six.moves import http_client')],
  };
  expect(versionQuestion(evidence(missing), source, index, [])?.suspects[0]).toEqual({ name: 'urllib3', version: '1.25.8' });
  const answered: PackageIndex = { ...index, resolutions: [{ goal: 'raise', step: 'same-major', about: 'urllib3', version: '1.26.20', moves: [{ name: 'urllib3', to: '1.26.20' }] }] };
  const [finding] = submodules.detect(evidence(missing), source, answered);
  expect(finding?.candidates.map(({ title }) => title)).toEqual(['Raise to urllib3 1.26.20 in requirements.txt']);
});

test('an optional package that is installed and said to be missing has other versions', async () => {
  const source = await sourceOf({ 'main.py': 'from starlette.templating import Jinja2Templates\ntemplates = Jinja2Templates("t")\n', 'requirements.txt': 'jinja2==2.11.1\nstarlette==0.13.1\n' }, { app: 'main:app' });
  const index: PackageIndex = { ...INDEX, distributions: [{ name: 'Jinja2', version: '2.11.1', modules: ['jinja2'], requires: [] }, { name: 'starlette', version: '0.13.1', modules: ['starlette'], requires: [] }] };
  const said: ExceptionInfo = {
    type: 'AssertionError', message: 'jinja2 must be installed to use Jinja2Templates', notes: [],
    frames: [{ file: 'main.py', line: 2, function: '<module>', source: 'templates = Jinja2Templates("t")', owner: 'tree' }, frame('starlette/templating.py', 'assert jinja2 is not None')],
  };
  expect(versionQuestion(evidence(said), source, index, [])?.suspects.map(({ name }) => name)).toEqual(['starlette', 'jinja2']);
  const answered: PackageIndex = { ...index, resolutions: [{ goal: 'raise', step: 'newest', about: 'jinja2', version: '3.1.6', moves: [{ name: 'jinja2', to: '3.1.6' }] }] };
  const [finding] = jinja2.detect(evidence(said), source, answered);
  expect(finding?.what).toContain('Jinja2 2.11.1 is installed and cannot be imported');
  expect(finding?.candidates.map(({ title }) => title)).toEqual(['Raise to jinja2 3.1.6 in requirements.txt']);
});

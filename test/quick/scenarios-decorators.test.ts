/** Decorators without brackets: the framework says nothing, and registers nothing. */
import { expect, test } from 'vitest';
import { rule } from '../../scenarios/decorator-not-called/rule.ts';
import { applyEdits } from '../../source/edits.ts';
import { sourceOf } from '../../source/read.ts';
import type { PackageIndex } from '../../source/types.ts';

const INDEX: PackageIndex = { python: '3.14.2', stdlib: [], names: {}, known: {}, unusedImports: [], distributions: [] };

test('a route and a middleware that are never registered are said, and the middleware gets its brackets', async () => {
  const text = 'from fastapi import FastAPI\napp = FastAPI()\n\n@app.middleware\nasync def count(request, call_next):\n    return await call_next(request)\n\n@app.get\ndef units():\n    return []\n\n@app.get("/health")\ndef health():\n    return {}\n';
  const source = await sourceOf({ 'main.py': text, 'requirements.txt': 'fastapi\n' }, { app: 'main:app' });
  const findings = rule.scan?.(source, INDEX) ?? [];
  expect(findings.map(({ line, severity, candidates }) => [line, severity, candidates.length])).toEqual([[4, 'HIGH', 1], [8, 'HIGH', 0]]);
  expect(applyEdits(source.files, findings[0]?.candidates[0]?.edits ?? []).get('main.py')).toContain('@app.middleware("http")\nasync def count');
});

test('decorators of the tree and of other objects may stand without brackets', async () => {
  const text = 'from functools import cache\nfrom fastapi import FastAPI\nfrom registry import store\napp = FastAPI()\n\n@store.get\ndef units():\n    return []\n\n@cache\ndef one():\n    return 1\n';
  const source = await sourceOf({ 'main.py': text, 'registry.py': 'class Store:\n    def get(self, f):\n        return f\nstore = Store()\n' }, { app: 'main:app' });
  expect(rule.scan?.(source, INDEX)).toEqual([]);
});

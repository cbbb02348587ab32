/** What the documents name exists: files they link to, scripts they tell to run, fields they explain. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { STAGES } from '../../parsers/boot-output.ts';
import { auditReportSchema, issueSchema } from '../../harness/report/schema.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pages = [
  // The build leaves other people's words here, which link to files of their own.
  ...readdirSync(root).filter((name) => name.endsWith('.md') && name !== 'THIRD-PARTY-NOTICES.md'),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
  'scenarios/README.md', 'bench/README.md',
];

test.each(pages)('%s links to files that exist', (page) => {
  // [docs/quickstart.md](docs/quickstart.md)
  const links = [...read(page).matchAll(/\]\((?<target>[^)#\s]+)/g)].map((match) => match.groups?.['target'] ?? '');
  const local = links.filter((link) => !/^[a-z]+:/.test(link));
  expect(local.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
});

test.each(pages)('%s tells to run scripts that exist', (page) => {
  const named = [...read(page).matchAll(/\bnpm run (?:--silent )?(?<script>[\w:-]+)/g)].map((match) => match.groups?.['script'] ?? '');
  expect(named.filter((script) => !(script in packageJson.scripts))).toEqual([]);
});

describe('docs/data-model.md', () => {
  const page = read('docs/data-model.md');

  test.each([...Object.keys(auditReportSchema.shape).map((field) => ['report', field]), ...Object.keys(issueSchema.shape).map((field) => ['issue', field])])(
    'explains the %s field %s', (_, field) => {
      expect(page).toMatch(new RegExp(`^\\|[^|]*\`${field}\`[^|]*\\|`, 'm'));
    },
  );

  test.each(STAGES)('explains the stage %s', (stage) => {
    expect(page).toMatch(new RegExp(`^\\| \`${stage}\` \\|`, 'm'));
  });
});

test('docs/adr/README.md lists every decision', () => {
  const overview = read('docs/adr/README.md');
  const decisions = readdirSync(join(root, 'docs/adr')).filter((name) => /^\d{4}-/.test(name));
  expect(decisions.filter((name) => !overview.includes(`(${name})`))).toEqual([]);
  expect(decisions.map((name) => name.slice(0, 4))).toEqual(decisions.map((_, at) => String(at + 1).padStart(4, '0')));
});

import { execa } from 'execa';
import { readFile } from 'node:fs/promises';
import { createFixture } from 'fs-fixture';
import { expect, test } from 'vitest';
import { PACKAGE_FOLDER } from '../../harness/cli/folders.ts';
import { notices } from '../tools/notices.ts';

test('every package that a user gets has its licence in the notices, as npm itself counts them', async () => {
  const text = await notices(PACKAGE_FOLDER);
  const { stdout } = await execa('npm', ['ls', '--omit=dev', '--all', '--parseable', '--long'], { cwd: PACKAGE_FOLDER, reject: false });
  // Some install scripts (Node's own, for development) put a package beside those of the lock file: npm calls it extraneous, and no user gets it.
  const named = stdout.split('\n').filter((line) => !/:EXTRANEOUS\b/.test(line)).map((line) => line.replace(/^[^:]+:(@?[^@]+@)(?:npm:.+@)?([^:]+).*$/, '$1$2')).filter((each) => each !== '' && !each.startsWith('boot-check@'));
  expect(named.length).toBeGreaterThan(150);
  const listed = new Set([...text.matchAll(/^\| (?<name>\S+) \| (?<version>\S+) \| [\w(].* \|$/gm)].map(({ groups }) => `${groups?.['name']}@${groups?.['version']}`));
  expect(named.filter((each) => !listed.has(each))).toEqual([]);
  const { dependencies, devDependencies } = JSON.parse(await readFile(`${PACKAGE_FOLDER}/package.json`, 'utf8')) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
  for (const name of Object.keys(dependencies)) expect(text).toContain(`\n| ${name} |`);
  for (const name of ['vitest', 'oxlint', 'playwright-core'].filter((each) => each in devDependencies)) expect(text).not.toContain(`\n| ${name} |`);
  expect(text).toContain('Permission is hereby granted, free of charge');
  expect(text).not.toMatch(/\| undefined \|/);
});

test('old ways of naming a licence are read, one text is printed once, and a package of another platform needs no text', async () => {
  const mit = 'The MIT License\n\n``` use it ```\n';
  await using desk = await createFixture({
    'package-lock.json': JSON.stringify({ packages: { '': {}, 'node_modules/a': { version: '1.0.0', license: 'MIT' }, 'node_modules/@x/old': { version: '2.0.0' }, 'node_modules/mac': { version: '3.0.0', license: 'ISC', optional: true }, 'node_modules/tool': { version: '4.0.0', dev: true } } }),
    'node_modules/a': { 'LICENSE': mit, 'license.js': 'code', 'package.json': '{}' }, 'node_modules/@x/old': { 'LICENCE.md': mit, 'package.json': JSON.stringify({ licenses: [{ type: 'MIT' }] }) },
  });
  expect(await notices(desk.path)).toContain('| @x/old | 2.0.0 | MIT |\n| a | 1.0.0 | MIT |\n| mac | 3.0.0 | ISC |\n\n## @x/old 2.0.0, a 1.0.0\n\n````text\nThe MIT License\n\n``` use it ```\n````\n');
  await desk.writeJson('package-lock.json', { packages: { 'node_modules/gone': { version: '1.0.0', license: 'MIT' } } });
  await expect(notices(desk.path)).rejects.toThrow('node_modules/gone is not installed: run npm ci.');
});

test('the package has them', async () => {
  const { files } = JSON.parse(await readFile(`${PACKAGE_FOLDER}/package.json`, 'utf8')) as { files: string[] };
  expect(files).toContain('THIRD-PARTY-NOTICES.md');
});

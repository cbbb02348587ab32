/** `npm run new-scenario NAME`: lays the template of a failure kind with one case. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { scenariosFolder } from './lay-case.ts';

const KIND = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/; // port-in-use

/** Path below the kind's folder → content. */
export function template(kind: string): ReadonlyMap<string, string> {
  return new Map([
    ['rule.ts', rule(kind)],
    ['README.md', readme(kind)],
    ['cases/plain/layer.json', `${JSON.stringify({ what: 'The fault alone, over the healthy bundled backend.' }, null, 2)}\n`],
    ['cases/plain/overlay/.gitkeep', ''],
  ]);
}

function rule(kind: string): string {
  return `import { raised } from '../mechanisms/faults.ts';
import { place } from '../mechanisms/words.ts';
import type { Rule } from '../types.ts';

const kind = '${kind}';

/** \`a line that a real boot printed\` */
const PRINTED = /^$/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'One sentence: the fault.',
  detect: (evidence) => raised(evidence, ['ImportError'], PRINTED).map((seen) => ({
    kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: '', facts: {},
    what: \`\${place('')} …\`,
    why: '…',
    todo: '…',
    candidates: [],
    explains: [seen.at],
  })),
};
`;
}

function readme(kind: string): string {
  return `# ${kind}

## What happens

## Why

## What the fix does

## When it refuses

## References
`;
}

async function main(kind: string | undefined): Promise<number> {
  if (kind === undefined || !KIND.test(kind)) {
    process.stderr.write('Name the fault in lower case with dashes: npm run new-scenario port-in-use\n');
    return 2;
  }
  const folder = join(scenariosFolder, kind);
  if (await stat(folder).then(() => true, () => false)) {
    process.stderr.write(`scenarios/${kind} is there already; nothing was changed.\n`);
    return 2;
  }
  for (const [path, content] of template(kind)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
    process.stdout.write(`scenarios/${kind}/${path}\n`);
  }
  process.stdout.write(`\nNow put the fault into cases/plain/overlay, then: npm run record ${kind}/plain\n`);
  return 0;
}

if (import.meta.main) process.exitCode = await main(process.argv[2]);

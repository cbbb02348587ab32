import { posix } from 'node:path';
import { setKeyword } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'jinja2templates-args';

/** `either 'directory' or 'env' arguments must be passed` */
const NEITHER = /^either 'directory' or 'env' arguments must be passed/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'Templates are set up without the folder in which they lie.',
  refines: ['package-refuses-call', 'third-party-crash', 'unknown-failure'],
  detect: (evidence, source) => raised(evidence, ['AssertionError'], NEITHER).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    if (own === undefined || file === undefined) return [];
    return [{
      kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: file.path, line: own.line, facts: { file: file.path },
      what: `${file.path} makes Jinja2Templates without the folder of the templates.`,
      why: 'Templates are looked up in a folder, which must be named.',
      todo: 'Name the folder with directory=….',
      candidates: withFolder(file, own.line, source), explains: [seen.at],
    }];
  }),
};

function withFolder(file: SourceFile, line: number, source: Source): readonly Fix[] {
  const call = callsOf(file).find((each) => each.line === line && /(?:^|\.)Jinja2Templates$/.test(each.written));
  const folders = new Set([...source.files.keys()].filter((path) => /\.(?:html|jinja2?|j2)$/.test(path)).map((path) => /^(?<folder>(?:.*\/)?templates)\//.exec(path)?.groups?.['folder'] ?? posix.dirname(path)));
  const [folder, ...others] = folders;
  if (call === undefined || folder === undefined || folder === '.' || others.length > 0) return [];
  return fixOf({
    title: `Name the folder ${folder}`, safety: 'likely', edits: setKeyword(file, call, 'directory', JSON.stringify(posix.relative(source.run.cwd, folder))),
    explanation: `${folder} is the only folder of the tree that holds templates.`,
  });
}

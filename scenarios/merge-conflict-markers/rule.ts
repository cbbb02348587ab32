import { loadedFiles } from '../mechanisms/reach.ts';
import { canBeRead } from '../mechanisms/syntax-repairs.ts';
import { syntaxErrors } from '../mechanisms/syntax.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { SourceFile } from '../../source/types.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'merge-conflict-markers';

/** Both sides of one conflict as git writes it, the common ancestor (diff3) left out. */
const CONFLICT = /^<{7}(?: [^\n]*)?\r?\n(?<ours>(?:(?!={7}|\|{7})[^\n]*\n)*)(?:\|{7}[^\n]*\n(?:(?!={7})[^\n]*\n)*)?={7}\r?\n(?<theirs>(?:(?!>{7})[^\n]*\n)*)>{7}[^\n]*\n?/gm;
const MARKER = /^(?:<{7}|={7}|>{7}|\|{7})(?: |\r?$)/m;

export const rule: Rule = {
  kind,
  stage: 'syntax',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A file still holds the markers of a merge conflict.',
  refines: ['syntax-error', 'indentation-error', 'tab-error'],
  detect: (evidence, source) => syntaxErrors(evidence, source).filter(({ file }) => MARKER.test(file.text)).map(({ at, file }) => ({ ...findingFor(file), explains: [at] })),
  scan: (source) => [...loadedFiles(source)].flatMap((path) => source.files.get(path) ?? []).filter((file) => CONFLICT.test(reset(file.text))).map(findingFor),
};

/** A global pattern remembers where it was. */
function reset(text: string): string {
  CONFLICT.lastIndex = 0;
  return text;
}

function findingFor(file: SourceFile): Finding {
  const at = MARKER.exec(file.text)?.index ?? 0;
  return {
    kind, stage: 'syntax', severity: 'CRITICAL', category: 'IMPORT', file: file.path, line: file.text.slice(0, at).split('\n').length, facts: { file: file.path },
    what: `${file.path} still holds both sides of a merge, with git's markers between them.`,
    why: 'A merge or rebase stopped at a conflict, and the file was committed before somebody decided which side is right.',
    todo: `Decide in ${file.path} which of the two sides is right, and remove the lines with <<<<<<<, ======= and >>>>>>>.`,
    candidates: resolved(file),
  };
}

/** Only where no line of either side is lost: one side holds all of the other. Anything else is a decision about the program. */
function resolved(file: SourceFile): readonly Fix[] {
  const edits = [...reset(file.text).matchAll(CONFLICT)].map((match) => ({ match, kept: larger(match.groups?.['ours'] ?? '', match.groups?.['theirs'] ?? '') }));
  if (edits.length === 0 || edits.some(({ kept }) => kept === undefined)) return [];
  const fix = fixOf({
    title: `Keep the side that holds the other in ${file.path}`, safety: 'likely',
    edits: edits.map(({ match, kept = '' }) => ({ file: file.path, old: match[0], new: kept, at: match.index })),
    explanation: 'Of the two sides one has every line of the other, so nothing is lost by keeping it.',
  });
  return fix.filter((one) => canBeRead(file, one.edits));
}

function larger(ours: string, theirs: string): string | undefined {
  const lines = (text: string): readonly string[] => text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '');
  const within = (part: string, whole: string): boolean => lines(part).every((line) => lines(whole).includes(line));
  if (within(ours, theirs)) return theirs;
  return within(theirs, ours) ? ours : undefined;
}

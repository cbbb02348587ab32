/** Findings of the audit as issue drafts, in fix order: the same records that a heal writes, with nothing applied. */
import { fingerprint } from '../../scenarios/types.ts';
import type { Finding, Fix } from '../../scenarios/types.ts';
import { applyEdits, minimalUniqueSpan } from '../../source/edits.ts';
import type { Source } from '../../source/types.ts';
import { inFixOrder } from '../loop/choose.ts';
import { codeFix, nextId } from '../report/drafts.ts';
import type { Draft } from '../report/drafts.ts';
import type { CodeFix } from '../report/schema.ts';
import { secretsIn } from '../workspace/secrets.ts';
import type { Foretold } from './foretell.ts';

export function auditDrafts(findings: readonly Finding[], source: Source, hides: Foretold['hides']): readonly Draft[] {
  const counts = new Map<string, number>();
  const worded = findings.map((finding) => ({ finding: { ...finding, file: fileOf(finding, source) }, fix: bestFix(finding) }));
  return inFixOrder(worded, hides).map(({ finding, fix }) => ({
    id: nextId(counts, finding.category), finding, fix, kept: null, line: finding.line, edits: editsOf(finding, fix, source),
  }));
}

/** Every record names a file; what no file of the tree says belongs into the manifest. */
function fileOf(finding: Finding, source: Source): string {
  return finding.file !== '' ? finding.file : source.install.manifest === '' ? 'requirements.txt' : source.install.manifest;
}

function bestFix(finding: Finding): Fix {
  const found = finding.candidates.find((candidate) => candidate.edits.length > 0 && candidate.safety !== 'manual');
  return found ?? { title: 'Needs a person', safety: 'manual', edits: [], explanation: finding.todo };
}

/** Plain text replacements of the tree as it is; the one that touches the named line first. */
function editsOf(finding: Finding, fix: Fix, source: Source): readonly CodeFix[] {
  const spans = [...changed(fix, source)].flatMap(([file, text]) => {
    const before = source.files.get(file)?.text;
    const pieces = before === undefined ? [{ old: '', new: text, at: 0 }] : minimalUniqueSpan(before, text, secretsIn(file, before));
    return pieces.map((piece) => ({ file, ...piece, leads: file === finding.file && touches(before ?? '', piece, finding.line) }));
  });
  const lead = spans.find((span) => span.leads) ?? spans[0];
  return [...(lead === undefined ? [] : [lead]), ...spans.filter((span) => span !== lead)].map((span) => codeFix(span, fix.explanation));
}

function changed(fix: Fix, source: Source): ReadonlyMap<string, string> {
  try {
    return applyEdits(source.files, fix.edits);
  } catch {
    // A fix that does not fit the tree is none; the finding stays, and says what to do.
    return new Map();
  }
}

function touches(text: string, { old }: { readonly old: string }, line: number | undefined): boolean {
  const at = old === '' ? -1 : text.indexOf(old);
  if (at === -1 || line === undefined) return false;
  const first = text.slice(0, at).split('\n').length;
  return first <= line && line < first + old.split('\n').length;
}

/** One per fingerprint; the severer one wins. */
export function distinctFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [fingerprint(finding), finding])).values()];
}

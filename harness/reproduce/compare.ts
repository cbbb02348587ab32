/** Whether a replay showed what the bundle says: the same fault first, the same fixes, the same end. */
import type { Bundle } from './bundle.ts';

type Outcome = Bundle['outcome'];

/** One sentence for each difference; empty when it was reproduced. */
export function differences(recorded: Outcome, replayed: Outcome): readonly string[] {
  const [was, is] = [recorded.boots[0], replayed.boots[0]];
  const out: string[] = [];
  if (was && !is) out.push('Nothing was booted.');
  if (was && is && was.stage !== is.stage) out.push(`The first boot stopped at ${is.stage}; it was ${was.stage}.`);
  if (was && is && names(was.findings) !== names(is.findings)) out.push(`The first boot showed ${names(is.findings) || 'nothing'}; it was ${names(was.findings) || 'nothing'}.`);
  if (recorded.verdict !== replayed.verdict) out.push(`The verdict is ${replayed.verdict}; it was ${recorded.verdict}.`);
  for (const { kind, edits } of recorded.kept) {
    if (!replayed.kept.some((other) => other.kind === kind && changes(other.edits) === changes(edits))) out.push(`The fix of ${kind} was not made again, or not in the same way.`);
  }
  for (const { kind, edits } of replayed.kept) {
    if (!recorded.kept.some((other) => other.kind === kind && changes(other.edits) === changes(edits)) && !recorded.kept.some((other) => other.kind === kind)) out.push(`A fix of ${kind} was made that was not made then.`);
  }
  const left = [recorded.unresolved, replayed.unresolved].map((kinds) => kinds.toSorted().join(', '));
  if (left[0] !== left[1]) out.push(`What is left is ${left[1] || 'nothing'}; it was ${left[0] || 'nothing'}.`);
  return out;
}

/** Packages that another version was installed of, which often says why a replay differs. */
export function lockChanges(recorded: readonly string[], installed: readonly string[]): readonly string[] {
  const now = new Map(installed.map((line) => line.split('==') as [string, string]));
  return recorded.flatMap((line) => {
    const [name = '', version] = line.split('==');
    const other = now.get(name);
    return other === undefined || other === version ? [] : [`${name} ${version} → ${other}`];
  });
}

/** Findings are fingerprints; their kind is the first word. */
function names(findings: readonly string[]): string {
  return [...new Set(findings.map((one) => one.split(' ')[0] ?? ''))].toSorted().join(', ');
}

function changes(edits: readonly { readonly file_path: string; readonly old_code: string; readonly new_code: string }[]): string {
  return JSON.stringify(edits.map(({ file_path, old_code, new_code }) => [file_path, old_code, new_code]));
}


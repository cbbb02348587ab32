/** Replays the recorded boot of a case through all rules. */
import type { Evidence } from '../../parsers/evidence.ts';
import { parse } from '../../parsers/parse.ts';
import { detectAll, scanAll } from '../../scenarios/load.ts';
import type { Detected } from '../../scenarios/load.ts';
import { fingerprint } from '../../scenarios/types.ts';
import type { Finding } from '../../scenarios/types.ts';
import { applyEdits } from '../../source/edits.ts';
import { sourceOf, withFiles } from '../../source/read.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { caseFiles, caseFolder } from './lay-case.ts';
import { expectedOf, firstFix, patchOf, readRecording } from './recording.ts';
import type { Expected, Recording } from './recording.ts';

export interface Replayed {
  readonly expected: readonly Expected[];
  readonly patch: string;
  readonly crashes: Detected['crashes'];
  /** The first fix, applied, then asked for again: the patch it still gives. Must be empty. */
  readonly again: string;
}

/** @throws Error when the case was never recorded */
export async function replayCase(name: string): Promise<Replayed> {
  const recording = await readRecording(caseFolder(name));
  if (recording === null) throw new Error(`${name} has no boot.json: npm run record ${name}`);
  return replay(await recordedSource(name, recording), recording, name.split('/')[0] ?? name);
}

/** The tree of a case as its boot was given it. */
export async function recordedSource(name: string, { backend }: Pick<Recording, 'backend'>): Promise<Source> {
  const { files } = await caseFiles(name);
  const below = backend.root === '.' ? '' : `${backend.root}/`;
  const own = Object.entries(files).filter(([path]) => path.startsWith(below)).map(([path, text]) => [path.slice(below.length), text]);
  return sourceOf(Object.fromEntries(own), backend.options);
}

function replay(source: Source, recording: Pick<Recording, 'output' | 'index'>, kind: string): Replayed {
  const evidence = parse(recording.output);
  const { findings, crashes } = ask(evidence, source, recording.index, kind);
  const first = firstFix(findings);
  if (first === undefined) return { expected: expectedOf(findings), patch: '', crashes, again: '' };

  const healed = applied(source, first.fix.edits);
  const mark = fingerprint(first.finding);
  const same = ask(evidence, healed, recording.index, kind).findings.filter((finding) => fingerprint(finding) === mark);
  const repeated = firstFix(same)?.fix;
  return {
    expected: expectedOf(findings), patch: patchOf(source, first.fix), crashes,
    again: repeated?.title === first.fix.title ? patchOf(healed, repeated) : '',
  };
}

/** What the boot shows, and what the case's own rule sees without one: some kinds never stop a start. */
export function ask(evidence: Evidence, source: Source, index: PackageIndex, kind: string): { readonly findings: readonly Finding[]; readonly crashes: Detected['crashes'] } {
  const shown = detectAll(evidence, source, index);
  const marks = new Set(shown.findings.map((finding) => fingerprint(finding)));
  const seen = scanAll(source, index);
  const own = seen.findings.filter((finding) => finding.kind === kind && !marks.has(fingerprint(finding)));
  return { findings: [...shown.findings, ...own], crashes: [...shown.crashes, ...seen.crashes] };
}

/** The source as it is after edits. */
export function applied(source: Source, edits: Parameters<typeof applyEdits>[1]): Source {
  return withFiles(source, applyEdits(source.files, edits));
}

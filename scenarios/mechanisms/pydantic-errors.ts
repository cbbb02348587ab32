/** What pydantic 2 refuses when a model is defined: seeing it, and a finding that says where. */
import type { Evidence } from '../../parsers/evidence.ts';
import type { Source } from '../../source/types.ts';
import type { Finding, Fix } from '../types.ts';
import { classAt } from './class-bodies.ts';
import type { ClassBody } from './class-bodies.ts';
import { metIn, ownFrameOf, raised } from './faults.ts';
import type { Seen } from './faults.ts';

export interface Refused {
  readonly seen: Seen;
  /** Last own frame. */
  readonly file: string;
  readonly line: number;
  /** The class that was being defined there. */
  readonly model?: ClassBody;
}

/** Errors of pydantic (of any type when `types` is empty) with that message, at the user's line. */
export function refused(evidence: Evidence, source: Source, types: readonly string[], said: RegExp): readonly Refused[] {
  return raised(evidence, types, said).flatMap((seen) => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    if (own === undefined || file === undefined) return [];
    const model = classAt(file, own.line);
    return [{ seen, file: own.file, line: own.line, ...(model === undefined ? {} : { model }) }];
  });
}

interface Words {
  readonly facts: Readonly<Record<string, string>>;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
  readonly candidates: readonly Fix[];
}

/** A finding at the class or call that the framework refused while it loaded. */
export function refusal(kind: string, { seen, file, line }: Pick<Refused, 'seen' | 'file' | 'line'>, words: Words): Finding {
  return { kind, ...metIn(seen.fault, 'import'), category: 'IMPORT', file, line, ...words, explains: [seen.at] };
}

/** Values of the loop: what it did, boot by boot, and what it ended with. Reporters read these and nothing else. */
import type { BootOutput, Stage } from '../parsers/boot-output.ts';
import type { Evidence } from '../parsers/evidence.ts';
import type { Finding, Fix } from '../scenarios/types.ts';
import type { Edit } from '../source/types.ts';

export type BootPurpose = 'baseline' | 'attempt' | 'minimise' | 'confirm' | 'restart';

/** One boot of a run; `number` starts at 1 and is what `verified` in the report refers to. */
export interface BootRecord {
  readonly number: number;
  readonly purpose: BootPurpose;
  readonly output: BootOutput;
  readonly evidence: Evidence;
  /** All findings of this boot, the one that blocks first. */
  readonly findings: readonly Finding[];
}

/** A fix that was proven and stays. */
export interface KeptFix {
  readonly finding: Finding;
  readonly fix: Fix;
  /** Recomputed at the end, in fix order, so that plain text replacement replays them (R13). First is `exact_fix`. */
  readonly edits: readonly Edit[];
  /** The boot that showed the fault, and the boot that showed it gone. */
  readonly before: number;
  readonly after: number;
}

/** A fix that was tried and put back. */
export interface RejectedFix {
  readonly finding: Finding;
  readonly fix: Fix;
  readonly boot: number | null;
  readonly why: string;
}

export type Outcome = 'healthy' | 'healed' | 'stuck' | 'gave-up' | 'interrupted' | 'broken';

export interface LoopResult {
  readonly outcome: Outcome;
  readonly boots: readonly BootRecord[];
  /** In fix order. */
  readonly kept: readonly KeptFix[];
  readonly rejected: readonly RejectedFix[];
  /** What still blocks, with no fix that works. */
  readonly unresolved: readonly Finding[];
  /** What does not block: HIGH, MEDIUM and LOW findings with their exact fix, not applied. */
  readonly notes: readonly Finding[];
  readonly minimal: { readonly proven: boolean; readonly boots: number };
  readonly stageBefore: Stage;
  readonly stageAfter: Stage;
  /** For each kept fix, by fingerprint: fingerprints that it hid (seen only after it). */
  readonly hides: Readonly<Record<string, readonly string[]>>;
}

/** One line of journal.ndjson. `at` is seconds since the run began. */
export type JournalEvent = { readonly at: number } & (
  | { readonly type: 'run'; readonly tree: string; readonly runtime: string; readonly python: string }
  | { readonly type: 'boot'; readonly number: number; readonly purpose: BootPurpose; readonly stage: Stage; readonly seconds: number; readonly findings: readonly string[] }
  | { readonly type: 'try'; readonly fingerprint: string; readonly title: string; readonly safety: Fix['safety']; readonly edits: readonly Edit[] }
  | { readonly type: 'keep'; readonly fingerprint: string; readonly title: string; readonly before: number; readonly after: number; readonly seconds: number; readonly why: string }
  | { readonly type: 'take-back'; readonly fingerprint: string; readonly title: string; readonly before: number; readonly after: number | null; readonly seconds: number; readonly why: string }
  | { readonly type: 'minimise'; readonly fingerprint: string; readonly title: string; readonly boot: number; readonly needed: boolean }
  | { readonly type: 'rule-crashed'; readonly kind: string; readonly error: string }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'end'; readonly outcome: Outcome; readonly boots: number; readonly seconds: number }
);

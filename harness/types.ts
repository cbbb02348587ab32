/** Values of the loop: what it did, boot by boot, and what it ended with. Reporters read these and nothing else. */
import type { BootOutput, Stage } from '../parsers/boot-output.ts';
import type { Evidence } from '../parsers/evidence.ts';
import type { Finding, Fix } from '../scenarios/types.ts';
import type { Edit, PackageIndex, Source } from '../source/types.ts';

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
  /** The boot whose tree the finding's line belongs to, where that is not `before`. */
  readonly lineAt?: number;
  /** The first boot with it in the tree, where that is not `after`: a foreseen fix was in long before a boot left it out. */
  readonly since?: number;
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
  /** Absent when nobody foresaw anything. */
  readonly prediction?: Prediction;
  /** Text of every file that differs from the original tree, by path relative to the backend root. */
  readonly texts: Texts;
  /** The tree after the kept fixes. */
  readonly source: Source;
  /** Number of the boot that shows the tree as it was left; absent when none does. */
  readonly final?: number;
  /** `broken` only: what was thrown, usually a HarnessError. */
  readonly cause?: unknown;
}

/** What was foreseen for the tree as it came, and what the boots made of it. */
export interface Prediction {
  readonly issues: readonly {
    readonly finding: Finding;
    readonly outcome: 'confirmed' | 'not_reached' | 'refuted';
    /** The boot that said so. */
    readonly boot: number | null;
  }[];
  /** Share of the decided ones that was right; null when none was decided. */
  readonly precision: number | null;
  /** Share of the faults found by boots that was foreseen; null when there were none. */
  readonly recall: number | null;
}

/** Files that differ from the original tree, by path relative to the backend root. Nothing is ever deleted or renamed. */
export type Texts = ReadonlyMap<string, string>;

/** One boot as the loop orders it. The copy on disk already holds `texts`. */
export interface BootJob {
  readonly number: number;
  readonly purpose: BootPurpose;
  readonly source: Source;
  readonly texts: Texts;
}

/** What the rules said of one boot. A rule that throws is a crash here and stops nobody. */
export interface Detected {
  readonly findings: readonly Finding[];
  readonly crashes: readonly { readonly kind: string; readonly error: string }[];
}

/** A fault that no rule has a fix left for. */
export interface Unfixed {
  readonly finding: Finding;
  /** The boot that showed it, of the tree `source`. */
  readonly record: BootRecord;
  readonly rejected: readonly RejectedFix[];
  readonly source: Source;
}

/** A fresh place with the healed tree; boots the user's own command: first `confirm`, then `restart` on the same database. */
export interface Confirmation extends AsyncDisposable {
  boot(job: BootJob, signal: AbortSignal): Promise<BootOutput>;
}

/** Everything the loop touches. Tests give scripted ones, `harness/run.ts` gives the real ones. */
export interface LoopDeps {
  /** The original tree laid over with these texts; an empty map gives the original. */
  sourceWith(texts: Texts): Source | Promise<Source>;
  /** Makes the copy on disk the original tree plus exactly these texts. */
  write(texts: Texts): Promise<void>;
  /** Instrumented boot of the copy. Throws HarnessError when the place breaks, anything when the signal fires. */
  boot(job: BootJob, signal: AbortSignal): Promise<BootOutput>;
  openConfirmation(state: { readonly source: Source; readonly texts: Texts }, signal: AbortSignal): Promise<Confirmation>;
  parse(output: BootOutput): Evidence;
  lookup(names: readonly string[], source: Source, signal: AbortSignal): Promise<PackageIndex>;
  /** The same index with the resolver's answers, where other versions may be the cure. */
  versions?(evidence: Evidence, source: Source, index: PackageIndex, signal: AbortSignal): Promise<PackageIndex>;
  /**
   * The text of uv.lock that fits the manifest as it is; null when uv gives none. Absent where nobody can ask.
   * @param proven versions to lock instead of those that are, `cffi==2.0.0`
   */
  relock?(source: Source, proven: readonly string[], signal: AbortSignal): Promise<string | null>;
  detect(evidence: Evidence, source: Source, index: PackageIndex): Detected;
  /** Findings without a boot; asked once at the end to fill `notes`. */
  scan?(source: Source, index: PackageIndex): Detected;
  /** Asks the outside fixer about a fault that no rule has a fix left for; null when it has none. Absent without `--fixer`. */
  propose?(unresolved: Unfixed, signal: AbortSignal): Promise<Fix | null>;
  /** Why this Python or TOML text does not parse; null when it does. */
  syntaxProblem(file: string, text: string): string | null | Promise<string | null>;
  /** Seconds, monotonic. */
  clock(): number;
  journal(event: JournalEvent): void;
  /** Told of each boot as soon as it is judged. */
  recorded?(record: BootRecord): void;
}

export interface LoopOptions {
  readonly signal: AbortSignal;
  /** Apply only fixes marked `safe`. */
  readonly safeOnly: boolean;
  /** Apply safe fixes of what does not block, each proven by a boot. */
  readonly tidy: boolean;
  readonly minimise: boolean;
  /** Baseline, attempts and minimising together; the confirmation and its restart come on top. */
  readonly maxBoots: number;
  /** How often a dead end may be answered by taking kept fixes back. */
  readonly maxTakeBacks: number;
}

/** One line of journal.ndjson. `at` is seconds since the run began. */
export type JournalEvent = { readonly at: number } & JournalBody;
export type JournalBody =
  | { readonly type: 'run'; readonly tree: string; readonly runtime: string; readonly python: string }
  | {
    readonly type: 'boot'; readonly number: number; readonly purpose: BootPurpose; readonly stage: Stage; readonly seconds: number;
    readonly findings: readonly string[];
    /** Said of attempts: forked from a process that has the packages imported, or cold and why. */
    readonly start?: BootOutput['start'];
  }
  | { readonly type: 'try'; readonly fingerprint: string; readonly title: string; readonly safety: Fix['safety']; readonly edits: readonly Edit[] }
  | { readonly type: 'keep'; readonly fingerprint: string; readonly title: string; readonly before: number; readonly after: number; readonly seconds: number; readonly why: string }
  | { readonly type: 'take-back'; readonly fingerprint: string; readonly title: string; readonly before: number; readonly after: number | null; readonly seconds: number; readonly why: string }
  | { readonly type: 'minimise'; readonly fingerprint: string; readonly title: string; readonly boot: number; readonly needed: boolean }
  | { readonly type: 'rule-crashed'; readonly kind: string; readonly error: string }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'end'; readonly outcome: Outcome; readonly boots: number; readonly seconds: number };

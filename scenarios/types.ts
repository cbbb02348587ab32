/** What a failure kind gives: findings with fixes as data. Rules are pure functions of evidence and source. */
import type { Stage } from '../parsers/boot-output.ts';
import type { Evidence } from '../parsers/evidence.ts';
import type { Edit, PackageIndex, Source } from '../source/types.ts';

export type Severity = 'CRITICAL' | 'HIGH' | 'MEDIUM' | 'LOW';
export type Category = 'IMPORT' | 'DEPENDENCY' | 'DATABASE' | 'CONFIG' | 'ENTRYPOINT';
export type Safety = 'safe' | 'likely' | 'manual';

/** Another version of an installed package, tried because the present one crashes. */
export interface Release {
  /** Normalised name of the distribution. */
  readonly name: string;
  /** What the resolver gives it: `2.12.4`. */
  readonly version: string;
  /** Newer than the one that is installed, or older. */
  readonly newer: boolean;
}

export interface Fix {
  /** Imperative, one line: `Import AsyncEngine from sqlalchemy.ext.asyncio`. */
  readonly title: string;
  readonly safety: Safety;
  /** The first edit is the issue's `exact_fix`; the others its `further_edits`. Never empty unless `manual`. */
  readonly edits: readonly Edit[];
  /** Why this is right, for a reader who was not there. */
  readonly explanation: string;
  /**
   * Another form of the candidate before it, such as a further version of the same package: tried when that one did not help, and not when it helped
   * and a later fault led to a dead end.
   */
  readonly spare?: boolean;
  /** The fix is a search among the versions of one package. */
  readonly release?: Release;
}

export interface Finding {
  /** Folder name of the rule. */
  readonly kind: string;
  /** Ladder stage at which the faulty thing takes effect; decides the fix order. */
  readonly stage: Stage;
  readonly severity: Severity;
  readonly category: Category;
  readonly file: string;
  readonly line?: number;
  /** What identifies this fault, without line numbers, ports, addresses and times: `{module: 'asyncpg'}`. */
  readonly facts: Readonly<Record<string, string>>;
  /** problem_description */
  readonly what: string;
  /** root_cause */
  readonly why: string;
  /** What a person must do when no candidate works. */
  readonly todo: string;
  /** In the order to try them. */
  readonly candidates: readonly Fix[];
  /** Which faults of the evidence this finding accounts for, as indexes of `Evidence.faults`. Absent on findings of `scan`. */
  readonly explains?: readonly number[];
}

export interface Rule {
  readonly kind: string;
  readonly stage: Stage;
  readonly category: Category;
  readonly severity: Severity;
  /** One sentence: the fault. */
  readonly title: string;
  /**
   * Kinds that say the same less exactly: where this rule and one of those explain the same fault, theirs is dropped.
   * This partial order, not a number, decides who wins; see mechanisms/claims.ts.
   */
  readonly refines?: readonly string[];
  /** What the rule knows by name, in a phrase, where it is not found by a mechanism: `npm run leave-out` counts what is left without. */
  readonly table?: string;
  /** Sees only the faults that no other rule explained. */
  readonly lastResort?: boolean;
  /** After a boot; [] when it is not this kind. */
  detect(evidence: Evidence, source: Source, index: PackageIndex): Finding[];
  /** Before any boot. */
  scan?(source: Source, index: PackageIndex): Finding[];
}

/** kind + facts: how the loop knows a fault is gone. */
export function fingerprint(finding: Pick<Finding, 'kind' | 'facts'>): string {
  const facts = Object.entries(finding.facts).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${finding.kind} ${JSON.stringify(facts)}`;
}

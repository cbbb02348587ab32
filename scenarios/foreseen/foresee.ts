/**
 * The start on paper. Each family of foresights says which faults a start would meet; every rule is then asked what such a fault means, just
 * as after a real boot. So a fault has one rule, whether it was seen or foreseen, and the prediction can be compared with what the boots show.
 */
import type { Evidence } from '../../parsers/evidence.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import type { Finding } from '../types.ts';
import { foreseeCalls } from './calls.ts';
import { foreseeDatabase } from './database.ts';
import type { ForeseenFault, Foresight } from './fault.ts';
import { foreseeFiles } from './files.ts';
import { foreseeFrameworks } from './frameworks.ts';
import { foreseeImports } from './imports.ts';
import { foreseeLifespans } from './lifespans.ts';
import { foreseeMigrations } from './migrations.ts';
import { foreseeModels } from './models.ts';
import { foreseeNames } from './names.ts';
import { foreseePackages } from './packages.ts';
import { foreseeProcessEnvironment } from './process-environment.ts';
import { foreseePydanticClasses } from './pydantic-classes.ts';
import { foreseeRoutes } from './routes.ts';
import { foreseeSettings } from './settings.ts';
import { foreseeSyntax } from './syntax.ts';

const FAMILIES: Readonly<Record<string, Foresight>> = {
  syntax: foreseeSyntax, imports: foreseeImports, names: foreseeNames, packages: foreseePackages, settings: foreseeSettings, database: foreseeDatabase, models: foreseeModels,
  frameworks: foreseeFrameworks, 'pydantic classes': foreseePydanticClasses, routes: foreseeRoutes, lifespans: foreseeLifespans, calls: foreseeCalls, 'process environment': foreseeProcessEnvironment, migrations: foreseeMigrations, files: foreseeFiles,
};

export interface Foreseen {
  readonly findings: readonly Finding[];
  /** Families that threw: defects of ours. */
  readonly crashes: readonly { readonly kind: string; readonly error: string }[];
}

/** @param detect all rules on one evidence; findings of last-resort kinds already left out */
export function foresee(source: Source, index: PackageIndex, detect: (evidence: Evidence) => readonly Finding[]): Foreseen {
  const findings: Finding[] = [];
  const crashes: { kind: string; error: string }[] = [];
  for (const [family, foresight] of Object.entries(FAMILIES)) {
    try {
      findings.push(...foresight(source, index).flatMap(({ fault, stage }: ForeseenFault) => detect({ stage, faults: [fault], names: [] }).map((finding) => (fault.during === 'request' && finding.severity === 'CRITICAL' ? { ...finding, severity: 'HIGH' as const } : finding))));
    } catch (error) {
      crashes.push({ kind: `foresight of ${family}`, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
  return { findings: findings.map(withoutBoot), crashes };
}

/** `explains` counts the faults of a boot, and there was none. */
function withoutBoot(finding: Finding): Finding {
  const { explains, ...rest } = finding;
  return explains === undefined ? finding : rest;
}

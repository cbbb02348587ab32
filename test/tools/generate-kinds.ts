/** docs/kinds: one page per failure kind, made from its folder's README.md and what its rule says of itself. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allRules } from '../../scenarios/load.ts';
import type { Rule } from '../../scenarios/types.ts';
import { STAGES } from '../../parsers/boot-output.ts';

const scenarios = join(import.meta.dirname, '../../scenarios');

/** Path from the repository root → content. */
export function kindPages(rules: readonly Rule[] = allRules()): ReadonlyMap<string, string> {
  const written = rules.filter((rule) => existsSync(readmeOf(rule)));
  return new Map([
    ['docs/kinds/README.md', overview(written)],
    ...written.map((rule) => [`docs/kinds/${rule.kind}.md`, page(rule, readFileSync(readmeOf(rule), 'utf8'))] as const),
  ]);
}

function readmeOf(rule: Rule): string {
  return join(scenarios, rule.kind, 'README.md');
}

function overview(rules: readonly Rule[]): string {
  const byStage = rules.toSorted((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage) || a.kind.localeCompare(b.kind));
  const rows = byStage.map((rule) => `| [${rule.kind}](${rule.kind}.md) | ${rule.stage} | ${rule.category} | ${rule.severity} | ${cell(rule.title)} |`);
  return `# Failure kinds\n\n${GENERATED}\n\n| Kind | Stage | Category | Severity | Fault |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
}

function page(rule: Rule, readme: string): string {
  const body = readme.replace(/^# .*\n+/, '').trimEnd();
  const facts = `| Stage | Category | Severity |\n|---|---|---|\n| ${rule.stage} | ${rule.category} | ${rule.severity} |`;
  return `# ${rule.kind}\n\n${GENERATED}\n\n${rule.title}\n\n${facts}\n\n${body}\n`;
}

const GENERATED = '<!-- Made by `npm run generate`; edit scenarios/KIND/README.md and rule.ts instead. -->';

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

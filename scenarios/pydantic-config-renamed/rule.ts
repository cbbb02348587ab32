import type { Fault } from '../../parsers/evidence.ts';
import { normaliseName } from '../../source/manifest.ts';
import type { PackageIndex } from '../../source/types.ts';
import { metIn } from '../mechanisms/faults.ts';
import { RENAMED, oldSettings } from '../mechanisms/renamed-settings.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'pydantic-config-renamed';

/** `You must set the config attribute `from_attributes=True` to use from_orm` */
const FROM_ORM = /from_attributes=True/;
/** What a model says that was given names of fields, or an object, and is not allowed to take them. */
const ITEMS: ReadonlySet<string> = new Set(['missing', 'model_type', 'model_attributes_type', 'dict_type', 'extra_forbidden']);

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'Settings of a model have names that pydantic 2 does not read.',
  table: "pydantic's new names of settings",
  refines: ['request-fails', 'unknown-failure', 'pydantic-validation-failed', 'package-refuses-call', 'response-validation'],
  detect: (evidence, source, index) => {
    const settings = isSecond(index) ? oldSettings(source) : [];
    const [first] = settings;
    if (first === undefined) return [];
    const names = [...new Set(settings.map(({ name }) => name))];
    return evidence.faults.flatMap((fault, at): readonly Finding[] => {
      if (!needsThem(fault)) return [];
      return [{
        kind, ...metIn(fault, 'import'), category: 'IMPORT', file: first.file.path, line: first.line, facts: { names: names.join() },
        what: `Models are configured with ${list(names)}, which pydantic 2 does not read.`,
        why: `It is called ${list(names.map((name) => RENAMED[name] ?? name))} there. The old name only makes pydantic print a warning, so the model refuses what it took before.`,
        todo: `Write the new names: ${names.map((name) => `${name} → ${RENAMED[name] ?? name}`).join(', ')}.`,
        candidates: fixOf({
          title: `Write ${list(names.map((name) => RENAMED[name] ?? name))} for ${list(names)}`, safety: 'safe', edits: settings.flatMap(({ edits }) => edits),
          explanation: 'Only the names change; every value stays, and means what it meant before pydantic 2.',
        }), explains: [at],
      }];
    });
  },
};

function needsThem(fault: Fault): boolean {
  if (fault.during !== 'start' && fault.during !== 'request') return false;
  return fault.validation.some(({ type }) => ITEMS.has(type)) || fault.chain.some(({ message }) => FROM_ORM.test(message.slice(0, 2_000)));
}

function isSecond(index: PackageIndex): boolean {
  return index.distributions.some(({ name, version }) => normaliseName(name) === 'pydantic' && Number.parseInt(version, 10) >= 2);
}

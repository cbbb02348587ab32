/** Migrations that the start runs and Alembic would refuse: a configuration that leads nowhere, a revision that is not there, several ends. */
import { join, normalize } from 'node:path/posix';
import { beforeStart } from '../../source/before-start.ts';
import { stringValue } from '../../source/syntax.ts';
import type { Source } from '../../source/types.ts';
import { certainCalls } from '../mechanisms/certain-code.ts';
import { hasFolder } from '../mechanisms/missing-paths.ts';
import { headsOf, revisionsOf } from '../mechanisms/revisions.ts';
import { exceptionFault, packageFrame, treeFrame } from './fault.ts';
import type { Foresight } from './fault.ts';

export const foreseeMigrations: Foresight = (source) => {
  if (![...source.files.keys()].some((path) => /(?:^|\/)alembic\.ini$/.test(path))) return [];
  const upgrade = upgradeOf(source);
  if (upgrade === undefined) return [];
  const said = nowhere(source, upgrade.ini) ?? (upgrade.toHead ? revisions(source) : undefined);
  return said === undefined ? [] : [{
    stage: 'lifespan', fault: exceptionFault({ type: 'alembic.util.exc.CommandError', message: said, frames: [...(upgrade.at === undefined ? [] : [treeFrame(source, upgrade.at.file, upgrade.at.line, 'lifespan')]), packageFrame('alembic/script/base.py', 'from_config')] }),
  }];
};

interface Upgrade {
  /** As the code names it; undefined where a command looks in its own folder. */
  readonly ini?: string;
  readonly toHead: boolean;
  readonly at?: { readonly file: string; readonly line: number };
}

/** `command.upgrade(Config("alembic.ini"), "head")` in the start-up code, or `alembic upgrade head` before the server. */
function upgradeOf(source: Source): Upgrade | undefined {
  const call = certainCalls(source).find((each) => each.call.callee === 'alembic.command.upgrade');
  if (call !== undefined) {
    const config = certainCalls(source).find((each) => each.call.callee === 'alembic.config.Config' && each.file === call.file);
    const ini = stringValue(config?.call.arguments[0]?.valueNode ?? null);
    return { toHead: stringValue(call.call.arguments[1]?.valueNode ?? null) === 'head', at: { file: call.file.path, line: call.call.line }, ...(ini === undefined ? {} : { ini }) };
  }
  const command = beforeStart(source).always.find(({ words, required }) => required && words.includes('alembic') && words.includes('upgrade'));
  return command === undefined ? undefined : { toHead: command.words.includes('head') };
}

function nowhere(source: Source, named: string | undefined): string | undefined {
  if (named === undefined || named.startsWith('/') || named.includes('..')) return undefined;
  const path = normalize(join(source.run.cwd === '' ? '.' : source.run.cwd, named));
  const file = source.files.get(path);
  if ([...source.files.values()].some((each) => /set_main_option\(\s*["']script_location/.test(each.text) || (each.path.endsWith('pyproject.toml') && /\[tool\.alembic\]/.test(each.text)))) return undefined;
  const location = /^\[alembic\][^\n]*\n(?:(?!\[)[^\n]*\n)*?\s*script_location\s*=[ \t]*(?<folder>[^\n#]*)/m.exec(file?.text ?? '')?.groups?.['folder']?.trim();
  if (location === undefined || location === '') return "No 'script_location' key found in configuration.";
  const folder = normalize(join(source.run.cwd === '' ? '.' : source.run.cwd, location.replace(/^%\(here\)s\/?/, '')));
  const known = location.includes('%(') || location.includes(':') || location.startsWith('/') || hasFolder(source, folder.replace(/\/$/, ''));
  return known ? undefined : `Path doesn't exist: ${location}.  Please use the 'init' command to create a new scripts folder.`;
}

/** Only where one folder holds them all: several are several histories. */
function revisions(source: Source): string | undefined {
  const all = revisionsOf(source);
  if (all.length === 0 || new Set(all.map(({ file }) => file.path.slice(0, file.path.lastIndexOf('/')))).size > 1) return undefined;
  const known = new Set(all.map(({ id }) => id));
  const lost = all.flatMap(({ follows }) => follows.map(({ id }) => id)).find((id) => ![...known].some((one) => one === id || (id.length >= 4 && one.startsWith(id))));
  if (lost !== undefined) return `Can't locate revision identified by '${lost}'`;
  return headsOf(all).length > 1 ? "Multiple head revisions are present for given argument 'head'; please specify a specific target revision, '<branchname>@head' to narrow to a specific head, or 'heads' for all heads" : undefined;
}

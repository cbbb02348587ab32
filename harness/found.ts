/** What was found in the tree, from where, and what else it could have been; in words for the screen. */
import type { Backend, OtherBackend } from '../source/find-root.ts';
import type { Source } from '../source/types.ts';

/** Others named on the screen; the rest is counted. */
const MAX_OTHERS = 3;

/** @returns one or two lines: where the app was found and what is installed; which other backends the tree holds */
export function foundLines(backend: Backend, { run, install }: Source, verbose: boolean): readonly string[] {
  const from = foundBy(backend, { run });
  const parts = [
    from === '' ? 'the app was named' : `found by ${from.replace(/^code /, '')}`,
    install.manifest === '' ? 'no manifest' : `installs from ${install.manifest}`,
    ...(run.cwd === '.' ? [] : [`starts in ${run.cwd}`]),
    ...(run.pythonPath.length === 0 ? [] : [`PYTHONPATH ${run.pythonPath.join(':')}`]),
  ];
  return [parts.join(', '), ...otherLines(backend.others, verbose)];
}

/** Empty when the app was named and is nowhere to be seen. */
export function foundBy(backend: Backend, { run }: Pick<Source, 'run'>): string {
  return backend.targets.find((each) => each.target === run.app)?.from ?? '';
}

function otherLines(others: readonly OtherBackend[], verbose: boolean): readonly string[] {
  if (others.length === 0) return [];
  const shown = verbose ? others : others.slice(0, MAX_OTHERS);
  const more = others.length - shown.length;
  return [`also here: ${shown.map(named).join(', ')}${more > 0 ? ` and ${more} more (-v)` : ''}; --root and --app choose`];
}

/** `main:app in services/users (services/users/Dockerfile:7)` */
export function named({ root, target, factory, from }: OtherBackend): string {
  return `${target}${factory ? '()' : ''}${root === '.' ? '' : ` in ${root}`} (${from.replace(/^code /, '')})`;
}

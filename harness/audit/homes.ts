/** Where names live that an import looks for in the wrong place: asked of the modules whose names are known. */
import type { Distribution, NameLocation, PackageIndex, Source } from '../../source/types.ts';

type Exports = NonNullable<PackageIndex['exports']>;

/** For each name that is missing where the tree imports it from: the known modules that have it. */
export function homesOf(source: Source, exports: Exports, everywhere: Exports, distributions: readonly Distribution[]): PackageIndex['names'] {
  const lost = new Set(source.imports.flatMap(({ module, names }) => {
    const has = exports[module];
    return has === undefined || has.open ? [] : names.filter(({ name }) => name !== '*' && !has.names.includes(name)).map(({ name }) => name);
  }));
  const owner = (module: string): string | undefined => distributions.find((one) => one.modules.includes(module.split('.')[0] ?? ''))?.name;
  return Object.fromEntries([...lost].map((name) => [name, Object.entries(everywhere).flatMap(([module, has]): readonly NameLocation[] => {
    const distribution = owner(module);
    return has.names.includes(name) ? [{ name, module, kind: /^[A-Z]/.test(name) ? 'class' : 'function', origin: 'package', ...(distribution === undefined ? {} : { distribution }) }] : [];
  })]));
}

/** Names that the code takes from installed modules and that are not there: read before any boot. */
import type { PackageIndex, Source } from '../../source/types.ts';
import { isTreeModule } from './modules.ts';
import type { MissingName } from './moved-names.ts';
import { lookAlikes } from './names.ts';
import { loadedImports } from './reach.ts';

export type LostName = Omit<MissingName, 'seen'>;

/** Only imports that every start runs, and only modules all of whose names are known. */
export function lostNames(source: Source, index: PackageIndex): readonly LostName[] {
  return loadedImports(source).flatMap(({ module, names, file, line }) => {
    const offered = index.exports?.[module];
    if (offered === undefined || offered.open || isTreeModule(module, source)) return [];
    return names.filter(({ name }) => name !== '*' && !/^__\w+__$/.test(name) && !offered.names.includes(name)).map(({ name }) => {
      const [suggested] = lookAlikes(name, offered.names);
      return { name, module, file, line, askedByPackage: false, ...(suggested === undefined ? {} : { suggested }) };
    });
  });
}

import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { besideModule, fromWorkingFolder, makeFolder, writtenPath } from '../mechanisms/missing-paths.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'staticfiles-dir-missing';

/** `Directory 'static' does not exist`; Starlette's templates: `Directory 'templates' does not exist` */
const NO_FOLDER = /^Directory '(?<path>[^']{1,400})' does not exist/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'A folder of static files or templates does not exist where the code looks for it.',
  detect: (evidence, source) => raised(evidence, ['RuntimeError'], NO_FOLDER).map((seen): Finding => {
    const path = seen.match?.groups?.['path'] ?? '';
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    const written = writtenPath(file, path, own?.line ?? 0);
    return {
      kind, stage: 'import', severity: 'CRITICAL', category: 'CONFIG', file: own?.file ?? '', ...(own === undefined ? {} : { line: own.line }), facts: { path },
      what: `${own?.file ?? 'The code'} serves the folder ${path}, and there is none.`,
      why: 'A relative path begins in the folder where the server is started, not at the module. Empty folders are not kept by version control, and built ones come from a build that has not run.',
      todo: `Create ${path}, run the build that makes it, or correct the path.`,
      candidates: [...(file === undefined || written === undefined ? [] : besideModule(source, file, written)), ...makeFolder(source, fromWorkingFolder(source, written?.text ?? path))], explains: [seen.at],
    };
  }),
};

import { posix } from 'node:path';
import type { Frame } from '../../parsers/evidence.ts';
import { environmentFileAt } from '../mechanisms/environment-files.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { besideModule, fromExample, fromWorkingFolder, makeFolder, writtenPath } from '../mechanisms/missing-paths.ts';
import type { Source } from '../../source/types.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'file-not-found-at-start';

/** `[Errno 2] No such file or directory: 'terms.txt'` */
const NO_FILE = /^\[Errno 2\] No such file or directory: ['"](?<path>[^'"]{1,400})['"]/;
/** `Config file '/app/src/../.env' not found.` (Starlette)   `.env file /app/.env does not exist` */
const NAMED = /^[^\n]{0,80}?['"]?(?<path>[\w./-]{0,400}\.env[\w.-]{0,40}?)['"]? (?:(?:was |is )?not found|does not exist|is missing)/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The start-up opens a file that does not exist.',
  refines: ['logging-config-error', 'package-refuses-call', 'third-party-crash'],
  detect: (evidence, source) => [...raised(evidence, ['FileNotFoundError'], NO_FILE), ...raised(evidence, ['FileNotFoundError'], NAMED)].flatMap((seen): readonly Finding[] => {
    const path = seen.match?.groups?.['path'] ?? '';
    const own = ownFrameOf(seen);
    if (own === undefined) return [];
    const written = writtenPath(source.files.get(own.file), posix.normalize(path), own.line);
    const writes = isWritten(seen.exception.frames, own);
    return [{
      kind, stage: 'import', severity: 'CRITICAL', category: 'CONFIG', file: own.file, line: own.line, facts: { path: written?.text ?? posix.basename(path), file: own.file },
      what: `${own.file} ${writes ? 'writes to' : 'opens'} ${written?.text ?? path}, and there is no such ${writes ? 'folder' : 'file'}.`,
      why: writes ? 'Opening a file for writing creates the file, not the folder it lies in.' : 'A relative path begins in the folder where the server is started. Files with keys or settings of one machine are often left out of the repository.',
      todo: writes ? `Create the folder ${posix.dirname(written?.text ?? path)} and let the server write there.` : `Provide ${written?.text ?? path}, or correct the path.`,
      candidates: [...candidates(source, own, written, writes), ...(writes ? [] : environmentFileAt(source, own.file, path))], explains: [seen.at],
    }];
  }),
};

/** Handlers of logging write; so does `open` with a mode that says so. */
function isWritten(frames: readonly Frame[], own: Frame): boolean {
  return frames.some(({ file }) => /\/logging\/(?:__init__|handlers)\.py$/.test(file)) || /open\([^)]{1,300},\s*(?:mode\s*=\s*)?["'][wax]/.test(own.source ?? '') || /\.(?:write_text|write_bytes|touch)\(/.test(own.source ?? '');
}

function candidates(source: Source, own: Frame, written: ReturnType<typeof writtenPath>, writes: boolean): readonly Fix[] {
  const file = source.files.get(own.file);
  if (file === undefined || written === undefined) return [];
  const here = fromWorkingFolder(source, written.text);
  if (writes) return makeFolder(source, here === undefined ? undefined : posix.dirname(here));
  return [...besideModule(source, file, written), ...fromExample(source, here)];
}

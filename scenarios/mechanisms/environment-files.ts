/** Files of variables that are kept out of version control, and that the code wants to be there. */
import { posix } from 'node:path';
import { newFile } from '../../source/splice.ts';
import type { Source } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { fromWorkingFolder, hasFolder } from './missing-paths.ts';
import { fixOf } from './words.ts';

/** `.env`, `.env.local`, `settings.env` */
const ENVIRONMENT = /^(?:\.env(?:\.\w[\w-]*)?|\w[\w-]*\.env)$/;

/**
 * An empty one does, because the process has the variables.
 * @param reported as the message has it, absolute or from the working folder
 */
export function environmentFileAt(source: Source, module: string, reported: string): readonly Fix[] {
  if (!ENVIRONMENT.test(posix.basename(reported))) return [];
  const places = placesInTree(source, module, reported).filter((place) => !source.files.has(place) && !source.opaque.includes(place));
  return places.slice(0, 2).flatMap((place) => fixOf({
    title: `Create ${place}`, safety: 'likely', edits: [newFile(place, '# Settings of this machine. The code wants this file to be there; variables of the process come before it.\n')],
    explanation: `The code opens ${place} whether or not anything has to stand in it. It is a file of each machine, so put your own values into it before you deploy.`,
  }));
}

/** Where an absolute path may lie in the tree: the printed path and the module that made it often share the way to the tree. */
function placesInTree(source: Source, module: string, reported: string): readonly string[] {
  const relative = fromWorkingFolder(source, reported);
  if (relative !== undefined) return [relative];
  const folder = posix.dirname(module);
  const shared = folder === '.' ? -1 : reported.indexOf(`/${folder}/`);
  if (shared >= 0) return [posix.normalize(reported.slice(shared + 1))];
  const parts = posix.normalize(reported).split('/').filter((part) => part !== '');
  const tails = parts.map((_, at) => parts.slice(at).join('/'));
  return tails.filter((tail) => posix.dirname(tail) === '.' || hasFolder(source, posix.dirname(tail)));
}

/** What this program calls itself. */
import { readFile } from 'node:fs/promises';
import { PACKAGE_FOLDER } from './cli/folders.ts';

export async function packageVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(`${PACKAGE_FOLDER}/package.json`, 'utf8')) as { version: string };
  return version;
}

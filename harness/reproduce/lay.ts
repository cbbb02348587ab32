/** Writes a bundle's tree. Its paths were checked when it was opened; links come last, so that nothing is written through one. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Bundle } from './bundle.ts';

/** @param folder must not exist yet, or be empty */
export async function layBundle({ tree }: Pick<Bundle, 'tree'>, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { path, text, base64, executable } of tree) {
    if (text === undefined && base64 === undefined) continue;
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text ?? Buffer.from(base64 ?? '', 'base64'), { flag: 'wx', mode: executable ? 0o755 : 0o644 });
  }
  for (const { path, link } of tree) {
    if (link === undefined) continue;
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(link, join(folder, path));
  }
}

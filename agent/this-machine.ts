/** Which machine this is, as far as process ids are concerned. */
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

/** `host/boot/namespace` of this process: the same text means that process ids can be compared. */
export async function thisMachine(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return [hostname(), boot.trim(), namespace.replace(/\D/g, '')].join('/');
}

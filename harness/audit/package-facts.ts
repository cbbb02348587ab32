/**
 * What well-known packages bring, measured from real releases (test/tools/measure-packages.py): so that an audit can judge imports and
 * requirements on a machine on which nothing is installed. An installed environment, a lock file or the resolver always knows better.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const distribution = z.object({
  version: z.string(),
  /** Top-level import names. */
  modules: z.array(z.string()),
  /** Normalised names, with extras: `fastapi-cli[standard]`. */
  requires: z.array(z.string()).default([]),
  extras: z.record(z.string(), z.array(z.string())).default({}),
  /** It has parts that are built for one Python. */
  compiled: z.boolean().default(false),
  /** The first release that this Python can install without building; a second one is the first of the newest major. */
  firstWheels: z.array(z.string()).default([]),
  /** First release with wheels → compiled packages of which it takes one release only, and that release. */
  companions: z.record(z.string(), z.record(z.string(), z.string())).default({}),
});
export type PackageFact = z.infer<typeof distribution>;

const schema = z.object({
  python: z.string(),
  /** Separated by blanks. */
  stdlib: z.string(),
  distributions: z.record(z.string(), distribution),
  /** Module → its names, separated by blanks. */
  exports: z.record(z.string(), z.string()),
});
export type PackageFacts = z.infer<typeof schema>;

let reading: Promise<PackageFacts> | undefined;

export function packageFacts(): Promise<PackageFacts> {
  reading ??= readFile(join(import.meta.dirname, 'package-facts.json'), 'utf8').then((text) => schema.parse(JSON.parse(text)));
  return reading;
}

/** Standard modules that an older Python still has, by the release that removed them. */
const REMOVED: readonly { readonly in: number; readonly modules: readonly string[] }[] = [
  { in: 12, modules: ['asynchat', 'asyncore', 'distutils', 'imp', 'smtpd'] },
  {
    in: 13,
    modules: ['aifc', 'audioop', 'cgi', 'cgitb', 'chunk', 'crypt', 'imghdr', 'lib2to3', 'mailcap', 'msilib', 'nis', 'nntplib', 'ossaudiodev', 'pipes', 'sndhdr', 'spwd', 'sunau', 'telnetlib', 'uu', 'xdrlib'],
  },
];

/** Names of the standard library's modules. @param python `3.11` */
export function stdlibOf(facts: PackageFacts, python: string): readonly string[] {
  const minor = Number(python.split('.')[1] ?? 14);
  return [...facts.stdlib.split(' '), ...REMOVED.filter((one) => minor < one.in).flatMap((one) => one.modules)];
}

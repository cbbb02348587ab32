/**
 * What only running code tells, measured with one Python and one release of each package (test/tools/measure-interfaces.py): names of the
 * standard library's modules, and what callables take. Good for these releases alone.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { PackageIndex } from '../../source/types.ts';

const words = z.string().transform((text) => text.split(' '));

const schema = z.object({
  python: z.string(),
  stdlib: z.record(z.string(), words),
  packages: z.record(z.string(), z.object({
    version: z.string(),
    /** Module → its names. */
    names: z.record(z.string(), words),
    callables: z.array(z.object({ name: z.string(), module: z.string(), parameters: words, open: z.boolean() })),
    /** All that `create_engine` takes, for itself or to hand on to what it makes; the call as such takes any keyword. */
    engine: words.optional(),
  })),
});
type InterfaceFacts = z.infer<typeof schema>;

let reading: Promise<InterfaceFacts> | undefined;

function interfaceFacts(): Promise<InterfaceFacts> {
  reading ??= readFile(join(import.meta.dirname, 'interface-facts.json'), 'utf8').then((text) => schema.parse(JSON.parse(text)));
  return reading;
}

export interface Interfaces {
  readonly exports: NonNullable<PackageIndex['exports']>;
  readonly parameters: NonNullable<PackageIndex['parameters']>;
}

/** @param isMeasured whether the environment has, or is expected to have, the release of a distribution that was measured */
export async function interfacesOf(python: string, isMeasured: (distribution: string, version: string) => boolean): Promise<Interfaces> {
  const facts = await interfaceFacts();
  const packages = Object.entries(facts.packages).filter(([name, { version }]) => isMeasured(name, version)).map(([, fact]) => fact);
  const named = [...(python === facts.python ? Object.entries(facts.stdlib) : []), ...packages.flatMap(({ names }) => Object.entries(names))];
  return {
    exports: Object.fromEntries(named.map(([module, names]) => [module, { names, open: false }])),
    parameters: packages.flatMap(({ callables, engine }) => [...callables, ...(engine === undefined ? [] : ['create_engine', 'create_async_engine'].map((name) => ({ name, module: 'sqlalchemy', parameters: engine, open: true })))]),
  };
}

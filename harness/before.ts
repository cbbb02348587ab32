/** Which of the project's own commands run before its server, and when migrations that somebody runs by hand are among them. */
import type { BeforeCommand } from '../agent/runtime.ts';
import type { BootOutput } from '../parsers/boot-output.ts';
import { beforeStart } from '../source/before-start.ts';
import type { Source } from '../source/types.ts';

/** `relation "users" does not exist` · `no such table: users` */
const NO_TABLE = /relation "[^"]{1,100}" does not exist|no such table: \S/;

/** A server that prints why a request failed is believed; Django by itself does not, and says 500 all the same. */
function missesTable({ lines, probes }: BootOutput): boolean {
  if (lines.some(({ text }) => NO_TABLE.test(text))) return true;
  return probes.some(({ status }) => (status ?? 0) >= 500) && !lines.some(({ text }) => text.startsWith('Traceback'));
}

export interface Before {
  /** @param fresh the database is empty: what is run by hand is not run again on the same one */
  commands(source: Source, fresh: boolean): readonly BeforeCommand[];
  /** The sentence to say when this boot showed that the migrations are wanted; they are run from then on. */
  learn(output: BootOutput, source: Source): string | undefined;
}

/** Migrations that the start does not run cost every boot time, so they run from the first boot on that misses a table. */
export function beforeServer(): Before {
  let wanted = false;
  return {
    commands(source, fresh) {
      const { always, byHand } = beforeStart(source);
      return wanted && fresh ? [...always, ...byHand] : always;
    },
    learn(output, source) {
      if (wanted || !missesTable(output)) return undefined;
      const { byHand } = beforeStart(source);
      if (byHand.length === 0) return undefined;
      wanted = true;
      return `The app asks for tables that its migrations make: ${byHand.map(({ words }) => words.join(' ')).join(', then ')} now runs before the server.`;
    },
  };
}

/** Reads from a boot which database or role the app asked for and the sandbox lacked. */
import type { BootOutput } from '../parsers/boot-output.ts';
import type { DatabaseIdentity } from '../source/types.ts';

/**
 * `FATAL:  database "shop" does not exist`. No server has a database or a role with `@`, `:`, `/`, `#`, `?`, `%` or a backslash in its name: that is the
 * tail of an address that was read wrongly (`…:p@ss/w#rd@host/shop`), and to make it would turn the fault into a healthy start.
 */
const DATABASE = /database "(?<name>[^"@:/#?%\\]{1,63})" does not exist/;
/** `FATAL:  role "shop" does not exist` */
const ROLE = /role "(?<name>[^"@:/#?%\\]{1,63})" does not exist/;

/** @returns an identity the place does not have yet; undefined when nothing of the kind was printed */
export function missingIdentity(output: BootOutput, known: readonly DatabaseIdentity[]): DatabaseIdentity | undefined {
  const base = known[0];
  if (base === undefined) return undefined;
  for (const { text } of output.lines) {
    const database = DATABASE.exec(text)?.groups?.name;
    if (database !== undefined && !known.some((each) => each.database === database)) return { ...base, database };
    const user = ROLE.exec(text)?.groups?.name;
    if (user !== undefined && !known.some((each) => each.user === user)) return { ...base, user };
  }
  return undefined;
}

/** Which databases and roles the sandbox makes because an app asked for them. */
import { expect, test } from 'vitest';
import { missingIdentity } from '../../harness/missing-identity.ts';
import type { BootOutput } from '../../parsers/boot-output.ts';

const KNOWN = [{ host: 'db', port: 5432, user: 'app', password: 'x', database: 'app' }];
const printing = (text: string): BootOutput => ({ lines: [{ at: 1, stream: 'stderr', text }] }) as unknown as BootOutput;

test('a database and a role that the app names are made', () => {
  expect(missingIdentity(printing('FATAL:  database "shop" does not exist'), KNOWN)?.database).toBe('shop');
  expect(missingIdentity(printing('FATAL:  role "shop-owner" does not exist'), KNOWN)?.user).toBe('shop-owner');
});

test('the tail of an address that was read wrongly is no database: making it would hide the fault', () => {
  expect(missingIdentity(printing('asyncpg.exceptions.InvalidCatalogNameError: database "w#rd:1@localhost:5432/auth_db" does not exist'), KNOWN)).toBeUndefined();
  expect(missingIdentity(printing('FATAL:  role "a@b" does not exist'), KNOWN)).toBeUndefined();
});

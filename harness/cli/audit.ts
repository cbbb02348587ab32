/** `boot-check audit DIR`: options in, five documents and one screen (or one JSON document) out. */
import { cachedEnvironment } from '../audit/cached-environment.ts';
import { audit } from '../audit/audit.ts';
import { renderAudit } from '../audit/screen.ts';
import { renderJson } from '../reporters/json.ts';
import { lookOf } from '../reporters/look.ts';
import { chooseFolder, insideDir } from './folders.ts';
import type { CliIo } from './io.ts';
import { choice, target } from './option-values.ts';
import { PYTHONS, outputFolder } from './parse-options.ts';

export interface RawAuditOptions {
  readonly root?: string;
  readonly app?: string;
  readonly factory?: boolean;
  readonly python: string;
  readonly manifest?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** @returns the exit code: 0 when nothing CRITICAL or HIGH was found, else 1 */
export async function auditCommand(typedDir: string, raw: RawAuditOptions, io: CliIo, commands: readonly string[]): Promise<number> {
  const python = choice('--python', raw.python, PYTHONS);
  const app = raw.app === undefined ? null : target(raw.app);
  const { dir } = await chooseFolder(typedDir, io.cwd, commands);
  const out = outputFolder(raw.out, dir, io.cwd);
  const { report, exitCode } = await audit({
    dir, out, app, factory: raw.factory ?? false, python,
    root: raw.root === undefined ? null : await insideDir('--root', raw.root, 'folder', dir, io.cwd),
    manifest: raw.manifest === undefined ? null : await insideDir('--manifest', raw.manifest, 'file', dir, io.cwd),
  }, (source, tree, wanted) => cachedEnvironment(source.install, tree, wanted, io.signal));
  if (raw.json) io.stdout.write(renderJson(report));
  else io.stdout.write(renderAudit(report, lookOf(io.stdout, io.env), { out, cwd: io.cwd }));
  return exitCode;
}

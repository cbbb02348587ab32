/** Tells an install that failed because of the machine (no way to the package index, no disk) from one that failed because of the app. */
import { join } from 'node:path';

import type { InstallPlan } from '../source/types.ts';
import { HarnessError } from './errors.ts';
import { readPlain } from './plain-file.ts';
import type { PrepareResult } from './protocol.ts';

// `  cause: Failed to fetch: https://host/simple/name/` … `  cause: client error (Connect)`
const FETCH = /Failed to (?:fetch|download)\b.*?(?<url>https?:\/\/[^\s`)]+)/;
const NO_ANSWER = /client error \(Connect\)|operation timed out|dns error|tcp connect error/i;
// thread 'main2' (37) panicked at …: / OS can't spawn worker thread: Resource temporarily unavailable (os error 11)
const NO_THREADS = /panicked at [\s\S]{0,400}Resource temporarily unavailable/;
// error: Failed to write to the client cache / cause: Permission denied (os error 13) at path "/cache/wheels-v8/…"
const NOT_OURS = /Permission denied \(os error 13\) at path "[^"]*\/(?:cache|uv|uv-local)\/(?:wheels|archive|simple|sdists|builds|git|interpreter)-v\d/;
const FULL = /no space left on device|disk quota exceeded/i;

/** The HarnessError (exit 3) for a failed install that is not the app's fault; undefined when it is. `tree` is the host's path. */
export async function machineFault(result: PrepareResult, tree: string, plan: InstallPlan): Promise<HarnessError | undefined> {
  const text = result.lines.map((line) => line.text).join('\n');
  if (FULL.test(text)) {
    return new HarnessError({
      code: 'disk-full', what: 'The disk is full: the packages could not be installed.', why: 'The cache folder has no space left.',
      hint: 'Free some space, or name another folder in XDG_CACHE_HOME.', exitCode: 3,
    });
  }
  if (NOT_OURS.test(text)) {
    return new HarnessError({
      code: 'cache-not-writable', what: 'The installer may not write into its own cache.', why: 'Files in the cache folder belong to another account: somebody ran uv on it by hand, or another user\'s run did.',
      hint: 'Delete the folder of boot-check in your cache (~/.cache/boot-check/uv or uv-local), or name another one in XDG_CACHE_HOME.', exitCode: 3,
    });
  }
  if (NO_THREADS.test(text)) {
    return new HarnessError({
      code: 'no-threads', what: 'The installer could not start its threads.', why: 'The account that installs has as many processes and threads as this machine allows it.',
      hint: 'Wait until other runs have ended, then repeat this one.', exitCode: 3,
    });
  }
  const url = FETCH.exec(text)?.groups?.['url'];
  if (url === undefined || !NO_ANSWER.test(text)) return undefined;
  const { host } = new URL(url);
  // An address that the tree itself names is the app's own affair, and a finding.
  const texts = await Promise.all(plan.files.map((file) => readPlain(join(tree, file)).then((bytes) => bytes?.toString() ?? '')));
  if ([...plan.requirements, ...texts].some((stated) => stated.includes(host))) return undefined;
  return new HarnessError({
    code: 'no-registry', what: `The package index at ${host} does not answer, so nothing can be installed.`,
    why: result.lines.findLast((line) => line.text.includes('cause:'))?.text.trim() ?? 'No connection came about.',
    hint: 'Check the network, proxy and certificates of this machine (`boot-check doctor`), then repeat the run.', exitCode: 3,
  });
}

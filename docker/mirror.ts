/** Reads the machine's own apt sources, so that base images come from the mirror its owner chose. Nothing here names one. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { execa } from 'execa';

/** One place packages come from. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
}

/** Reads a `*.sources` file (deb822): stanzas of `Key: value`, continued on indented lines. */
export function parseDeb822(text: string): AptSource[] {
  const sources: AptSource[] = [];
  for (const stanza of text.split(/\n[ \t]*\n/)) {
    const fields = stanzaFields(stanza);
    const types = words(fields.get('types'));
    if (!types.includes('deb') || /^(no|false|0)$/i.test(fields.get('enabled')?.trim() ?? 'yes')) continue;
    for (const uri of words(fields.get('uris'))) {
      sources.push({ uri, suites: words(fields.get('suites')), components: words(fields.get('components')) });
    }
  }
  return sources;
}

/** Reads a one-line file: `deb [options] URI suite component…`. */
export function parseOneLine(text: string): AptSource[] {
  const line = /^deb\s+(?:\[[^\]]*\]\s+)?(?<uri>\S+)\s+(?<suite>\S+)(?<components>[^#]*)/;
  return text.split('\n').flatMap((raw) => {
    const found = line.exec(raw.trim())?.groups;
    return found === undefined ? [] : [{ uri: found['uri']!, suites: [found['suite']!], components: words(found['components']) }];
  });
}

/**
 * The archive that carries whole suites of the distribution: serves `main`, is fetched over the network, and is not the one for
 * security updates only.
 */
export function chooseMirror(sources: readonly AptSource[]): string | undefined {
  const whole = sources.filter(({ uri, suites, components }) =>
    /^(https?|ftp|mirror\+?\w*):/.test(uri) && components.includes('main')
    && suites.some((suite) => !/-(security|updates|backports)\b|\/updates$/.test(suite)));
  return whole[0]?.uri;
}

/** The mirror this machine installs from; undefined when it has none. */
export async function hostMirror(root = '/etc/apt'): Promise<string | undefined> {
  const folder = join(root, 'sources.list.d');
  const names = (await readdir(folder).catch(() => [])).toSorted();
  const texts = await Promise.all([
    readText(join(root, 'sources.list')).then(parseOneLine),
    ...names.filter((name) => name.endsWith('.sources')).map((name) => readText(join(folder, name)).then(parseDeb822)),
    ...names.filter((name) => name.endsWith('.list')).map((name) => readText(join(folder, name)).then(parseOneLine)),
  ]);
  return chooseMirror(texts.flat());
}

/** The machine's apt settings that decide how a mirror is reached (proxy, certificates), as `Key "value";` lines. */
export async function hostAptOptions(): Promise<string[]> {
  const { stdout, failed } = await execa('apt-config', ['dump'], { reject: false });
  return failed ? [] : stdout.split('\n').filter((line) => /^Acquire::https?::(Proxy|CaInfo|Verify-Peer|Verify-Host)\b/.test(line));
}

function stanzaFields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let last = '';
  for (const line of stanza.split('\n').filter((text) => !text.startsWith('#'))) {
    const found = /^(?<key>[\w-]+):(?<value>.*)$/.exec(line)?.groups;
    if (found !== undefined) fields.set(last = found['key']!.toLowerCase(), found['value']!);
    else if (last !== '' && /^[ \t]/.test(line)) fields.set(last, `${fields.get(last)} ${line.trim()}`);
  }
  return fields;
}

function words(text: string | undefined): string[] {
  return text?.split(/\s+/).filter(Boolean) ?? [];
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

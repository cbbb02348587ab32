/** Package indexes of one's own that the tree names. They are told by host, and never asked. */
import { requirementFiles, requirementLines } from './requirements-file.ts';
import { lineAt } from './syntax.ts';
import type { Source } from './types.ts';

export interface PrivateIndex {
  readonly file: string;
  readonly line: number;
  /** Without the login that may stand before it. */
  readonly host: string;
}

/** Everybody may ask these; the list of the agent's installer is the same. */
const PUBLIC = new Set(['pypi.org', 'pypi.python.org', 'files.pythonhosted.org', 'test.pypi.org', 'download.pytorch.org']);

export function privateIndexes(source: Pick<Source, 'files' | 'install'>): readonly PrivateIndex[] {
  const { manifest } = source.install;
  const file = source.files.get(manifest);
  if (file === undefined) return [];
  if (manifest.endsWith('.toml') || manifest.endsWith('Pipfile')) return inTables(manifest, file.text);
  return requirementFiles(source.files, manifest).flatMap(({ path }) => requirementLines(source.files.get(path)?.text ?? '').flatMap((line) => {
    const option = /^(?:-i|--index-url|--extra-index-url|-f|--find-links)[\s=]+(?<url>\S+)/.exec(line.text)?.groups?.['url'];
    const host = option === undefined ? undefined : hostOf(option);
    return line.kind === 'option' && host !== undefined ? [{ file: path, line: line.line, host }] : [];
  }));
}

/** `[[tool.uv.index]]`, `[[tool.poetry.source]]`, `[[tool.pdm.source]]`, `[[source]]` of a Pipfile. */
function inTables(file: string, text: string): readonly PrivateIndex[] {
  return [...text.matchAll(/^\[\[(?:tool\.uv\.index|tool\.poetry\.source|tool\.pdm\.source|source)\]\][^[]*?^url\s*=\s*["'](?<url>[^"']+)/gm)].flatMap((match) => {
    const host = hostOf(match.groups?.['url'] ?? '');
    return host === undefined ? [] : [{ file, line: lineAt(text, match.index + match[0].length), host }];
  });
}

function hostOf(url: string): string | undefined {
  const host = /^[a-z+]+:\/\/(?:[^/@]*@)?(?<host>[^/:]+)/i.exec(url)?.groups?.['host']?.toLowerCase();
  return host === undefined || PUBLIC.has(host) ? undefined : host;
}

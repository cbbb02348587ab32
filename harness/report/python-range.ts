/** A manifest that excludes the Python on which the backend was seen to start: uv installs what it declares, and the project's own tool refuses. */
import { satisfies } from '@renovatebot/pep440';
import { poetrySpecifier } from '../../source/requirement.ts';
import { lineAt } from '../../source/syntax.ts';
import { tomlTree, tomlValue } from '../../source/toml-tree.ts';
import type { Source } from '../../source/types.ts';
import type { Recommendation } from './schema.ts';

/** @param python `3.14.8`, on which the result is healthy */
export function pythonRange({ files, install: { manifest } }: Source, python: string): readonly Recommendation[] {
  const text = files.get(manifest)?.text;
  if (text === undefined || !manifest.endsWith('pyproject.toml')) return [];
  return (tomlTree(text)?.entries ?? []).flatMap((entry): Recommendation[] => {
    const where = entry.path.join('.');
    const written = tomlValue(entry.value);
    if (!['project.requires-python', 'tool.poetry.dependencies.python'].includes(where) || typeof written !== 'string' || !excludes(written, python)) return [];
    return [{
      priority: 'HIGH',
      description: `Allow Python ${python.split('.').slice(0, 2).join('.')} in ${manifest}:${lineAt(text, entry.start)}: "${written}" excludes it.`,
      impact: `The boots ran on Python ${python}, and ${where.startsWith('tool.poetry') ? 'Poetry' : 'an installer that reads requires-python'} refuses to install there. Whether older Pythons still do is not known.`,
    }];
  });
}

function excludes(written: string, python: string): boolean {
  // `>=3.9 || ^3.12` and other forms that only Poetry reads.
  if (/[|\s](?=\S)/.test(written.replace(/\s*,\s*/g, ',').replace(/([<>=~^!])\s+/g, '$1').trim())) return false;
  try {
    return !satisfies(python, poetrySpecifier(written));
  } catch {
    return false;
  }
}

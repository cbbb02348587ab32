/** Lines of a requirements file that no installer can read, and what was meant by them. */
import { requirementFiles, requirementLines } from '../../source/requirements-file.ts';
import { parseRequirement, poetrySpecifier } from '../../source/requirement.ts';
import type { Edit, Source } from '../../source/types.ts';

export interface BadLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** Takes the line's place; `''` when the line says nothing that can be installed; undefined when nobody can tell. */
  readonly meant: string | undefined;
  readonly edit: Edit;
}

/** `>=1,<2`: every part is an operator and a version. */
const SPECIFIER = /^(?:(?:===|==|~=|!=|<=|>=|<|>)[\w.*+!-]+)(?:,(?:===|==|~=|!=|<=|>=|<|>)[\w.*+!-]+)*$/;
/** The rule below a table's head. */
const RULE = /^[-=\s]{3,}$/;
const NAME = String.raw`(?<name>[A-Za-z0-9][\w.-]*(?:\[[\w\s,-]*\])?)`;

/** What people write instead of a requirement, and how it reads in one: the first that matches decides. */
const SLIPS: readonly { readonly pattern: RegExp; readonly meant: (groups: Readonly<Record<string, string>>) => string }[] = [
  // Heads and rules of `pip list`, fences of Markdown
  { pattern: RULE, meant: () => '' },
  { pattern: /^(?:Package\s+Version.*|`{3}\w*)$/, meant: () => '' },
  // uvicorn = "^0.30": a line of Poetry
  { pattern: new RegExp(`^${NAME}\\s*=\\s*["'](?<version>[\\^~=<>!\\d.*][^"']*)["']$`), meant: ({ name = '', version = '' }) => `${name}${poetrySpecifier(version)}` },
  // fastapi==latest   fastapi==*   fastapi@latest
  { pattern: new RegExp(`^${NAME}\\s*(?:==?|@)\\s*(?:latest|\\*)$`), meant: ({ name = '' }) => name },
  // fastapi =>0.110   fastapi =< 1
  { pattern: new RegExp(`^${NAME}\\s*=(?<sign>[<>])\\s*(?<version>[\\w.+!-]+)$`), meant: ({ name = '', sign = '', version = '' }) => `${name}${sign}=${version}` },
  // numpy=2.1.0=py312h1: a line of conda   fastapi=0.110.0
  { pattern: new RegExp(`^${NAME}\\s*=\\s*(?<version>\\d[\\w.+!*]*)(?:=\\w+)?$`), meant: ({ name = '', version = '' }) => `${name}==${version}` },
  // fastapi 0.110.0   fastapi (0.110.0)   fastapi: 0.110.0
  { pattern: new RegExp(`^${NAME}(?:\\s+|:\\s*)\\(?(?<version>\\d[\\w.+!]*)\\)?$`), meant: ({ name = '', version = '' }) => `${name}==${version}` },
  // fastapi>=0.100 <0.120
  { pattern: new RegExp(`^${NAME}\\s*(?<first>[<>=!~]=?[^,\\s]+)\\s+(?<second>[<>=!~]=?[^,\\s]+)$`), meant: ({ name = '', first = '', second = '' }) => `${name}${first},${second}` },
];

/** Lines that are no requirement, in every file that the manifest reads. */
export function badLines(source: Source): readonly BadLine[] {
  if (source.install.kind !== 'requirements') return [];
  return requirementFiles(source.files, source.install.manifest).flatMap(({ path }) => {
    const text = source.files.get(path)?.text ?? '';
    return requirementLines(text).filter((line) => (line.kind === 'requirement' && !isRequirement(line.text)) || RULE.test(line.text)).map((line): BadLine => {
      const meant = meantBy(line.text);
      const edit = meant === ''
        ? { file: path, old: text.slice(line.lineStart, line.lineEnd), new: '', at: line.lineStart }
        : { file: path, old: text.slice(line.start, line.end), new: meant ?? '', at: line.start };
      return { file: path, line: line.line, text: line.text, meant, edit };
    });
  });
}

/** A requirement, a URL or a path. */
function isRequirement(text: string): boolean {
  if (/^(?:[a-z+]+:\/\/|\.{0,2}\/)|\.(?:whl|zip|tar\.gz)(?:$|[#;\s])/i.test(text)) return true;
  const read = parseRequirement(text);
  return read !== undefined && (read.url !== undefined || read.specifier === '' || SPECIFIER.test(read.specifier.replace(/,$/, '')));
}

function meantBy(text: string): string | undefined {
  const bare = text.replace(/^pip3?\s+install\s+/, '').replace(/,$/, '').replace(/^(["'])(.*)\1$/, '$2').trim();
  const words = bare.split(/\s+/);
  if (bare !== text && isRequirement(bare)) return bare;
  if (bare !== text && words.every(isRequirement)) return words.join('\n');
  for (const { pattern, meant } of SLIPS) {
    const groups = pattern.exec(bare);
    if (groups === null) continue;
    const line = meant(groups.groups ?? {});
    return line === '' || isRequirement(line) ? line : undefined;
  }
  return undefined;
}

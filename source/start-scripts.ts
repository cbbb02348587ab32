/** The texts in which a project writes down how it is started: compose file, Dockerfile, platform files, scripts by their usual names. */
import { composeServices } from './compose.ts';
import { listText } from './shell.ts';
import type { SourceFile } from './types.ts';

/** A text of shell commands, and where it stands. */
export interface Script {
  readonly text: string;
  readonly file: string;
  /** Of its first line. */
  readonly line: number;
}

/** Every service that is built here, those that others wait for first. */
export function composeScripts(files: ReadonlyMap<string, SourceFile>): readonly Script[] {
  const services = composeServices(files).filter(({ built, command }) => built && command !== '');
  const waited = (name: string): number => services.filter(({ dependsOn }) => dependsOn.includes(name)).length;
  return services.toSorted((a, b) => waited(b.name) - waited(a.name)).map(({ file, name, command }) => ({ text: command, file: `${file} (${name})`, line: 0 }));
}

export function dockerScripts(files: ReadonlyMap<string, SourceFile>): readonly Script[] {
  const dockerfile = shallowest(files, /(^|\/)Dockerfile$/) ?? shallowest(files, /(^|\/)(Dockerfile\.\w+|\w+\.Dockerfile)$/);
  if (dockerfile === undefined) return [];
  const lines = dockerfile.text.replace(/\\\r?\n/g, (joint) => joint.replace(/[\\\r\n]/g, ' ')).split('\n');
  return ['ENTRYPOINT', 'CMD'].flatMap((instruction) => {
    // The last one counts.
    const at = lines.findLastIndex((line) => line.startsWith(`${instruction} `));
    return at === -1 ? [] : [{ text: commandText((lines[at] ?? '').slice(instruction.length).trim()), file: dockerfile.path, line: at }];
  });
}

/** `["sh", "-c", "a && b"]` is `a && b`; other lists are one command. */
function commandText(written: string): string {
  if (!written.startsWith('[')) return written;
  try {
    const words: unknown = JSON.parse(written);
    return Array.isArray(words) ? listText(words.map(String)) : written;
  } catch {
    return written;
  }
}

/** Procfile, fly.toml, railway, render: what their makers call release, pre-deploy and start. */
export function platformScripts(files: ReadonlyMap<string, SourceFile>): readonly Script[] {
  const procfile = shallowest(files, /(^|\/)Procfile$/);
  const named = (procfile?.text ?? '').split('\n').flatMap((line, at) => {
    const found = /^(?<name>release|web):(?<command>.*)$/.exec(line)?.groups;
    return procfile === undefined || found === undefined ? [] : [{ text: found['command'] ?? '', file: procfile.path, line: at, first: found['name'] === 'release' }];
  }).toSorted((a, b) => Number(b.first) - Number(a.first));
  const others = [...files.values()].filter(({ path }) => /(^|\/)(fly\.toml|railway\.(json|toml)|render\.yaml|nixpacks\.toml)$/.test(path)).flatMap((file) =>
    file.text.split('\n').flatMap((line, at) => {
      const found = /^\W*(?:release_command|preDeployCommand|startCommand|cmd)\W*[:=]\s*(?<command>.*?)[,\s]*$/.exec(line)?.groups?.['command'];
      return found === undefined ? [] : [{ text: found.replace(/^(["'])(.*)\1$/, '$2'), file: file.path, line: at }];
    }));
  return [...named, ...others];
}

export function namedScripts(files: ReadonlyMap<string, SourceFile>, name: RegExp): readonly Script[] {
  const script = [...files.values()].filter(({ path, text }) => name.test(path) && (path.endsWith('.sh') || text.startsWith('#!')))
    .toSorted((a, b) => a.path.split('/').length - b.path.split('/').length)[0];
  return script === undefined ? [] : [{ text: script.text, file: script.path, line: 0 }];
}

function shallowest(files: ReadonlyMap<string, SourceFile>, name: RegExp): SourceFile | undefined {
  return [...files.values()].filter(({ path }) => name.test(path)).toSorted((a, b) => a.path.split('/').length - b.path.split('/').length)[0];
}

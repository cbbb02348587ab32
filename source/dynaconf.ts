/** Variables that Dynaconf must find: `Dynaconf(envvar_prefix="APP", validators=[Validator("PORT", must_exist=True)])`. */
import { callsOf } from './calls.ts';
import { checksOfCall } from './checks.ts';
import { stringValue } from './syntax.ts';
import type { SourceFile, VariableRead } from './types.ts';

export function dynaconfReads(files: readonly SourceFile[]): readonly VariableRead[] {
  const main = files.filter((file) => /dynaconf/i.test(file.text));
  if (main.length === 0) return [];
  const made = main.flatMap((file) => callsOf(file, ['Dynaconf', 'LazySettings']));
  const prefix = made.flatMap((call) => call.arguments.filter((each) => each.name === 'envvar_prefix').map((each) => (each.value === 'False' ? '' : `${stringValue(each.valueNode) ?? 'DYNACONF'}_`)))[0] ?? 'DYNACONF_';
  // What a settings file of the tree gives is no variable that anybody must set.
  return main.flatMap((file) => callsOf(file, ['Validator']).flatMap((call): readonly VariableRead[] => {
    const word = (name: string): string | undefined => call.arguments.find((each) => each.name === name)?.value;
    if (word('must_exist') !== 'True' && word('required') !== 'True') return [];
    const names = call.arguments.filter((each) => each.name === undefined).flatMap((each) => stringValue(each.valueNode) ?? []);
    return names.map((name) => ({
      name: prefix + name.replaceAll('.', '__').toUpperCase(), file: file.path, line: call.line, required: word('default') === undefined, default: word('default') ?? null,
      type: word('is_type_of') ?? word('cast') ?? 'str', checks: checksOfCall(call.node), reader: 'environs',
    }));
  }));
}

/** `boot-check doctor`: what is here, what is missing, what to do about it. */
import { clean, wrap } from './layout.ts';
import { glyphsOf, painter } from './look.ts';
import type { Look } from './look.ts';

export interface DoctorSection {
  readonly title: string;
  readonly facts: readonly { readonly name: string; readonly ok: boolean; readonly detail: string; readonly hint?: string }[];
}

export function renderDoctor(sections: readonly DoctorSection[], look: Look): string {
  const paint = painter(look);
  const glyphs = glyphsOf(look);
  const column = Math.max(...sections.flatMap(({ facts }) => facts.map(({ name }) => name.length)), 0) + 2;
  const width = Math.min(look.width, 110) - column - 5;
  const rows = (text: string) => wrap(clean(text), width);
  return sections.map(({ title, facts }) => [paint('bold', title), ...facts.flatMap(({ name, ok, detail, hint }) => {
    const [first = '', ...rest] = rows(detail);
    const mark = ok ? paint('green', glyphs.good) : paint('yellow', glyphs.open);
    const below = [...rest, ...(hint === undefined ? [] : rows(`${glyphs.arrow} ${hint}`))];
    return [`  ${mark}  ${name.padEnd(column)}${first}`, ...below.map((line) => `     ${' '.repeat(column)}${paint('dim', line)}`)];
  })].join('\n')).join('\n\n').concat('\n');
}

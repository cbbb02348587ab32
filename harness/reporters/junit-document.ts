/** Test suites as the XML that CI servers read (Jenkins' schema). Own code: the builders at hand write attributes that the schema refuses. */
import { multiline } from './html/markup.ts';

interface Red {
  readonly type: string;
  readonly message: string;
  readonly text?: string;
}

export interface TestCase {
  readonly className: string;
  readonly name: string;
  readonly seconds: number;
  /** At most one of these three; none: it passed. */
  readonly failure?: Red;
  readonly error?: Red;
  readonly skipped?: string;
  readonly out?: string;
}

export interface TestSuite {
  readonly name: string;
  readonly seconds: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly cases: readonly TestCase[];
}

export function junitDocument(suites: readonly TestSuite[]): string {
  const all = suites.flatMap(({ cases }) => cases);
  const seconds = suites.reduce((sum, suite) => sum + suite.seconds, 0);
  const { skipped: _, ...totals } = counts(all);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element('testsuites', { name: 'boot-check', ...totals, time: seconds.toFixed(3) }, suites.map(suiteElement))}\n`;
}

function suiteElement({ name, seconds, properties, cases }: TestSuite): string {
  return element('testsuite', { name, ...counts(cases), time: seconds.toFixed(3) }, [
    element('properties', {}, Object.entries(properties).map(([key, value]) => element('property', { name: key, value }, []))),
    ...cases.map(caseElement),
  ]);
}

function caseElement({ className, name, seconds, failure, error, skipped, out }: TestCase): string {
  return element('testcase', { classname: className, name, time: seconds.toFixed(3) }, [
    ...(skipped === undefined ? [] : [element('skipped', {}, [escaped(skipped)])]),
    ...(error ? [red('error', error)] : []),
    ...(failure ? [red('failure', failure)] : []),
    ...(out === undefined ? [] : [element('system-out', {}, [escaped(out)])]),
  ]);
}

function red(name: 'error' | 'failure', { type, message, text }: Red): string {
  return element(name, { type, message }, text === undefined ? [] : [escaped(text)]);
}

function counts(cases: readonly TestCase[]): Record<'tests' | 'failures' | 'errors' | 'skipped', number> {
  const having = (field: 'failure' | 'error' | 'skipped') => cases.filter((one) => one[field] !== undefined).length;
  return { tests: cases.length, failures: having('failure'), errors: having('error'), skipped: having('skipped') };
}

function element(name: string, attributes: Readonly<Record<string, string | number>>, children: readonly string[]): string {
  const listed = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value)).replaceAll('\n', '&#10;')}"`).join('');
  return children.length === 0 ? `<${name}${listed}/>` : `<${name}${listed}>${children.join('')}</${name}>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Only what XML 1.0 has a character for. */
function escaped(text: string): string {
  return multiline(text).replace(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '').replace(/[&<>"]/g, (found) => ENTITIES[found] ?? '');
}

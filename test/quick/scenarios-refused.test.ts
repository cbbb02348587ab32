/** What a package says on purpose about a call: the version that it asks for, the variable that it reads. */
import { expect, test } from 'vitest';
import type { Evidence, ExceptionInfo } from '../../parsers/evidence.ts';
import { rule as demanded } from '../../scenarios/env-variable-demanded/rule.ts';
import { rule as refuses } from '../../scenarios/package-refuses-call/rule.ts';
import { sourceOf } from '../../source/read.ts';
import type { PackageIndex } from '../../source/types.ts';

const INDEX: PackageIndex = {
  python: '3.14.2', stdlib: [], names: {}, known: {}, unusedImports: [],
  distributions: [{ name: 'mailer', version: '1.4.0', modules: ['mailer'], requires: [] }, { name: 'codec', version: '2.0.1', modules: ['codec'], requires: [] }],
};

function raisedBy(type: string, message: string): Evidence {
  const exception: ExceptionInfo = {
    type, message, notes: [],
    frames: [
      { file: 'main.py', line: 2, function: '<module>', source: 'client = mailer.Client()', owner: 'tree' },
      { file: '/env/lib/python3.14/site-packages/mailer/client.py', line: 9, function: '__init__', source: `raise ${type}(text)`, owner: 'package' },
    ],
  };
  return { stage: 'import', names: [], faults: [{ form: 'exception', during: 'start', chain: [exception], validation: [], summary: message, text: message, from: 0, to: 1 }] };
}

const tree = (): Promise<Awaited<ReturnType<typeof sourceOf>>> => sourceOf({ 'main.py': 'import mailer\nclient = mailer.Client()\n', 'requirements.txt': 'mailer\ncodec==2.0.1\n' }, { app: 'main:app' });

test('the version that the message asks for is the first candidate', async () => {
  const [finding] = refuses.detect(raisedBy('RuntimeError', 'mailer needs codec>=3.1 for this'), await tree(), INDEX);
  expect(finding?.candidates.map(({ title }) => title)).toEqual(['Raise to codec 3.1 in requirements.txt']);
});

test('a message with both word orders is one finding, about the variable that it names first', async () => {
  const said = 'set the MAILER_API_KEY environment variable, or the environment variable MAILER_TOKEN';
  expect(demanded.detect(raisedBy('mailer.MailerError', said), await tree(), INDEX).map(({ facts }) => facts)).toEqual([{ variable: 'MAILER_API_KEY' }]);
});

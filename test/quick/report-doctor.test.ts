import { expect, test } from 'vitest';
import { renderDoctor } from '../../harness/reporters/doctor.ts';

test('doctor lines up names and says below a lack what to do', () => {
  const text = renderDoctor([
    { title: 'Containers', facts: [{ name: 'engine', ok: true, detail: 'Docker 29.1' }] },
    { title: 'Embedded', facts: [{ name: 'Python', ok: false, detail: '3.9.1', hint: 'Install Python 3.14.' }] },
  ], { color: false, unicode: true, width: 80, live: false });
  expect(text).toBe('Containers\n  ✔  engine  Docker 29.1\n\nEmbedded\n  •  Python  3.9.1\n             → Install Python 3.14.\n');
});

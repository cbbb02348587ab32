/** Puts the reports of a night into its folder. */
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderNightHtml, renderNightJunit, renderNightMarkdown, renderNightSarif } from './render.ts';
import type { Night } from './result.ts';

/** @param summary the file that GitHub shows as the step's summary; absent elsewhere */
export async function writeNight(out: string, night: Night, summary: string | undefined): Promise<void> {
  await mkdir(out, { recursive: true });
  const markdown = renderNightMarkdown(night);
  await writeFile(join(out, '.gitignore'), '*\n');
  await writeFile(join(out, 'nightly.json'), `${JSON.stringify(night, null, 2)}\n`);
  await writeFile(join(out, 'nightly.html'), renderNightHtml(night));
  await writeFile(join(out, 'nightly.md'), markdown);
  await writeFile(join(out, 'nightly.sarif'), renderNightSarif(night));
  await writeFile(join(out, 'junit.xml'), renderNightJunit(night));
  if (summary) await appendFile(summary, markdown);
}

/** The frame of every page: no network by its own policy, our one style, our one script. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { html } from './markup.ts';
import type { Html } from './markup.ts';

export interface Page {
  readonly title: string;
  /** Colours the page. */
  readonly verdict: 'healthy' | 'healed' | 'not_healthy' | 'not_booted';
  readonly body: Html;
}

/** @returns the page, ending with a newline */
export function document({ title, verdict, body }: Page): string {
  const style = asset('style.css');
  const script = asset('script.js');
  // Ours, not text of anybody's: goes in as it is.
  const raw = (markup: string): Html => ({ markup });
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src '${raw(hashOf(script))}'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title} · boot-check</title>
<style>${raw(style)}</style>
</head>
<body class="${verdict}">
<a class="skip" href="#content">Skip to the report</a>
${body}
<script>${raw(script)}</script>
</body>
</html>
`.markup;
}

function asset(name: string): string {
  return readFileSync(join(import.meta.dirname, name), 'utf8');
}

/** Of exactly what stands between the script tags. */
function hashOf(script: string): string {
  return `sha256-${createHash('sha256').update(script).digest('base64')}`;
}

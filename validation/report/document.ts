/** The frame of every page: self-contained, no script, no request. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Html, html } from './html.ts';

/** A whole page. UTF-8. */
export function htmlDocument(title: string, body: Html): string {
  const style = readFileSync(join(import.meta.dirname, 'style.css'), 'utf8');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>
${new Html(style)}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}

/** Pages and schemas that are written by a script must say what their source says, a code of the table must be raised, links must lead somewhere. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errorTable } from '../core/error-table.ts';
import { commandLineDocIsCurrent } from './command-line-doc.ts';
import { errorsDocIsCurrent } from './errors-doc.ts';
import { listFiles } from './house-rules.ts';
import { staleSchemas } from './statement-schemas.ts';

/** One line each. */
export function docBreaches(root: string): string[] {
  const pages = listFiles(root).filter((file) => file.endsWith('.md') && !file.startsWith('test/vectors/'));
  const found = pages.flatMap((file) => deadLinks(root, file, readFileSync(join(root, file), 'utf8')));
  if (!errorsDocIsCurrent())
    found.push('docs/errors.md: differs from core/error-table.ts, run "node scripts/errors-doc.ts"');
  if (!commandLineDocIsCurrent())
    found.push('docs/reference/command-line.md: differs from the verbs, run "node scripts/command-line-doc.ts"');
  const sources = listFiles(root).filter((file) => /\.m?ts$|\.mjs$/.test(file) && !/^test\/|error-table/.test(file));
  const raised = sources.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  for (const code of Object.keys(errorTable))
    if (!new RegExp(`\\b${code}\\b['":]`).test(raised)) found.push(`core/error-table.ts: nothing raises ${code}`);
  for (const file of staleSchemas())
    found.push(`${file}: differs from its source, run "node scripts/statement-schemas.ts"`);
  return found;
}

/** Relative links of a page whose file is not there, and names of files in backticks that the repository does not have. */
export function deadLinks(root: string, page: string, content: string): string[] {
  // What is in a comment is not shown.
  const shown = content.replaceAll(/<!--.*?-->/gs, '');
  const links = [...shown.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, target]) => target);
  const dead = links
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => !existsSync(join(root, dirname(page), target)));
  const rooted = [...shown.matchAll(/`([a-z]+(?:\/[\w.-]+)+\.(?:ts|md|json|sql|mjs))`/g)].map(([, target]) => target);
  const absent = rooted.filter((target) => !existsSync(join(root, target)));
  return [...new Set([...dead, ...absent])].map((target) => `${page}: ${target} is not there`);
}

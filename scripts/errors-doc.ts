/** Writes `docs/errors.md` from the one error table; `--check` only says whether it is up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorRow, errorTable } from '../core/error-table.ts';

const page = join(import.meta.dirname, '../docs/errors.md');
const exitMeaning = { 1: 'refused or does not verify', 2: 'usage', 3: 'environment' } as const;

/** The page's text: one section a code, in the order of the table. */
export function errorsDoc(): string {
  const rows: [string, ErrorRow][] = Object.entries(errorTable);
  return [
    '# Error codes',
    '',
    'Generated from `core/error-table.ts` by `node scripts/errors-doc.ts`; do not edit.',
    'Words in braces are filled in when the error is raised. A code never changes its meaning.',
    '',
    ...rows.flatMap(([code, row]) => section(code, row)),
  ].join('\n');
}

function section(code: string, row: ErrorRow): string[] {
  const again = row.retryable ? 'trying again unchanged may help' : 'trying again unchanged does not help';
  return [
    `## ${code}`,
    '',
    `> ${row.message}`,
    '',
    `${row.remedy}`,
    '',
    `Exit code ${row.exit} (${exitMeaning[row.exit]}), HTTP status ${row.status}, ${again}.`,
    '',
  ];
}

/** Whether the committed page says what the table says. */
export function errorsDocIsCurrent(): boolean {
  try {
    return readFileSync(page, 'utf8') === errorsDoc();
  } catch {
    return false;
  }
}

if (import.meta.main) {
  if (!process.argv.includes('--check')) writeFileSync(page, errorsDoc());
  else if (!errorsDocIsCurrent()) {
    console.error('docs/errors.md differs from core/error-table.ts: run "node scripts/errors-doc.ts"');
    process.exitCode = 1;
  }
}

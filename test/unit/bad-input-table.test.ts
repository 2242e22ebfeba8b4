/** `docs/bad-input.md` promises a test for each: here the promise is held against the tests and the error table. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorTable } from '../../core/error-table.ts';

const root = join(import.meta.dirname, '../..');
const rows = readFileSync(join(root, 'docs/bad-input.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const found = /^\| (.+?) \| (?:`(\w+)` )?\| `(test\/[\w./-]+\.test\.ts)`: (.+) \|$/.exec(line);
    return found ? [{ input: found[1], code: found[2], file: found[3], title: found[4] }] : [];
  });

describe('every kind of bad input', () => {
  test.each(rows)('$input', ({ code, file, title }) => {
    if (code !== undefined) expect(Object.keys(errorTable)).toContain(code);
    expect(existsSync(join(root, file)), file).toBe(true);
    const quoted = [`'${title}'`, `"${title}"`, `'${title.replaceAll("'", "\\'")}'`];
    const source = readFileSync(join(root, file), 'utf8');
    expect(
      quoted.some((text) => source.includes(text)),
      `${file} has no test "${title}"`,
    ).toBe(true);
  });

  test('no line of the table is left out by a slip of form', () => {
    const lines = readFileSync(join(root, 'docs/bad-input.md'), 'utf8').match(/^\| (?!input \|).+\|$/gm);
    expect(rows.length).toBe(lines?.length);
  });

  test.each([
    'a truncated capture',
    'a corrupt capture',
    'a capture of another format',
    'NaN or negative prices',
    'an empty file',
    'a full disk, as a command',
    'a config with an unknown key',
    'a config with a value out of bounds',
    'a missing key',
    'a wrong key: no trust file names it',
    'a signature by the wrong role',
    'a signature by somebody in the lineage',
    'a signature over another digest',
    'a signature twice by one person',
    'a signature after expiry',
    'a registry with any one byte flipped',
    'a worker killed in every stage that computes, and the server with them',
    'the Temporal server killed and restarted in the middle',
  ])('has a row: %s', (input) => expect(rows.map((row) => row.input)).toContain(input));
});

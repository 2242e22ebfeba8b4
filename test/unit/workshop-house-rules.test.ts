import { describe, expect, test } from 'vitest';
import { errorTable } from '../../core/error-table.ts';
import { errorsDoc, errorsDocIsCurrent } from '../../scripts/errors-doc.ts';
import { breachesIn } from '../../scripts/house-rules.ts';

describe('house rules', () => {
  test('a file of 500 lines passes, one of 501 does not', () => {
    expect(breachesIn('core/a.ts', 'x\n'.repeat(500))).toEqual([]);
    expect(breachesIn('core/a.ts', 'x\n'.repeat(501))).toEqual(['core/a.ts: 501 lines, more than 500']);
  });

  test.each(['home', 'root', 'Users'])('a path under /%s is one of one machine', (folder) => {
    expect(breachesIn('docs/a.md', `see "/${folder}/somebody/file"`)).toEqual(['docs/a.md:1: a path of one machine']);
    expect(breachesIn('docs/a.md', `see example.org/${folder}/somebody`)).toEqual([]);
  });

  test('this clone may not name itself, wherever it is', () => {
    expect(breachesIn('docs/a.md', 'cd /srv/here/x', ['/srv/here'])).toEqual(['docs/a.md:1: a path of one machine']);
  });

  test('the lockfile names no host', () => {
    expect(breachesIn('package-lock.json', '"resolved": "https://example.org/a.tgz"')).toEqual([
      'package-lock.json: names a host',
    ]);
  });

  test('a test has to be able to fail', () => {
    const idle = ['.toBe' + 'Defined()', 'test' + '.skip(', 'it' + '.only(', 'describe' + '.todo('];
    for (const text of idle) {
      const line = text.startsWith('.') ? `expect(x)${text}` : text;
      expect(breachesIn('test/unit/a.test.ts', line)).toEqual(['test/unit/a.test.ts:1: a test that cannot fail']);
    }
  });

  test('libraries do not read the clock of the machine', () => {
    expect(breachesIn('market/a.ts', 'const t = new Date();')).toEqual(["market/a.ts:1: reads the machine's clock"]);
    expect(breachesIn('cli/a.ts', 'const t = new Date();')).toEqual([]);
  });
});

describe('docs/errors.md', () => {
  test('is what the table says', () => expect(errorsDocIsCurrent()).toBe(true));

  test('has one section for every code', () => {
    const sections = errorsDoc().match(/^## \w+$/gm);
    expect(sections).toEqual(Object.keys(errorTable).map((code) => `## ${code}`));
  });
});

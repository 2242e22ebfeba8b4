import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { commandLineDoc } from '../../scripts/command-line-doc.ts';
import { deadLinks, docBreaches } from '../../scripts/docs.ts';
import { staleSchemas } from '../../scripts/statement-schemas.ts';

const root = join(import.meta.dirname, '../..');

describe('pages and schemas', () => {
  test('say what their source says, and every link leads somewhere', () => expect(docBreaches(root)).toEqual([]));
  test('JSON schemas are those of the code', () => expect(staleSchemas()).toEqual([]));

  test('a link or a file name that leads nowhere is named', () => {
    const page =
      'see [a](../errors.md#x), [b](absent.md), [c](https://example.org/x), `core/errors.ts`, `core/absent.ts`';
    expect(deadLinks(root, 'docs/guides/page.md', page)).toEqual([
      'docs/guides/page.md: absent.md is not there',
      'docs/guides/page.md: core/absent.ts is not there',
    ]);
  });

  test('the reference of the command line does not depend on who writes it', () => {
    const before = process.env.ASSAY_KEY;
    process.env.ASSAY_KEY = 'elsewhere.pem';
    try {
      expect(commandLineDoc()).not.toContain('elsewhere');
      expect(process.env.ASSAY_KEY).toBe('elsewhere.pem');
    } finally {
      if (before === undefined) delete process.env.ASSAY_KEY;
      else process.env.ASSAY_KEY = before;
    }
  });
});

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runFile } from '../conformance/run.ts';

const counts = { statistics: 259, 'optimal-execution': 72, tca: 52 };

describe('published and recomputed answers, through public functions', () => {
  it.each(Object.entries(counts))('%s passes whole', async (topic, atLeast) => {
    const tally = await runFile(join(import.meta.dirname, '../vectors', `${topic}.json`));
    expect(tally.failures).toEqual([]);
    expect(tally.notImplemented).toBe(0);
    expect(tally.passed).toBeGreaterThanOrEqual(atLeast);
  });
});

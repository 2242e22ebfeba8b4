import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { differences } from '../conformance/compare.ts';
import { runFile, runFolder, tallyLine, total } from '../conformance/run.ts';
import { removeFolder } from '../support/temporary.ts';

const vectors = join(import.meta.dirname, '../vectors');
const whole = ['canonical-json', 'dsse', 'transparency-log'];

describe('the vectors of the repository', async () => {
  const tallies = await runFolder(vectors);

  it.each(tallies)('$topic: none fails', ({ failures }) => expect(failures).toEqual([]));

  it.each(whole)('%s passes whole', async (topic) => {
    const tally = await runFile(join(vectors, `${topic}.json`));
    expect(tally.notImplemented).toBe(0);
    expect(tally.passed).toBeGreaterThan(20);
  });
});

describe('the tolerance rule', () => {
  const passes = (got: unknown, want: unknown, tolerance = 0) => differences(got, want, { tolerance }).length === 0;

  it('is absolute below one and relative above', () => {
    expect(passes(0.5009, 0.5, 1e-3)).toBe(true);
    expect(passes(0.5011, 0.5, 1e-3)).toBe(false);
    expect(passes(1000.9, 1000, 1e-3)).toBe(true);
    expect(passes(1001.1, 1000, 1e-3)).toBe(false);
  });

  it('reaches numbers inside arrays and objects, and lengths are equal', () => {
    expect(passes({ a: [1, { b: 2.0001 }] }, { a: [1, { b: 2 }] }, 1e-3)).toBe(true);
    expect(passes({ a: [1, { b: 2.1 }] }, { a: [1, { b: 2 }] }, 1e-3)).toBe(false);
    expect(passes([1, 2], [1])).toBe(false);
    expect(passes(Float64Array.of(1, 2), [1, 2])).toBe(true);
  });

  it('NaN never passes for a number, and the spelled-out ones stand for themselves', () => {
    expect(passes(Number.NaN, 1, 1e9)).toBe(false);
    expect(passes(Number.NaN, 'NaN')).toBe(true);
    expect(passes(Infinity, 'Infinity')).toBe(true);
    expect(passes(Infinity, '-Infinity', 1)).toBe(false);
    expect(passes(Infinity, 5, 1)).toBe(false);
  });

  it('a missing key, another type and null for a value fail', () => {
    expect(passes({}, { a: null })).toBe(false);
    expect(passes({ a: '1' }, { a: 1 }, 1)).toBe(false);
    expect(passes({ a: null }, { a: 0 }, 1)).toBe(false);
    expect(passes(undefined, { a: 0 }, 1)).toBe(false);
  });

  it('AtLeast and AtMost are bounds without tolerance', () => {
    expect(passes({ mean: 5 }, { meanAtLeast: 5, meanAtMost: 5 }, 1)).toBe(true);
    expect(passes({ mean: 4.999 }, { meanAtLeast: 5 }, 1)).toBe(false);
    expect(passes({ mean: Number.NaN }, { meanAtMost: 5 }, 1)).toBe(false);
  });
});

describe('the runner', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'assay-conformance-'));
  });
  afterEach(() => removeFolder(folder));

  const write = (name: string, content: unknown) => writeFileSync(join(folder, name), JSON.stringify(content));
  const reject = (json: string, accepted: boolean) => ({
    id: json,
    given: { problem: 'reject', json },
    expect: { accepted },
    tolerance: 0,
  });

  it('counts what fails, what is absent, and never counts the absent as passed', async () => {
    write('a.json', { topic: 'canonical-json', vectors: [reject('{}', true), reject('{"a":1,"a":2}', true)] });
    write('b.json', { topic: 'nobody-wrote-this', vectors: [reject('{}', true)] });
    write('c.json', { topic: 'canonical-json', vectors: [{ ...reject('', true), given: { problem: 'toString' } }] });
    const tallies = await runFolder(folder);
    expect(tallies.map(tallyLine)).toEqual([
      'canonical-json passed=1 failed=1 not-implemented=0',
      'nobody-wrote-this passed=0 failed=0 not-implemented=1',
      'canonical-json passed=0 failed=0 not-implemented=1',
    ]);
    expect(tallyLine(total(tallies))).toBe('total passed=1 failed=1 not-implemented=2');
  });

  it('refuses a folder without vectors and a file of another form', async () => {
    await expect(runFolder(folder)).rejects.toThrow('no vector file');
    write('a.json', { topic: '../../core/digest', vectors: [] });
    await expect(runFolder(folder)).rejects.toThrow('not a vector file');
  });
});

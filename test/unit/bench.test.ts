import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const main = join(import.meta.dirname, '../../bench/main.ts');
const bench = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8' });

interface Row {
  readonly bench: string;
  readonly metric: string;
  readonly unit: string;
  readonly value: number;
  readonly peer: number | null;
  readonly ratio: number | null;
}

describe('npm run bench', () => {
  it('measures every room, an object a line', { timeout: 240_000 }, () => {
    const { status, stdout, stderr } = bench('--json', '--quick');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(['bench', 'metric', 'unit', 'value', 'peer', 'ratio']);
      expect(row.value).toBeGreaterThan(0);
      expect(Number.isFinite(row.value)).toBe(true);
    }
    expect(new Set(rows.map((row) => row.bench))).toEqual(
      new Set([
        'curation',
        'environment',
        'ppo-execution',
        'ppo-cart-pole',
        'ppo-update-256',
        'ppo-update-2048',
        'validation',
        'log-100',
        'gate-pass',
        'executor-decision',
      ]),
    );
    const compared = rows.filter((row) => row.peer !== null).map((row) => row.bench);
    expect(compared).toEqual(['curation', 'ppo-update-256', 'ppo-update-2048']);
    for (const { unit, value, peer, ratio } of rows) {
      if (peer === null) expect(ratio).toBeNull();
      else expect(ratio).toBeCloseTo(unit === 'ms' ? peer / value : value / peer, 9);
    }
  });

  it('prints the conditions and a table of one room', () => {
    const { status, stdout } = bench('risk', '--quick');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^.+, \d+ cores, .+\nNode v24\.\d+\.\d+, @duckdb\/node-api /);
    expect(stdout).toMatch(/^gate-pass +one pass, p50 +[\d.,]+ us$/m);
  });

  it('refuses a room or an option that there is not', () => {
    const room = bench('kitchen');
    expect([room.status, room.stderr.split('\n')[0]]).toEqual([2, 'no room is called kitchen']);
    expect(bench('--fast').status).toBe(2);
  });
});

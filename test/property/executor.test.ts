import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Random, randomStream } from '../../core/random.ts';
import { shortfallParts } from '../../market/inverse-shortfall.ts';
import { ACTION_SIZE, type Policy } from '../../market/policy.ts';
import { linesOf, ofKind, onPaper, task, wide } from '../support/paper.ts';
import { randomBookTape } from '../support/recorded-market.ts';

/** Decides anything, now and then what is no decision at all. */
function wild(seed: number, nonsense: number): Policy & { readonly bad: () => number } {
  const random = randomStream(seed, 'test/wild');
  let bad = 0;
  return {
    name: 'wild',
    bad: () => bad,
    decide(_observations, actions) {
      for (let i = 0; i < ACTION_SIZE; i++) actions[i] = random.below(3) === 0 ? random.below(2) : random.uniform();
      if (random.uniform() >= nonsense) return;
      bad++;
      if (random.below(4) === 0) throw new Error('a policy that breaks');
      actions[random.below(ACTION_SIZE)] = [Number.NaN, Number.POSITIVE_INFINITY, -0.1, 1.1][random.below(4)] ?? 2;
    },
  };
}

function anyLimits(random: Random): typeof wide {
  const one = <T>(...choices: T[]): T => choices[random.below(choices.length)];
  return {
    maxChildLots: one(task.lots, 60, 7),
    maxParentLots: one(task.lots, 150),
    priceCollarBps: one(1e4, 30, 8),
    maxParticipation: one(1, 0.5, 0.1),
    participationWindowMs: one(300_000, 1000),
    participationFreeLots: one(0, 20, task.lots),
    maxDataAgeMs: one(1e6, 100, 20),
  };
}

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

describe('under any policy, any limits and any market', () => {
  test('no parent is exceeded, everything ends closed, and the parts add up exactly', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const random = randomStream(seed, 'test/limits');
        const limits = anyLimits(random);
        const policy = wild(seed, 0.1);
        const { run, report, lines, gate } = await onPaper({ bookTape: randomBookTape(seed, 800), policy, limits });
        expect([run.complete, run.breaches, gate.openLots, gate.killed]).toEqual([true, 0, 0, false]);
        // By hand, apart from the reader: what was sent and not withdrawn is what filled.
        const [sent, cancelled, filled] = (['sent', 'cancelled', 'filled'] as const).map((event) =>
          ofKind(lines, event).reduce((sum, line) => sum + (line as { lots: number }).lots, 0),
        );
        expect(Number(sent) - Number(cancelled)).toBe(filled);
        for (const { opened, fills, closed } of run.parents) {
          const done = fills.reduce((sum, { lots }) => sum + lots, 0);
          expect(opened.lots).toBe(Math.min(task.lots, limits.maxParentLots));
          expect(done).toBeLessThanOrEqual(opened.lots);
          expect(done + (closed?.unfilledLots ?? Number.NaN)).toBe(opened.lots);
        }
        for (const { lots } of ofKind(lines, 'sent')) expect(lots).toBeLessThanOrEqual(limits.maxChildLots);
        expect(Object.values(run.undecided).reduce((sum, times) => sum + times, 0)).toBe(policy.bad());
        const { picoCoin } = report.total.shortfall;
        for (const { shortfall } of [report.total, ...report.parents.map(({ quality }) => quality)])
          expect(shortfallParts.reduce((sum, part) => sum + shortfall.picoCoin[part], 0)).toBe(
            shortfall.picoCoin.total,
          );
        for (const part of shortfallParts)
          expect(report.parents.reduce((sum, { quality }) => sum + quality.shortfall.picoCoin[part], 0)).toBe(
            picoCoin[part],
          );
      }),
      { numRuns: 60 },
    );
  });

  test('the same run has the same bytes', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, async (seed) => {
        const once = () => onPaper({ bookTape: randomBookTape(seed, 500), policy: wild(seed, 0.05), limits: wide });
        const [first, second] = [await once(), await once()];
        expect(first.bytes.equals(second.bytes)).toBe(true);
        expect(first.report).toEqual(second.report);
      }),
      { numRuns: 10 },
    );
  });

  test('after a kill nothing is sent, and what rests is withdrawn', async () => {
    await fc.assert(
      fc.asyncProperty(seeds, fc.integer({ min: 1, max: 60 }), async (seed, killAt) => {
        const inner = wild(seed, 0);
        let [decisions, before] = [0, 0];
        let kill = () => {};
        const policy: Policy = {
          name: 'killer',
          decide(...args) {
            if (++decisions === killAt) kill();
            return inner.decide(...args);
          },
        };
        const { lines, run, gate } = await onPaper({
          bookTape: randomBookTape(seed, 800),
          policy,
          onStart(gate, path) {
            kill = () => {
              gate.kill();
              before = linesOf(readFileSync(path)).length;
            };
          },
        });
        if (decisions < killAt) return;
        expect(ofKind(lines.slice(before), 'sent')).toEqual([]);
        expect([gate.killed, gate.openLots, run.complete]).toEqual([true, 0, true]);
        expect(run.parents.at(-1)?.closed?.why).toBe('killed');
        expect(decisions).toBe(killAt);
      }),
      { numRuns: 40 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { randomStream } from '../../core/random.ts';
import {
  fidelityGate,
  nonInferiority,
  replayVeto,
  shareOfFigure,
  shareOfGain,
  superiority,
} from '../../validation/gates.ts';

/** Costs on shared paths: a common part of 6 bps, an own part of `noise`, and a planted effect on the candidate. */
function planted({
  effect,
  n = 1500,
  noise = 1.5,
  seed = 1,
}: {
  effect: number;
  n?: number;
  noise?: number;
  seed?: number;
}) {
  const random = randomStream(seed, 'planted');
  const baseline = new Float64Array(n);
  const candidate = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const path = 6 * random.normal();
    baseline[i] = 3 + path + noise * random.normal();
    candidate[i] = 3 + path + noise * random.normal() + effect;
  }
  return { candidate, baseline };
}

const base = { name: 'Mean shortfall', against: 'TWAP, passive', seed: 7, resamples: 2000 };

describe('superiority', () => {
  it('passes a planted gain of twice the minimal detectable effect, and prints that effect', () => {
    const gate = superiority({ ...base, ...planted({ effect: -0.3 }) });
    expect(gate.passed).toBe(true);
    expect(gate.highBps).toBeLessThan(0);
    // (1.645 + 0.842) * 1.5 * sqrt(2) / sqrt(1500)
    expect(gate.minimalDetectableEffectBps).toBeCloseTo(0.136, 2);
    expect(gate.verdict).toMatch(/^cheaper by 0\.\d{3} bps, at least/);
  });

  it('refuses no effect, a loss, and a gain too small to be seen', () => {
    for (const effect of [0, 0.3, -0.02]) expect(superiority({ ...base, ...planted({ effect }) }).passed).toBe(false);
  });

  it('refuses a candidate that is the baseline, and one that is always just the same', () => {
    const { baseline } = planted({ effect: 0 });
    const gate = superiority({ ...base, candidate: baseline, baseline });
    expect(gate.passed).toBe(false);
    expect(gate.estimateBps).toBe(0);
  });

  it('is the same for the same seed, and pairs matter: shuffled pairs lose the power', () => {
    const pair = planted({ effect: -0.3 });
    expect(superiority({ ...base, ...pair })).toEqual(superiority({ ...base, ...pair }));
    const shuffled = { ...pair, baseline: pair.baseline.toReversed() };
    expect(superiority({ ...base, ...shuffled }).passed).toBe(false);
  });
});

describe('non-inferiority', () => {
  it('passes a small loss inside the margin and refuses one outside, in mean and in CVaR95', () => {
    const near = planted({ effect: 0.05 });
    const far = planted({ effect: 1 });
    for (const statistic of ['mean', 'cvar95'] as const) {
      const options = { ...base, statistic, marginBps: 0.8 };
      expect(nonInferiority({ ...options, ...near }).passed).toBe(true);
      expect(nonInferiority({ ...options, ...far }).passed).toBe(false);
    }
  });

  it('sees a tail that the mean hides', () => {
    const { candidate, baseline } = planted({ effect: -0.3 });
    for (let i = 0; i < candidate.length; i += 40) candidate[i] = baseline[i] + 10;
    expect(nonInferiority({ ...base, candidate, baseline, statistic: 'mean', marginBps: 0.5 }).passed).toBe(true);
    expect(nonInferiority({ ...base, candidate, baseline, statistic: 'cvar95', marginBps: 0.5 }).passed).toBe(false);
  });

  it('an inconclusive comparison is not a pass: too few episodes fail', () => {
    const pair = planted({ effect: 0, n: 12 });
    expect(nonInferiority({ ...base, ...pair, statistic: 'mean', marginBps: 0.3 }).passed).toBe(false);
  });

  it('margins', () => {
    expect(shareOfFigure(-4, 0.1)).toBeCloseTo(0.4);
    expect(shareOfGain(5, 4, 0.25)).toBeCloseTo(0.25);
    expect(shareOfGain(4, 5, 0.25)).toBe(0);
  });
});

describe('replay veto', () => {
  const replay = { ...base, everyMs: 5000, horizonMs: 60_000 };
  /** Overlapping windows: neighbours share noise. */
  function overlapping(effect: number, starts = 29, noiseBps = 6) {
    const random = randomStream(3, 'replay');
    const noise = Float64Array.from({ length: starts + 12 }, () => random.normal());
    const shared = Float64Array.from({ length: starts }, (_, i) => noise.slice(i, i + 12).reduce((a, b) => a + b) / 12);
    const smooth = shared.map((x) => x - shared.reduce((a, b) => a + b) / starts);
    const baseline = { sell: smooth.map((x) => 3 + 5 * x), buy: smooth.map((x) => 3 - 5 * x) };
    const candidate = {
      sell: baseline.sell.map((x, i) => x + effect + noiseBps * smooth[i]),
      buy: baseline.buy.map((x, i) => x + effect + noiseBps * smooth[i]),
    };
    return { candidate, baseline };
  }

  it('says how many independent blocks 29 overlapping starts are, and that it is underpowered', () => {
    const gate = replayVeto({ ...replay, ...overlapping(0) });
    expect(gate.blocks).toBe(2);
    expect(gate.underpowered).toBe(true);
    expect(gate.passed).toBe(true);
    expect(gate.verdict).toContain('2 independent blocks, underpowered');
  });

  it('vetoes a point estimate more than 1 bp worse, even where nothing is significant', () => {
    const gate = replayVeto({ ...replay, ...overlapping(2) });
    expect(gate.passed).toBe(false);
    expect(gate.lowBps).toBeLessThan(0);
  });

  it('vetoes a small but significant loss where there is data enough', () => {
    const gate = replayVeto({ ...replay, ...overlapping(0.5, 2400, 2) });
    expect(gate.estimateBps).toBeLessThan(1);
    expect(gate.lowBps).toBeGreaterThan(0);
    expect(gate.underpowered).toBe(false);
    expect(gate.passed).toBe(false);
  });

  it('a bound that is not a number is no licence', () => {
    const spike = Float64Array.from({ length: 40 }, (_, i) => (i === 7 ? 1e-300 : 0));
    const zero = new Float64Array(40);
    const sides = { candidate: { sell: spike, buy: spike }, baseline: { sell: zero, buy: zero } };
    const gate = replayVeto({ ...replay, ...sides, horizonMs: 5000 });
    expect(gate.passed).toBe(gate.lowBps !== null && gate.lowBps <= 0);
  });

  it('with a single block there is no interval, and it says so', () => {
    const gate = replayVeto({ ...replay, ...overlapping(0, 8) });
    expect([gate.lowBps, gate.highBps, gate.minimalDetectableEffectBps]).toEqual([null, null, null]);
    expect(gate.verdict).toContain('1 independent block, underpowered');
  });
});

describe('what is missing or not finite denies', () => {
  const pair = planted({ effect: -0.5, n: 200 });
  const refuses = (run: () => unknown) => expect(run).toThrow(expect.objectContaining({ code: 'ASSAY_NOT_FINITE' }));

  it.each([Number.NaN, Infinity, -Infinity, undefined as unknown as number])('a cost of %s', (bad) => {
    const broken = Array.from(pair.candidate);
    broken[17] = bad;
    refuses(() => superiority({ ...base, ...pair, candidate: broken }));
    refuses(() => superiority({ ...base, ...pair, baseline: broken }));
    const sides = { sell: pair.baseline, buy: pair.baseline };
    const replay = { ...base, everyMs: 5000, horizonMs: 60_000, baseline: sides };
    refuses(() => replayVeto({ ...replay, candidate: { sell: broken, buy: pair.candidate } }));
  });

  it('an episode too few on either side, no episode, a margin that is NaN', () => {
    refuses(() => superiority({ ...base, ...pair, candidate: pair.candidate.subarray(1) }));
    refuses(() => superiority({ ...base, ...pair, baseline: pair.baseline.subarray(1) }));
    refuses(() => superiority({ ...base, candidate: [], baseline: [] }));
    refuses(() => nonInferiority({ ...base, ...pair, statistic: 'mean', marginBps: Number.NaN }));
  });
});

describe('fidelity', () => {
  const row = (value: number) => ({ name: 'spread', capture: { low: 1, high: 2 }, simulated: { value } });
  it('passes inside and on the edge, refuses outside, NaN and an empty table', () => {
    expect(fidelityGate([row(1), row(2), row(1.5)]).passed).toBe(true);
    expect(fidelityGate([row(1.5), row(2.01)])).toMatchObject({ passed: false, verdict: 'outside: spread' });
    expect(fidelityGate([row(Number.NaN)]).passed).toBe(false);
    expect(fidelityGate([]).passed).toBe(false);
  });
});

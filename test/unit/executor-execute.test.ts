import { beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits, limitsOf } from '../../executor/limits.ts';
import { imbalanceRule } from '../../market/imbalance-rule.ts';
import type { Policy } from '../../market/policy.ts';
import { loadPolicy } from '../../market/policy-onnx.ts';
import { replayOrders } from '../../market/replay-run.ts';
import { type ScheduleSpec, schedulePolicy } from '../../market/schedules.ts';
import { allocateTape, type BookTape, QUOTE, TRADE } from '../../market/tape.ts';
import { costs, ofKind, onPaper, task, wide } from '../support/paper.ts';
import { nanPolicyBytes } from '../support/policy-files.ts';
import { noChanges, randomBookTape } from '../support/recorded-market.ts';

const even: ScheduleSpec = {
  ...{ kind: 'schedule', family: 'twap', children: 'taker', slices: 20, lead: 0 },
  ...{ tolerance: 1, participation: 0, urgency: 0, volumeCurve: [0, 1] },
};
const passive: ScheduleSpec = { ...even, children: 'passive', lead: 0.25, tolerance: 0.1 };
const always = (post: number, cross: number, guard = 1): Policy => ({
  name: 'always',
  decide: (_observations, actions) => actions.set([post, cross, guard]),
});

type Event = readonly [timeMs: number, bid: number, ask: number, tradeTicks?: number, tradeLots?: number];
/** A tape by hand; 50 lots stand at either touch. */
function tapeOf(events: readonly Event[]): BookTape {
  const tape = allocateTape(events.length);
  for (const [i, [timeMs, bid, ask, tradeTicks = 0, tradeLots = 0]] of events.entries()) {
    tape.timeMs[i] = timeMs;
    tape.kind[i] = tradeLots === 0 ? QUOTE : TRADE;
    [tape.bidTicks[i], tape.askTicks[i], tape.bidLots[i], tape.askLots[i]] = [bid, ask, 50, 50];
    [tape.tradeTicks[i], tape.tradeLots[i]] = [tradeTicks, tradeLots];
  }
  return { tape, changes: noChanges };
}
/** A market that stands still, with an event every 100 ms. */
const still = (ms: number, from = 0): Event[] =>
  Array.from({ length: ms / 100 + 1 }, (_, i) => [from + 100 * i, 9999, 10_001]);

describe('behind a gate that lets everything pass', () => {
  test.each([
    ['an even schedule', schedulePolicy(even)],
    ['a passive schedule', schedulePolicy(passive)],
    ['the imbalance rule', imbalanceRule(0.3)],
  ])('%s costs what the replay says, which knows no gate and no journal', async (_, policy) => {
    for (const seed of [1, 2, 3]) {
      const bookTape = randomBookTape(seed, 800);
      const { report } = await onPaper({ bookTape, policy });
      const { costsBps } = await replayOrders({ bookTape, policy, costs, task, everyMs: 1e6 });
      expect(report.parents[0].side).toBe('sell');
      expect(report.parents[0].quality.shortfall.bps.total).toBeCloseTo(costsBps[0], 5);
    }
  });

  test('orders follow one another without a gap, sells and buys in turn', async () => {
    const { run } = await onPaper({ bookTape: randomBookTape(5, 800), policy: imbalanceRule(0.9) });
    expect(run.parents.length).toBeGreaterThan(5);
    for (const [i, { opened }] of run.parents.entries()) {
      expect(opened.side).toBe(i % 2 === 0 ? 'sell' : 'buy');
      if (i > 0) expect(opened.timeMs).toBe(run.parents[i - 1].closed?.timeMs);
    }
  });

  test('data that is shorter than an order is traded by nobody', async () => {
    const { run, report } = await onPaper({ bookTape: tapeOf(still(3000)), policy: always(1, 0) });
    expect([run.parents, report.total.lots, report.total.makerShare]).toEqual([[], 0, null]);
  });
});

describe('a fill', () => {
  test('is told with the mid before it, not the one it moved', async () => {
    // Somebody buys through our offer, and the quote follows, within one step of the reaction clock.
    const events: Event[] = [
      ...still(1000),
      [1001, 9999, 10_001, 10_005, 80],
      [1002, 10_009, 10_011],
      [4500, 10_009, 10_011],
    ];
    const { lines } = await onPaper({ bookTape: tapeOf(events), policy: always(1, 0) });
    expect(ofKind(lines, 'filled')[0]).toMatchObject({
      ...{ lots: 80, ticks: 10_001, quoteTicks: 10_001, midTicks: 10_000, liquidity: 'maker', timeMs: 1010 },
    });
  });

  test('that takes is told with the touch it crossed to, and pays beyond it for its own pressure', async () => {
    const { lines, report } = await onPaper({ bookTape: tapeOf(still(4500)), policy: always(0, 0.5) });
    const [first, second] = ofKind(lines, 'filled');
    expect(first).toMatchObject({ lots: 100, ticks: 9999, quoteTicks: 9999, midTicks: 10_000, liquidity: 'taker' });
    expect(second).toMatchObject({ lots: 50, quoteTicks: 9999, midTicks: 10_000 });
    expect(second.ticks).toBeLessThan(9999);
    expect(report.parents[0].quality.shortfall.picoCoin.impact).toBeGreaterThan(0);
  });
});

describe('the gate', () => {
  test('lets be taken what the volume allows, and what is left at the end is opportunity, at the mid of the end', async () => {
    // 100 lots trade once; the price falls by 10 ticks just before the end.
    const events: Event[] = [
      [0, 9999, 10_001],
      [50, 9999, 10_001, 10_001, 100],
      ...still(3800, 100),
      [3950, 9989, 9991],
    ];
    events.push([4000, 9989, 9991]);
    const limits = { ...wide, maxParticipation: 0.2, participationFreeLots: 0 };
    const { report, lines } = await onPaper({
      bookTape: tapeOf(events),
      policy: always(0, 1),
      limits,
    });
    const [parent] = report.parents;
    // own <= 0.2 * (100 + own)
    expect([parent.quality.filledLots, parent.why]).toEqual([25, 'horizon']);
    expect(ofKind(lines, 'denied')[0]).toMatchObject({ reason: 'participation', lots: 200, kind: 'market' });
    expect(report.gate.denied.participation).toBe(21);
    const { picoCoin } = parent.quality.shortfall;
    const worth = (lots: number, ticks: number) => Math.round((1e12 * lots * 100 * 10) / ticks);
    expect(picoCoin.opportunity).toBe(-(worth(175, 10_000) - worth(175, 9990)));
    expect(picoCoin.opportunity).toBeGreaterThan(0);
  });

  test('sends no child that is larger than one may be', async () => {
    const limits = { ...wide, maxChildLots: 30 };
    const resting = await onPaper({ bookTape: randomBookTape(7, 800), policy: always(1, 0), limits });
    const taking = await onPaper({ bookTape: randomBookTape(7, 800), policy: always(0, 1), limits });
    expect(Math.max(...ofKind(resting.lines, 'sent').map(({ lots }) => lots))).toBe(30);
    expect(resting.report.total.filledLots).toBeGreaterThan(0);
    expect(taking.report.parents[0].quality.filledLots).toBe(200);
  });

  test('sends nothing on stale data', async () => {
    // Silent from 1000 ms on but for a last event at 5000 ms.
    const events: Event[] = [...still(1000), [5000, 9999, 10_001]];
    const limits = { ...wide, maxDataAgeMs: 500 };
    const { report, lines } = await onPaper({ bookTape: tapeOf(events), policy: always(0, 0.1), limits });
    for (const { timeMs } of ofKind(lines, 'sent')) expect(timeMs).toBeLessThanOrEqual(1500);
    expect(ofKind(lines, 'denied').map(({ reason }) => reason)).toContain('stale-data');
    expect(report.parents[0]).toMatchObject({ why: 'horizon' });
    expect(report.total.filledLots).toBeGreaterThan(0);
    expect(report.total.filledLots).toBeLessThan(200);
  });

  test('sends nothing beyond the collar', async () => {
    // Half a spread of 50 bps.
    const events = Array.from({ length: 42 }, (_, i): Event => [100 * i, 9950, 10_050]);
    const limits = { ...wide, priceCollarBps: 49 };
    const crossing = await onPaper({ bookTape: tapeOf(events), policy: always(0, 1), limits });
    expect([crossing.report.total.filledLots, crossing.report.gate.denied]).toEqual([0, { 'price-collar': 21 }]);
    const resting = await onPaper({ bookTape: tapeOf(events), policy: always(1, 0), limits });
    expect(resting.report.gate.sent.limit).toEqual({ children: 1, lots: 200 });
  });

  test('writes equal denials as one line and a count', async () => {
    const limits = { ...wide, priceCollarBps: 49 };
    const events = Array.from({ length: 42 }, (_, i): Event => [100 * i, 9950, 10_050]);
    const { lines } = await onPaper({ bookTape: tapeOf(events), policy: always(0, 1), limits });
    const of = lines.slice(2, 4);
    expect(of).toMatchObject([
      { event: 'denied', timeMs: 0 },
      { event: 'denied-again', times: 20, timeMs: 4000 },
    ]);
  });
});

describe('a policy that does not decide', () => {
  let nan: Policy;
  beforeAll(async () => {
    nan = await loadPolicy(nanPolicyBytes(), 'nan');
  });

  test('NaN posts nothing and takes nothing until the time is up', async () => {
    const { report, lines } = await onPaper({ bookTape: randomBookTape(3, 800), policy: nan });
    const [opened, closed] = [ofKind(lines, 'opened')[0], ofKind(lines, 'closed')[0]];
    expect(ofKind(lines, 'undecided').length).toBe(20 * report.parents.length);
    expect(ofKind(lines, 'sent').every(({ kind }) => kind === 'market')).toBe(true);
    expect(ofKind(lines, 'sent')[0].timeMs).toBe(closed.timeMs);
    expect(closed.timeMs).toBe(opened.timeMs + task.horizonMs);
    expect(report.gate.undecided).toEqual({ ASSAY_NOT_FINITE: 20 * report.parents.length });
  });

  test.each([
    ['breaks', () => Promise.reject(new Error('no'))],
    ['writes nothing', () => {}],
    ['asks for more than there is', (_: unknown, actions: Float32Array) => actions.set([0, 1.01, 1])],
    ['asks for less than nothing', (_: unknown, actions: Float32Array) => actions.set([-0.01, 0, 1])],
  ])('one that %s withdraws what rested', async (_, fail) => {
    let decisions = 0;
    const policy: Policy = {
      name: 'fails',
      decide: (observations, actions) => (decisions++ < 2 ? actions.set([1, 0, 1]) : fail(observations, actions)),
    };
    const { lines } = await onPaper({ bookTape: tapeOf(still(4500)), policy });
    const [sent, cancelled] = [ofKind(lines, 'sent'), ofKind(lines, 'cancelled')];
    expect([sent[0], cancelled[0]]).toMatchObject([
      { kind: 'limit', lots: 200, timeMs: 0 },
      { lots: 200, timeMs: 2 * task.decisionMs },
    ]);
    expect(ofKind(lines, 'undecided')).toHaveLength(18);
  });
});

describe('a cancel', () => {
  test('withdraws what rests, closes the order and the journal, and says so', async () => {
    const abort = new AbortController();
    let decisions = 0;
    const policy: Policy = {
      name: 'rests',
      decide(_observations, actions) {
        if (++decisions === 4) abort.abort();
        actions.set([1, 0, 1]);
      },
    };
    const { thrown, run, lines, gate } = await onPaper({
      bookTape: tapeOf(still(9000)),
      policy,
      signal: abort.signal,
    });
    expect(thrown).toMatchObject({ code: 'ASSAY_CANCELLED' });
    expect([decisions, gate.openLots, run.complete]).toEqual([4, 0, true]);
    expect(run.parents).toMatchObject([{ closed: { why: 'killed', unfilledLots: 200 } }]);
    expect(ofKind(lines, 'cancelled')).toMatchObject([{ lots: 200 }]);
  });
});

describe('limits', () => {
  test("are those that were signed, and the house's where nothing was", () => {
    expect(limitsOf({}, { lots: 100 })).toEqual(defaultLimits({ lots: 100 }));
    expect(limitsOf({ maxParticipation: 0.1 }, { lots: 100 })).toEqual({
      ...defaultLimits({ lots: 100 }),
      maxParticipation: 0.1,
    });
  });

  test('that cannot be enforced are refused', () => {
    expect(() => limitsOf({ maxDrawdown: 3 }, { lots: 100 })).toThrow(
      expect.objectContaining({
        code: 'ASSAY_CONFIG_UNKNOWN_KEY',
        params: expect.objectContaining({ key: 'maxDrawdown' }),
      }),
    );
  });

  test('a parent is no larger than the approval allows', async () => {
    const { report } = await onPaper({
      bookTape: tapeOf(still(4500)),
      policy: always(1, 0),
      limits: { ...wide, maxParentLots: 70 },
    });
    expect(report.parents[0].quality.lots).toBe(70);
  });
});

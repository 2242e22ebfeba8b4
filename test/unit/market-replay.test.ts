import { describe, expect, test } from 'vitest';
import { streamKey } from '../../core/random.ts';
import { walkBook } from '../../market/cost.ts';
import { OBSERVATION_SIZE, observe } from '../../market/observation.ts';
import { ACTION_SIZE, type Policy } from '../../market/policy.ts';
import { executionCosts } from '../../market/profile.ts';
import { ReplayFeed } from '../../market/replay.ts';
import { replayOrders } from '../../market/replay-run.ts';
import { type ScheduleSpec, schedulePolicy } from '../../market/schedules.ts';
import { type ExecutionCosts, ExecutionSession, type Fill } from '../../market/session.ts';
import { type BookTape, TRADE } from '../../market/tape.ts';
import type { FeedListener, MarketView } from '../../market/view.ts';
import {
  noChanges,
  randomBookTape,
  recordBookTape,
  simulatedMarket,
  syntheticProfile,
} from '../support/recorded-market.ts';

const costs: ExecutionCosts = {
  makerFeeBps: 2,
  takerFeeBps: 5,
  transientTicksPerLot: 0.01,
  impactDecayMs: 1000,
  permanentTicksPerLot: 0.001,
};
const task = { lots: 40, horizonMs: 5000, decisionMs: 500 };
const passiveTwap: Policy = schedulePolicy({
  kind: 'schedule',
  family: 'twap',
  children: 'passive',
  slices: 10,
  lead: 0.3,
  tolerance: 0.2,
  participation: 0.1,
  urgency: 0,
  volumeCurve: [0, 1],
} satisfies ScheduleSpec);

/** Every call, with what the view shows at it. */
function listen(view: MarketView): { heard: string[]; listener: FeedListener } {
  const heard: string[] = [];
  const shown = () => `${view.timeMs} ${view.bidTicks}x${view.bidLots} ${view.askTicks}x${view.askLots}`;
  return {
    heard,
    listener: {
      onTrade: (ticks, lots) => heard.push(`trade ${lots}@${ticks} ${shown()}`),
      onQuote: () => heard.push(`quote ${shown()}`),
      onClock: () => heard.push(`clock ${shown()}`),
    },
  };
}

/** The rule of a replay said again, slowly: look at every step, search the whole tape for its events. */
function naive({ tape }: BookTape): string[] {
  const heard: string[] = [];
  const origin = tape.timeMs[0];
  const quoteAt = (ms: number) => {
    const i = tape.timeMs.findLastIndex((t) => t <= ms);
    return `${tape.bidTicks[i]}x${tape.bidLots[i]} ${tape.askTicks[i]}x${tape.askLots[i]}`;
  };
  for (let end = origin + 10; end <= tape.timeMs[tape.length - 1]; end += 10) {
    const trades: string[] = [];
    const shown = `${end} ${quoteAt(end)}`;
    for (let i = 0; i < tape.length; i++)
      if (tape.kind[i] === TRADE && tape.timeMs[i] > end - 10 && tape.timeMs[i] <= end)
        trades.push(`trade ${tape.tradeLots[i]}@${tape.tradeTicks[i]} ${shown}`);
    if (trades.length > 0 || quoteAt(end) !== quoteAt(end - 10))
      heard.push(...trades, `quote ${shown}`, `clock ${shown}`);
  }
  return heard;
}

describe('a replay', () => {
  test.each([1, 2, 3])('tells what a search of the whole tape finds, tape %i', (seed) => {
    const bookTape = randomBookTape(seed, 400, 1_723_161_255_123.25);
    const feed = new ReplayFeed(bookTape);
    const { heard, listener } = listen(feed);
    for (let ms = feed.originMs; ms <= feed.endMs; ms += 70) feed.advance(ms, listener);
    feed.advance(feed.endMs, listener);
    expect(heard).toEqual(naive(bookTape));
    expect(heard.length).toBeGreaterThan(300);
  });

  test('shows the same after seeking anywhere, forwards or back', () => {
    const bookTape = randomBookTape(4, 600);
    const [walked, sought] = [new ReplayFeed(bookTape), new ReplayFeed(bookTape)];
    for (const part of [0.7, 0.2, 0.5, 0]) {
      const ms = walked.originMs + 10 * Math.floor((part * (walked.endMs - walked.originMs)) / 10);
      const fresh = new ReplayFeed(bookTape);
      fresh.advance(ms, null);
      sought.seek(ms + 3);
      const of = (feed: ReplayFeed) => [
        feed.timeMs,
        feed.eventMs,
        feed.bidTicks,
        feed.askLots,
        feed.slippageTicks(1, 500),
      ];
      expect(of(sought)).toEqual(of(fresh));
    }
  });

  test('charges beyond the touch what a walk through the rebuilt book costs', () => {
    const bookTape = randomBookTape(5, 500);
    const { tape, changes } = bookTape;
    const feed = new ReplayFeed(bookTape);
    let charged = 0;
    for (let ms = feed.originMs; ms <= feed.endMs; ms += 500) {
      feed.advance(ms, null);
      const levels = new Map<string, number>();
      for (let i = 0; i < changes.length; i++)
        if (tape.timeMs[changes.row[i]] <= ms) levels.set(`${changes.side[i]} ${changes.ticks[i]}`, changes.lots[i]);
      for (const side of [1, -1] as const) {
        const touch = side > 0 ? feed.askTicks : feed.bidTicks;
        const behind = [...levels]
          .map(([key, quantity]) => ({ of: Number(key.split(' ')[0]), price: Number(key.split(' ')[1]), quantity }))
          .filter((level) => level.of === -side && level.quantity > 0 && side * (level.price - touch) > 0)
          .sort((a, b) => side * (a.price - b.price));
        const levelsOf = [{ price: touch, quantity: side > 0 ? feed.askLots : feed.bidLots }, ...behind];
        const all = levelsOf.reduce((sum, { quantity }) => sum + quantity, 0);
        for (const lots of [1, 60, 200].filter((size) => size <= all)) {
          const book = side > 0 ? { bids: [], asks: levelsOf } : { bids: levelsOf, asks: [] };
          const average = walkBook(book, side, lots).average ?? Number.NaN;
          expect(feed.slippageTicks(side, lots)).toBeCloseTo(side * (average - touch), 9);
          if (average !== touch) charged++;
        }
      }
    }
    expect(charged).toBeGreaterThan(50);
  });

  test('says that the data has ended and stands still there', () => {
    const feed = new ReplayFeed(randomBookTape(6, 100));
    feed.advance(feed.endMs, null);
    expect(feed.ended).toBe(false);
    feed.advance(feed.endMs + 10, null);
    expect([feed.ended, feed.timeMs]).toEqual([true, feed.endMs]);
    feed.seek(feed.originMs);
    expect(feed.ended).toBe(false);
  });

  test('keeps to its segment, with the book that the time before it built', () => {
    const bookTape = randomBookTape(7, 1000);
    const whole = new ReplayFeed(bookTape);
    const fromMs = bookTape.tape.timeMs[500];
    const part = new ReplayFeed(bookTape, { fromMs, toMs: fromMs + 2005 });
    expect([part.originMs, part.endMs]).toEqual([fromMs, fromMs + 2000]);
    whole.advance(whole.originMs + 10 * Math.ceil((fromMs - whole.originMs) / 10), null);
    part.seek(part.endMs);
    expect(part.slippageTicks(1, 1000)).toBeGreaterThan(0);
    expect(() => part.seek(fromMs - 10)).toThrow('start of a replay');
  });

  test('refuses a tape whose time runs back, is no number, or that never shows a whole quote', () => {
    const refuse = (change: (bookTape: BookTape) => void) => {
      const bookTape = randomBookTape(8, 50);
      change(bookTape);
      return () => new ReplayFeed(bookTape);
    };
    const quality = expect.objectContaining({ code: 'ASSAY_DATASET_QUALITY' });
    expect(refuse(({ tape }) => (tape.timeMs[20] = tape.timeMs[19] - 1))).toThrow(quality);
    expect(refuse(({ tape }) => (tape.timeMs[49] = Number.NaN))).toThrow(quality);
    expect(refuse(({ tape }) => tape.bidTicks.fill(0))).toThrow(quality);
  });
});

/** One order in any feed: its fills. */
async function work(
  feed: MarketView & { advance(ms: number, listener: FeedListener): void },
  side: 1 | -1,
): Promise<Fill[]> {
  const fills: Fill[] = [];
  const session = new ExecutionSession(feed, costs, { onFill: (fill) => fills.push(fill) });
  const observations = new Float32Array(OBSERVATION_SIZE);
  const actions = new Float32Array(ACTION_SIZE);
  session.start({ side, lots: task.lots, horizonMs: task.horizonMs });
  for (let t = 0; t < task.horizonMs / task.decisionMs; t++) {
    observe(session, observations, 0);
    await passiveTwap.decide(observations, actions, 1);
    session.act(actions[0], actions[1], actions[2]);
    feed.advance(feed.timeMs + task.decisionMs, session);
  }
  session.complete();
  return fills;
}

describe('simulator and replay', () => {
  test('fill the same orders alike when the same events pass', async () => {
    const market = simulatedMarket(syntheticProfile(1));
    const key = streamKey(1, 'test/replay');
    let makers = 0;
    for (let path = 0; path < 30; path++) {
      for (const side of [1, -1] as const) {
        market.reset(key, path);
        const bookTape = recordBookTape(market, 6);
        market.reset(key, path);
        const simulated = await work(market, side);
        const replayed = await work(new ReplayFeed(bookTape), side);
        expect(replayed.length).toBe(simulated.length);
        for (const [i, fill] of replayed.entries()) {
          expect({ ...fill, ticks: 0 }).toEqual({ ...simulated[i], ticks: 0 });
          expect(fill.ticks).toBeCloseTo(simulated[i].ticks, 9);
        }
        makers += simulated.filter(({ liquidity }) => liquidity === 'maker').length;
      }
    }
    expect(makers).toBeGreaterThan(60);
  });
});

describe('parent orders on a replay', () => {
  test('cost together what each costs alone', async () => {
    const bookTape = randomBookTape(9, 2000);
    const run = { bookTape, policy: passiveTwap, costs, task, everyMs: 1500 };
    const together = await replayOrders(run);
    const feed = new ReplayFeed(bookTape);
    const expected = Math.floor((feed.endMs - feed.originMs - task.horizonMs) / run.everyMs) + 1;
    expect(together.costsBps.length).toBe(2 * expected);
    let makerLots = 0;
    for (let i = 0; i < together.costsBps.length; i++) {
      feed.seek(together.startMs[i]);
      const side = together.side[i] as 1 | -1;
      expect([together.startMs[i], side]).toEqual([
        feed.originMs + Math.floor(i / 2) * run.everyMs,
        i % 2 === 0 ? -1 : 1,
      ]);
      const arrival = (feed.bidTicks + feed.askTicks) / 2;
      const fills = await work(feed, side);
      const bps = fills.reduce((sum, { lots, ticks, liquidity }) => {
        const fee = ((liquidity === 'maker' ? 2 : 5) * arrival) / ticks;
        return sum + (lots / task.lots) * (1e4 * side * (1 - arrival / ticks) + fee);
      }, 0);
      expect(together.costsBps[i]).toBeCloseTo(bps, 9);
      makerLots += fills.reduce((sum, { lots, liquidity }) => sum + (liquidity === 'maker' ? lots : 0), 0);
    }
    expect(together.makerShare).toBeCloseTo(makerLots / task.lots / together.costsBps.length, 9);
    expect(new Set(together.costsBps).size).toBeGreaterThan(expected);
  });

  test('are left out where the data ends before their horizon', async () => {
    const bookTape = randomBookTape(10, 100);
    const { endMs, originMs } = new ReplayFeed(bookTape);
    const horizonMs = 500 * Math.floor((endMs - originMs) / 500);
    const run = { bookTape, policy: passiveTwap, costs, everyMs: 5000 };
    expect((await replayOrders({ ...run, task: { ...task, horizonMs } })).costsBps.length).toBe(2);
    expect((await replayOrders({ ...run, task: { ...task, horizonMs: horizonMs + 500 } })).costsBps.length).toBe(0);
    const broken = replayOrders({ ...run, task: { ...task, decisionMs: Number.NaN } });
    await expect(broken).rejects.toMatchObject({ code: 'ASSAY_CONFIG_OUT_OF_BOUNDS' });
  });

  test('a tape without levels behind the touch charges nothing beyond it', () => {
    const { tape } = randomBookTape(11, 50);
    expect(new ReplayFeed({ tape, changes: noChanges }).slippageTicks(-1, 10_000)).toBe(0);
  });
});

test('costs of a profile are those a session is given', () => {
  expect(executionCosts(syntheticProfile(2))).toEqual(costs);
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { implementationShortfall, spreads, walkBook } from '../../market/cost.ts';
import { btcusdPerp } from '../../market/instrument.ts';
import { type InverseOrder, inverseShortfall, shortfallParts } from '../../market/inverse-shortfall.ts';

const ticks = fc.integer({ min: 500_000, max: 700_000 }).map((half) => half / 2 + 250_000);
const side = fc.constantFrom(1 as const, -1 as const);
const fill = fc.record({
  lots: fc.integer({ min: 1, max: 400 }),
  ticks,
  midTicks: ticks,
  quoteTicks: ticks,
  feeBps: fc.constantFrom(2, 5, -1, 0),
});
const order = fc
  .record({
    side,
    extra: fc.integer({ min: 0, max: 500 }),
    decisionTicks: ticks,
    arrivalTicks: ticks,
    endTicks: ticks,
    fills: fc.array(fill, { maxLength: 20 }),
  })
  .map(({ extra, ...rest }): InverseOrder => {
    const filled = rest.fills.reduce((sum, { lots }) => sum + lots, 0);
    return { instrument: btcusdPerp, ...rest, lots: filled + extra || 1 };
  });

describe('shortfall of an inverse perpetual', () => {
  it('parts add up to the total with nothing left over', () => {
    fc.assert(
      fc.property(order, (given) => {
        const { picoCoin, bps } = inverseShortfall(given);
        const sum = shortfallParts.reduce((all, part) => all + BigInt(picoCoin[part]), 0n);
        expect(sum).toBe(BigInt(picoCoin.total));
        const bpsSum = shortfallParts.reduce((all, part) => all + bps[part], 0);
        expect(bpsSum).toBeCloseTo(bps.total, 8);
      }),
    );
  });

  it('is the money that is missing: profit of the paper order less profit of the real one, in coin', () => {
    fc.assert(
      fc.property(order, (given) => {
        const coin = (lots: number, at: number) => (lots * 100 * 10) / at;
        const paper = given.side * (coin(given.lots, given.decisionTicks!) - coin(given.lots, given.endTicks));
        const actual = given.fills.reduce((sum, { lots, ticks: price, feeBps }) => {
          return (
            sum + given.side * (coin(lots, price) - coin(lots, given.endTicks)) - (coin(lots, price) * feeBps) / 1e4
          );
        }, 0);
        const total = inverseShortfall(given).picoCoin.total / 1e12;
        // Every fill is rounded a handful of times, by half of 1e-12 at most.
        expect(Math.abs(total - (paper - actual))).toBeLessThan(1e-12 * (4 + 6 * given.fills.length));
      }),
    );
  });

  it('agrees with a hand-made case: 10 contracts bought six ticks above the mid, 5 bps fee', () => {
    const result = inverseShortfall({
      instrument: btcusdPerp,
      side: 1,
      lots: 10,
      arrivalTicks: 600_000,
      endTicks: 600_000,
      fills: [{ lots: 10, ticks: 600_006, midTicks: 600_000, feeBps: 5 }],
    });
    // 1,000 USD at 60,000.0 is 0.016666666667 coin; spread 1 - 600000/600006 = 0.1 bp; fee 5 bps of the fill's worth.
    expect(result.picoCoin.arrivalNotional).toBe(16_666_666_667);
    expect(result.bps.spread).toBeCloseTo(0.099999, 5);
    expect(result.bps.fees).toBeCloseTo(4.99995, 5);
    expect(result.bps.total).toBeCloseTo(5.09995, 5);
    expect([result.bps.delay, result.bps.timing, result.bps.impact, result.bps.opportunity]).toEqual([0, 0, 0, 0]);
  });

  it('a sell is the buy with the sign of every price part turned', () => {
    const buy = { instrument: btcusdPerp, side: 1, lots: 5, arrivalTicks: 600_000, endTicks: 600_300 } as const;
    const fills = [{ lots: 3, ticks: 600_100, midTicks: 600_050, feeBps: 0 }];
    const bought = inverseShortfall({ ...buy, fills });
    const sold = inverseShortfall({ ...buy, side: -1, fills });
    for (const part of shortfallParts) expect(sold.picoCoin[part]).toBe(-bought.picoCoin[part] || 0);
  });

  it('refuses NaN, a price of 0 and more fills than were ordered', () => {
    const good = { instrument: btcusdPerp, side: 1, lots: 5, arrivalTicks: 600_000, endTicks: 600_000 } as const;
    const one = { lots: 5, ticks: 600_000, midTicks: 600_000, feeBps: 5 };
    for (const bad of [
      { ticks: Number.NaN },
      { ticks: 0 },
      { midTicks: Number.NaN },
      { feeBps: Number.NaN },
      { lots: Number.NaN },
    ])
      expect(() => inverseShortfall({ ...good, fills: [{ ...one, ...bad }] })).toThrow(
        expect.objectContaining({ code: 'ASSAY_NOT_FINITE' }),
      );
    expect(() => inverseShortfall({ ...good, fills: [one, one] })).toThrow(
      expect.objectContaining({ code: 'ASSAY_CONFIG_OUT_OF_BOUNDS' }),
    );
  });
});

describe('shortfall of a linear instrument', () => {
  const cents = fc.integer({ min: 1, max: 20_000 }).map((value) => value / 100);
  it('both conventions have the total paper - actual', () => {
    const fills = fc.array(fc.record({ quantity: fc.integer({ min: 1, max: 99 }), price: cents }), { maxLength: 9 });
    const prices = fc.record({ decisionPrice: cents, releasePrice: cents, endPrice: cents, fees: cents });
    fc.assert(
      fc.property(side, fills, prices, (way, filled, rest) => {
        const ordered = 50 + filled.reduce((sum, { quantity }) => sum + quantity, 0);
        for (const convention of ['filled-delay', 'expanded'] as const) {
          const result = implementationShortfall({ side: way, ordered, fills: filled, convention, ...rest });
          expect(result.total).toBeCloseTo(result.paper - result.actual, 6);
        }
      }),
    );
  });

  it('NaN denies', () => {
    const input = { side: 1, ordered: 1, decisionPrice: 1, releasePrice: 1, endPrice: 1, fees: 0, fills: [] } as const;
    expect(() => implementationShortfall({ ...input, releasePrice: Number.NaN, convention: 'expanded' })).toThrow(
      expect.objectContaining({ code: 'ASSAY_NOT_FINITE' }),
    );
    expect(() =>
      implementationShortfall({ ...input, fills: [{ quantity: 1, price: Number.NaN }], convention: 'expanded' }),
    ).toThrow(expect.objectContaining({ code: 'ASSAY_NOT_FINITE' }));
  });
});

describe('spreads and books', () => {
  it('effective = realised + impact', () => {
    const price = fc.integer({ min: 100, max: 200 });
    fc.assert(
      fc.property(side, fc.tuple(price, price, price), (way, [bid, width, midLater]) => {
        const result = spreads({ side: way, bid, ask: bid + width, fill: bid + width, midLater });
        expect(result.effective).toBeCloseTo(result.realised + result.impact, 9);
      }),
    );
  });

  it('a walk conserves quantity and never pays less for more', () => {
    const levels = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(levels, fc.integer({ min: 1, max: 60 }), (sizes, quantity) => {
        const book = {
          bids: [{ price: 99, quantity: 5 }],
          asks: sizes.map((size, i) => ({ price: 100 + i, quantity: size })),
        };
        const [walk, more] = [walkBook(book, 1, quantity), walkBook(book, 1, quantity + 1)];
        expect(walk.filled + walk.unfilled).toBe(quantity);
        expect(more.average ?? 0).toBeGreaterThanOrEqual((walk.average ?? 0) - 1e-9);
      }),
    );
  });
});

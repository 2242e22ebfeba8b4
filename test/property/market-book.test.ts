/** The book against the simplest one there is: a map of prices, sorted anew for every question. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { L2Book } from '../../market/book.ts';

const change = fc.record({
  side: fc.constantFrom<1 | -1>(1, -1),
  ticks: fc.integer({ min: 1, max: 60 }),
  lots: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 50 })),
});

class NaiveBook {
  readonly #levels = { bid: new Map<number, number>(), ask: new Map<number, number>() };

  apply(side: number, ticks: number, lots: number): void {
    const levels = side > 0 ? this.#levels.bid : this.#levels.ask;
    if (lots > 0) levels.set(ticks, lots);
    else levels.delete(ticks);
  }

  /** Best first. */
  side(side: number): [number, number][] {
    const levels = side > 0 ? this.#levels.bid : this.#levels.ask;
    return [...levels].sort((a, b) => side * (b[0] - a[0]));
  }

  slippage(taker: number, lots: number): number {
    const levels = this.side(-taker);
    const prices = levels.flatMap(([ticks, size]) => new Array<number>(size).fill(ticks));
    const paid = Array.from({ length: lots }, (_, i) => Math.abs((prices[i] ?? levels.at(-1)?.[0]) - levels[0][0]));
    return paid.reduce((sum, x) => sum + x, 0) / lots;
  }
}

test('equals a naive book after any changes', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 300 }), fc.integer({ min: 1, max: 400 }), (changes, lots) => {
      const book = new L2Book();
      const naive = new NaiveBook();
      for (const { side, ticks, lots } of changes) {
        book.apply(side, ticks, lots);
        naive.apply(side, ticks, lots);
      }
      const all = [...book.entries()];
      for (const side of [1, -1] as const) {
        const levels = naive.side(side);
        expect(all.filter((level) => level.side === side).map(({ ticks, lots }) => [ticks, lots])).toEqual(levels);
        expect(side > 0 ? book.bestBid : book.bestAsk).toBe(levels[0]?.[0] ?? 0);
        expect(book.depthWithin(side, 7)).toBe(
          levels.filter(([ticks]) => Math.abs(ticks - levels[0][0]) <= 7).reduce((sum, [, size]) => sum + size, 0),
        );
        if (levels.length > 0)
          expect(book.slippageTicks(-side as 1 | -1, lots)).toBeCloseTo(naive.slippage(-side, lots), 9);
      }
    }),
  );
});

test('keeps thousands of levels', () => {
  const book = new L2Book();
  for (let i = 1; i <= 5000; i++) book.apply(1, ((i * 7919) % 5003) + 1, i);
  expect(book.levels(1)).toBe(5000);
  const prices = [...book.entries()].map(({ ticks }) => ticks);
  expect(prices).toEqual(prices.toSorted((a, b) => b - a));
});

import { expect, test } from 'vitest';
import { L2Book } from '../../market/book.ts';

function exampleBook(): L2Book {
  const book = new L2Book();
  book.apply(1, 100, 5);
  book.apply(1, 98, 10);
  book.apply(1, 90, 20);
  book.apply(-1, 101, 4);
  book.apply(-1, 103, 8);
  return book;
}

test('shows the touch, the levels and what lies behind', () => {
  const book = exampleBook();
  expect([book.bestBid, book.bestAsk]).toEqual([100, 101]);
  expect(book.lotsAt(1, 98)).toBe(10);
  expect(book.lotsAt(-1, 102)).toBe(0);
  expect([book.depthWithin(1, 0), book.depthWithin(1, 2), book.depthWithin(1, 9), book.depthWithin(1, 10)]).toEqual([
    5, 15, 15, 35,
  ]);
  expect(book.depthWithin(-1, 2)).toBe(12);
  expect([...book.entries()].map(({ ticks }) => ticks)).toEqual([100, 98, 90, 101, 103]);
});

test('walks the book: an order inside the touch slips nothing', () => {
  const book = exampleBook();
  expect(book.slippageTicks(1, 4)).toBe(0);
  expect(book.slippageTicks(1, 6)).toBeCloseTo((2 * 2) / 6, 12);
  expect(book.slippageTicks(-1, 20)).toBeCloseTo((10 * 2 + 5 * 10) / 20, 12);
});

test('charges what it cannot fill at the last level, and an empty side is not a free one', () => {
  const book = exampleBook();
  expect(book.slippageTicks(1, 100)).toBeCloseTo((96 * 2) / 100, 12);
  expect(new L2Book().slippageTicks(1, 1)).toBeNaN();
  expect(book.slippageTicks(1, 0)).toBeNaN();
  expect(book.slippageTicks(1, Number.NaN)).toBeNaN();
});

test('a removed touch uncovers the next level; a cleared book is empty', () => {
  const book = exampleBook();
  book.apply(1, 100, 0);
  expect(book.bestBid).toBe(98);
  book.clear();
  expect([book.bestBid, book.bestAsk, book.levels(1)]).toEqual([0, 0, 0]);
});

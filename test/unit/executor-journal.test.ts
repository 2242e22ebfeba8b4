import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { canonicalJson } from '../../core/canonical-json.ts';
import { type JournalLine, JournalWriter } from '../../executor/journal.ts';
import { readJournal } from '../../executor/read-journal.ts';
import { parseTca, tcaReport, tcaSchema } from '../../executor/tca.ts';
import { coins, tcaText } from '../../executor/tca-text.ts';
import { imbalanceRule } from '../../market/imbalance-rule.ts';
import { begin, type Executed, ofKind, onPaper } from '../support/paper.ts';
import { randomBookTape } from '../support/recorded-market.ts';

let executed: Executed;
beforeAll(async () => {
  executed = await onPaper({ bookTape: randomBookTape(11, 400), policy: imbalanceRule(0.5) });
});

const bytesOf = (lines: readonly object[]) => Buffer.from(lines.map((line) => `${canonicalJson(line)}\n`).join(''));
const invalid = (reason: string) =>
  expect.objectContaining({ code: 'ASSAY_JOURNAL_INVALID', message: expect.stringContaining(reason) });

describe('a journal', () => {
  test('is canonical, a line an event, and opens with what ran under which limits', () => {
    expect(bytesOf(executed.lines).equals(executed.bytes)).toBe(true);
    expect(executed.lines[0]).toMatchObject({ event: 'begin', format: 'assay.journal/1' });
    expect(executed.lines.at(-1)).toMatchObject({ event: 'end', parents: executed.run.parents.length });
    expect(executed.run.parents.length).toBeGreaterThan(2);
  });

  test('that a crash cut off anywhere is read as far as it goes', () => {
    const { bytes, lines } = executed;
    const [first] = bytes.toString('utf8').split('\n');
    for (let end = first.length + 1; end < bytes.length; end += 37) {
      const run = readJournal(bytes.subarray(0, end));
      expect(run.complete).toBe(false);
      const fills = run.parents.flatMap((parent) => parent.fills).length;
      expect(ofKind(lines, 'filled').slice(0, fills).length).toBe(fills);
      expect(() => tcaReport(bytes.subarray(0, end))).toThrow(invalid('cut off'));
    }
    expect(() => readJournal(bytes.subarray(0, first.length))).toThrow(invalid('does not begin'));
  });

  test('ends with a full disk where there is one', () => {
    if (!existsSync('/dev/full')) return console.log('not here, so not filled: /dev/full');
    const journal = new JournalWriter('/dev/full');
    expect(() => journal.write(begin())).toThrow(expect.objectContaining({ code: 'ASSAY_DISK_FULL' }));
    journal.abandon();
  });

  type Change = (lines: JournalLine[]) => readonly object[];
  const at = (lines: readonly JournalLine[], event: JournalLine['event']) =>
    lines.findIndex((line) => line.event === event);
  const change =
    (event: JournalLine['event'], changes: object): Change =>
    (lines) =>
      lines.with(at(lines, event), { ...lines[at(lines, event)], ...changes });
  const without =
    (event: JournalLine['event']): Change =>
    (lines) =>
      lines.toSpliced(at(lines, event), 1);

  test.each<[string, Change, string]>([
    ['a child beyond its parent', change('sent', { lots: 201 }), 'lots of 200 are filled or open'],
    ['a fill beyond its child', change('filled', { lots: 201 }), 'has not so many lots open'],
    ['a fill that was left out', without('filled'), 'it is fill 1'],
    ['a child that was left out', without('sent'), 'child 1 has not so many lots open'],
    ['a close that was left out', without('closed'), 'the order before is not closed'],
    ['another remainder', change('closed', { unfilledLots: 1 }), 'lots are unfilled'],
    ['time that runs back', change('closed', { timeMs: 0 }), 'time runs back'],
    ['an unknown field', change('opened', { note: 'x' }), 'Unrecognized key'],
    ['a NaN', change('opened', { bidTicks: null }), 'bidTicks'],
    ['another format', change('begin', { format: 'assay.journal/2' }), 'format'],
    ['another count', change('end', { parents: 99 }), 'it tells of'],
    ['more after its end', (lines) => [...lines, begin()], 'it goes on after its end'],
    ['a mark of no fill', change('marked', { fill: 9999 }), 'there is no fill 9999'],
  ])('with %s does not add up', (_, tamper, reason) => {
    expect(() => readJournal(bytesOf(tamper([...executed.lines])))).toThrow(invalid(reason));
  });
});

describe('the report', () => {
  /** Two orders by hand: prices in ticks of 0.1 USD, contracts of 100 USD, so a lot at 10,000 ticks is 0.1 coin. */
  const timeMs = 1000;
  const lines: JournalLine[] = [
    begin(),
    { event: 'opened', parent: 1, side: 'buy', lots: 100, timeMs, bidTicks: 9999, askTicks: 10_001 },
    { event: 'sent', child: 1, kind: 'limit', lots: 60, ticks: 9999, timeMs },
    {
      ...{ event: 'filled', fill: 1, child: 1, lots: 60, ticks: 9999, timeMs: 2000 },
      ...{ quoteTicks: 9999, midTicks: 10_000, liquidity: 'maker' },
    },
    { event: 'sent', child: 2, kind: 'market', lots: 30, ticks: 10_013, timeMs: 3000 },
    {
      ...{ event: 'filled', fill: 2, child: 2, lots: 30, ticks: 10_013, timeMs: 3000 },
      ...{ quoteTicks: 10_011, midTicks: 10_010, liquidity: 'taker' },
    },
    { event: 'marked', fill: 1, midTicks: [10_009, 9989, null] },
    {
      ...{ event: 'closed', parent: 1, why: 'horizon', timeMs: 5000, unfilledLots: 10, endTicks: 10_020 },
      ...{ marketLots: 210, vwapTicks: 10_000, twapTicks: 10_005 },
    },
    { event: 'opened', parent: 2, side: 'sell', lots: 100, timeMs: 5000, bidTicks: 9999, askTicks: 10_001 },
    {
      ...{ event: 'closed', parent: 2, why: 'killed', timeMs: 6000, unfilledLots: 100, endTicks: 9990 },
      ...{ marketLots: 0, vwapTicks: null, twapTicks: 10_000 },
    },
    { event: 'marked', fill: 2, midTicks: [null, null, null] },
    { event: 'end', parents: 2, timeMs: 6000 },
  ];
  const worth = (lots: number, ticks: number) => Math.round((1e12 * lots * 100 * 10) / ticks);

  test('gives every part its own, by hand', () => {
    const { parents, total } = tcaReport(bytesOf(lines));
    const [bought, sold] = parents.map(({ quality }) => quality);
    expect(bought.shortfall.picoCoin).toEqual({
      delay: 0,
      timing: worth(30, 10_000) - worth(30, 10_010),
      spread: worth(60, 10_000) - worth(60, 9999) + worth(30, 10_010) - worth(30, 10_011),
      impact: worth(30, 10_011) - worth(30, 10_013),
      fees: Math.round(worth(60, 9999) * 2e-4) + Math.round(worth(30, 10_013) * 5e-4),
      opportunity: worth(10, 10_000) - worth(10, 10_020),
      total: expect.any(Number),
      arrivalNotional: 10e12,
    });
    expect(sold.shortfall.picoCoin).toMatchObject({ opportunity: worth(100, 9990) - worth(100, 10_000), fees: 0 });
    expect(sold.shortfall.bps.total).toBeCloseTo(10.01, 2);
    expect(total.shortfall.picoCoin.total).toBe(bought.shortfall.picoCoin.total + sold.shortfall.picoCoin.total);
    expect(total.shortfall.bps.total).toBeCloseTo((bought.shortfall.bps.total + sold.shortfall.bps.total) / 2, 9);
  });

  test('tells shares, benchmarks and markouts of what filled, and nothing of what did not', () => {
    const { parents, total, gate } = tcaReport(bytesOf(lines));
    const average = 90 / (60 / 9999 + 30 / 10_013);
    expect(parents[0]).toMatchObject({ averageTicks: average, why: 'horizon', seconds: 4 });
    expect(parents[0].quality).toMatchObject({ makerShare: 2 / 3, participation: 0.3 });
    expect(parents[0].quality.againstBps.vwap).toBeCloseTo(1e4 * (1 - 10_000 / average), 9);
    expect(parents[0].quality.markoutsBps).toEqual([(1e4 * 10) / 9999, (-1e4 * 10) / 9999, null]);
    expect(parents[1].quality).toMatchObject({ makerShare: null, participation: null, againstBps: {} });
    expect(total).toMatchObject({ lots: 200, filledLots: 90, makerShare: 2 / 3, participation: 0.3 });
    for (const against of ['arrival', 'vwap', 'twap'] as const)
      expect(total.againstBps[against]).toBeCloseTo(parents[0].quality.againstBps[against] ?? Number.NaN, 9);
    expect(gate).toMatchObject({ sent: { limit: { children: 1, lots: 60 }, market: { children: 1, lots: 30 } } });
  });

  test('is what its schema says, and reads back', () => {
    const report = tcaReport(executed.bytes);
    expect(tcaSchema.parse(report)).toEqual(report);
    expect(parseTca(Buffer.from(canonicalJson(report)), 'x')).toEqual(report);
    expect(() => parseTca(Buffer.from('{}'), 'x')).toThrow(invalid('no report'));
    expect(() => parseTca(Buffer.from('not JSON'), 'x')).toThrow(invalid('no report'));
  });

  test('is read by people, every digit of every part', () => {
    const report = tcaReport(bytesOf(lines));
    const text = tcaText(report);
    const column = [...text.matchAll(/^\| .*? \| (-?\d+\.\d{12}) \|/gm)].map(([, coin]) =>
      BigInt(coin.replace('.', '')),
    );
    expect(column).toHaveLength(7);
    expect(column.slice(0, 6).reduce((sum, part) => sum + part, 0n)).toBe(column[6]);
    expect(text).toContain('| 2 | sell | 0 of 100 | killed |');
    expect([coins(-1), coins(0), coins(1_234_567_890_123)]).toEqual([
      '-0.000000000001',
      '0.000000000000',
      '1.234567890123',
    ]);
  });
});

describe('marks', () => {
  test('are the mid in force 1, 5 and 10 s after the fill, by a search of the tape', async () => {
    const bookTape = randomBookTape(12, 600);
    const { run } = await onPaper({ bookTape, policy: imbalanceRule(0.5) });
    const { tape } = bookTape;
    const origin = tape.timeMs[0];
    const lastMs = origin + 10 * Math.floor((tape.timeMs[tape.length - 1] - origin) / 10);
    let known = 0;
    for (const { timeMs, midsLater } of run.parents.flatMap((parent) => parent.fills))
      for (const [h, after] of [1000, 5000, 10_000].entries()) {
        if (timeMs + after > lastMs) {
          expect(midsLater[h]).toBeNull();
          continue;
        }
        let row = tape.length - 1;
        while (tape.timeMs[row] > timeMs + after) row--;
        expect(midsLater[h]).toBe((tape.bidTicks[row] + tape.askTicks[row]) / 2);
        known++;
      }
    expect(known).toBeGreaterThan(100);
  });
});

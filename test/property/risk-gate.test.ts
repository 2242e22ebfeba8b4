import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Gate, type GateLimits, type GateRequest, gateError, gateReasons } from '../../risk/gate.ts';

const limits: GateLimits = {
  maxChildLots: 100,
  maxParentLots: 300,
  priceCollarBps: 10,
  maxParticipation: 0.5,
  participationWindowMs: 32_000,
  participationFreeLots: 1000,
  maxDataAgeMs: 1000,
};
const ask: GateRequest = {
  side: 1,
  lots: 50,
  ticks: 100_000,
  taking: false,
  bidTicks: 99_999,
  askTicks: 100_001,
  nowMs: 5000,
  dataMs: 5000,
};
const opened = (changes: Partial<GateLimits> = {}) => {
  const gate = new Gate({ ...limits, ...changes });
  expect(gateReasons[gate.openParent(300)]).toBe('pass');
  return gate;
};
const answer = (gate: Gate, changes: Partial<GateRequest> = {}) => gateReasons[gate.send({ ...ask, ...changes })];

describe('the gate', () => {
  test.each([
    ['max-child', { lots: 101 }],
    ['max-child', { lots: 0 }],
    ['max-child', { lots: -1 }],
    ['stale-data', { dataMs: 3999 }],
    ['stale-data', { dataMs: 5001 }],
    ['price-collar', { ticks: 100_101 }],
    ['price-collar', { side: -1, ticks: 99_899 }],
    ['price-collar', { side: 0 }],
    ['price-collar', { bidTicks: 0 }],
    ['price-collar', { ticks: -5 }],
    ['pass', { ticks: 100_100 }],
    ['pass', { side: -1, ticks: 99_900 }],
    ['pass', { side: -1, ticks: 100_500 }],
    ['pass', { lots: 100, dataMs: 4000 }],
  ] as const)('says %s to %o', (reason, changes) => expect(answer(opened(), changes)).toBe(reason));

  test('denies any field that is NaN, infinite or missing', () => {
    for (const field of ['side', 'lots', 'ticks', 'bidTicks', 'askTicks', 'nowMs', 'dataMs'] as const)
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, undefined as unknown as number])
        expect(answer(opened(), { [field]: bad })).toBe('not-finite');
  });

  test('reserves on send, and gives back on a terminal state only', () => {
    const gate = opened();
    for (let i = 0; i < 3; i++) expect(answer(gate, { lots: 100 })).toBe('pass');
    expect(answer(gate, { lots: 1 })).toBe('conservation');
    expect(gate.onCancel(40)).toBe(true);
    expect(answer(gate, { lots: 41 })).toBe('conservation');
    expect(gate.onFill(100)).toBe(true);
    expect(answer(gate, { lots: 41 })).toBe('conservation');
    expect(answer(gate, { lots: 40 })).toBe('pass');
    expect([gate.openLots, gate.filledLots]).toEqual([200, 100]);
  });

  test('opens one parent at a time, and none that is too large', () => {
    const gate = new Gate(limits);
    expect(answer(gate)).toBe('no-parent');
    expect([301, 0, -1].map((lots) => gateReasons[gate.openParent(lots)])).toEqual(Array(3).fill('max-parent'));
    expect(gateReasons[gate.openParent(Number.NaN)]).toBe('not-finite');
    gate.openParent(50);
    expect(answer(gate)).toBe('pass');
    expect(gateReasons[gate.openParent(50)]).toBe('conservation');
    expect(gateReasons[gate.closeParent()]).toBe('conservation');
    gate.onFill(50);
    expect(gateReasons[gate.closeParent()]).toBe('pass');
    expect(answer(gate)).toBe('no-parent');
  });

  test('caps what it takes by the volume of the window, which forgets', () => {
    const gate = opened({ participationFreeLots: 10 });
    expect(answer(gate, { taking: true, lots: 21 })).toBe('participation');
    expect(answer(gate, { taking: true, lots: 20 })).toBe('pass');
    gate.onMarketVolume(60, 5000);
    expect(answer(gate, { taking: true, lots: 61 })).toBe('participation');
    expect(answer(gate, { taking: true, lots: 60 })).toBe('pass');
    expect(answer(gate, { taking: true, lots: 1 })).toBe('participation');
    expect(answer(gate, { taking: false, lots: 100 })).toBe('pass');
    expect(answer(gate, { taking: true, lots: 20, nowMs: 40_000, dataMs: 40_000 })).toBe('pass');
    gate.onMarketVolume(Number.NaN, 41_000);
    expect(answer(gate, { taking: true, lots: 1, nowMs: 41_000, dataMs: 41_000 })).toBe('participation');
  });

  test('knows beforehand what it would let be taken', () => {
    const gate = opened({ participationFreeLots: 10, maxChildLots: 1000 });
    gate.onMarketVolume(31, 5000);
    expect(gate.takeableLots(5000)).toBe(51);
    expect(answer(gate, { taking: true, lots: 52 })).toBe('participation');
    expect(answer(gate, { taking: true, lots: 51 })).toBe('pass');
    expect(gate.takeableLots(5000)).toBe(0);
    expect(gate.takeableLots(40_000)).toBe(20);
    expect(opened({ maxParticipation: 1 }).takeableLots(5000)).toBe(Number.POSITIVE_INFINITY);
  });

  test('a kill, or a report that cannot be, ends all sending', () => {
    const killed = opened();
    killed.kill();
    expect(answer(killed)).toBe('killed');
    for (const lots of [51, 0, Number.NaN]) {
      const gate = opened();
      expect(answer(gate)).toBe('pass');
      expect(gate.onFill(lots)).toBe(false);
      expect([gate.killed, gate.openLots]).toEqual([true, 50]);
    }
  });

  test('refuses limits that are no limits', () => {
    for (const changes of [{ maxChildLots: Number.NaN }, { maxParticipation: 1.1 }, { priceCollarBps: 0 }])
      expect(() => new Gate({ ...limits, ...changes })).toThrow(
        expect.objectContaining({ code: 'ASSAY_CONFIG_OUT_OF_BOUNDS' }),
      );
  });

  test('names a denial with a stable code', () => {
    expect(gateError(4, { ...ask, dataMs: 0 }, limits)).toMatchObject({
      code: 'ASSAY_FEED_STALE',
      params: { ageMs: 5000 },
    });
    expect(gateError(7, ask, limits)).toMatchObject({ code: 'ASSAY_GATE_DENIED', params: { check: 'conservation' } });
  });

  test('whatever happens, filled + open stays within the parent, and the own volume within its cap', () => {
    const number = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 1, max: 120 }) },
      fc.constantFrom(Number.NaN, Infinity, -1, 0),
    );
    const event = fc.record({ what: fc.constantFrom('send', 'take', 'fill', 'cancel', 'volume', 'wait'), number });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), (events) => {
        const gate = opened({ participationFreeLots: 10 });
        let [open, filled, nowMs] = [0, 0, 5000];
        const taken: [ms: number, lots: number][] = [];
        const traded: [ms: number, lots: number][] = [];
        for (const { what, number: lots } of events) {
          const good = lots > 0 && lots <= open;
          if (what === 'wait' && lots > 0 && Number.isFinite(lots)) nowMs += lots * 100;
          if (what === 'volume') {
            gate.onMarketVolume(lots, nowMs);
            if (lots > 0 && Number.isFinite(lots)) traded.push([nowMs, lots]);
          }
          if (what === 'fill' && gate.onFill(lots)) [open, filled] = [open - lots, filled + lots];
          if (what === 'cancel' && gate.onCancel(lots)) open -= lots;
          if ((what === 'fill' || what === 'cancel') && !good) expect(gate.killed).toBe(true);
          if (what === 'send' || what === 'take') {
            const taking = what === 'take';
            if (gate.send({ ...ask, lots, taking, nowMs, dataMs: nowMs }) === 0) {
              open += lots;
              if (taking) taken.push([nowMs, lots]);
              // The window holds whole slots: between 31/32 of its length and all of it.
              const within = (list: typeof taken, ms: number) =>
                list.reduce((sum, [at, size]) => sum + (at > nowMs - ms ? size : 0), 0);
              if (taking) expect(within(taken, 31_000)).toBeLessThanOrEqual(20 + within(traded, 32_000) + 1e-9);
            }
          }
          expect([gate.openLots, gate.filledLots]).toEqual([open, filled]);
          expect(open + filled).toBeLessThanOrEqual(300);
        }
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

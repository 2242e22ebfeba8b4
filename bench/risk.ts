/** The in-line gate: how long one child order waits for it. */
import { GATE_PASS, Gate, type GateRequest } from '../risk/gate.ts';
import { alone, type Bench, quantile, timesMs } from './measurement.ts';

export const benches: readonly Bench[] = [
  { name: 'gate-pass', run: ({ quick }) => gatePass(quick ? 1000 : 1_000_000) },
];

/** A child within its limits: checked, reserved and released by its fill. The timer's own call is included. */
async function gatePass(times: number) {
  const gate = new Gate({
    maxChildLots: 10,
    maxParentLots: 1e9,
    priceCollarBps: 50,
    maxParticipation: 1,
    participationWindowMs: 10_000,
    participationFreeLots: 0,
    maxDataAgeMs: 1000,
  });
  gate.openParent(1e9);
  const request: GateRequest = {
    side: 1,
    lots: 1,
    ticks: 600_001,
    taking: true,
    bidTicks: 600_000,
    askTicks: 600_001,
    nowMs: 0,
    dataMs: 0,
  };
  const taken = await timesMs(times, (i) => {
    request.nowMs = i;
    request.dataMs = i;
    if (gate.send(request) !== GATE_PASS || !gate.onFill(1))
      throw new Error('the gate denied a child within its limits');
  });
  return [
    alone({ bench: 'gate-pass', metric: 'one pass, p50', unit: 'us', value: 1000 * quantile(taken, 0.5) }),
    alone({ bench: 'gate-pass', metric: 'one pass, p99', unit: 'us', value: 1000 * quantile(taken, 0.99) }),
  ];
}

/** Facts as lines for people: what is shown while the demo plays, and parts of its summary. Pure. */
import type { GateRecord } from '../../validation/report/schema.ts';
import { short, table } from '../look.ts';
import type { CandidateFacts, DataFacts, ExecutionFacts } from './summary.ts';

export function dataText(data: DataFacts): string[] {
  const lines = data.captures.reduce((sum, capture) => sum + capture.lines, 0);
  const errors = data.captures.reduce((sum, capture) => sum + capture.parseErrors, 0);
  const behind = data.clockOffsetMs < 0 ? 'behind' : 'ahead of';
  return [
    `data: ${count(lines)} lines of ${data.captures.map(({ name }) => name).join(' and ')}, ${count(data.events)} events kept`,
    `quality: ${count(errors)} parse errors, ${count(data.gaps)} gaps in the sequence, book crossed ${percent(data.crossedShare)} of the time, longest silence ${seconds(data.silenceMs)}`,
    `clocks: the recorder is ${Math.abs(data.clockOffsetMs).toFixed(1)} ms ${behind} the exchange; found from the data, and corrected`,
    `market profile ${short(data.profile)}: ${data.faithful} of ${data.moments} figures of the simulated market lie in the captured one's 95 % interval`,
  ];
}

/** One line: passed, or how many gates refused it. */
export function verdictText({ verdict, gates }: CandidateFacts): string {
  const failed = gates.filter(({ passed }) => !passed).length;
  return verdict === 'passed' ? `passed all ${gates.length} gates` : `refused by ${failed} of ${gates.length} gates`;
}

/** What refused it, by name. */
export function refusingGates({ gates }: CandidateFacts): string {
  return gates
    .filter(({ passed }) => !passed)
    .map(gateName)
    .join('; ');
}

/** How a candidate compares with everything it has to beat. Costs are basis points of the arrival notional, fees included. */
export function candidateText(candidate: CandidateFacts): string[] {
  const { name, model, trainedSteps, episodes, meanBps, cvar95Bps, makerShare } = candidate;
  return [
    `${name} (${short(model)}, ${count(trainedSteps)} steps): ${verdictText(candidate)}`,
    `  costs ${meanBps.toFixed(3)} bps on average over ${count(episodes)} orders, ${cvar95Bps.toFixed(2)} in the worst 5 %; ${percent(makerShare)} filled by resting`,
    ...gateTable(candidate.gates).map((row) => `  ${row}`),
  ];
}

/**
 * A row a gate: the difference to what it has to beat, its one-sided bounds, the limit for the upper one, and the smallest
 * difference that would have been found in 4 of 5 cases.
 */
export function gateTable(gates: readonly GateRecord[]): string[] {
  const head = ['', 'difference', '95 % bounds', 'limit', 'MDE', ''];
  const rows = gates.map((gate) => {
    const { kind, estimateBps, lowBps, highBps, marginBps, minimalDetectableEffectBps } = gate;
    const bounds = estimateBps === null ? '-' : `${signed(lowBps)} to ${signed(highBps)}`;
    return [
      ...[gateName(gate), signed(estimateBps), bounds, kind === 'veto' ? 'veto' : signed(marginBps)],
      unsigned(minimalDetectableEffectBps),
      `${gate.passed ? 'ok' : 'REFUSES'}${gate.underpowered ? `, underpowered: ${gate.blocks ?? 0} independent blocks` : ''}`,
    ];
  });
  const best = gates.find(({ statistic }) => statistic === 'cvar95')?.against;
  const note =
    best === undefined ? [] : [`worst 5 %, stress and replay: against ${best}, the best baseline in the normal market`];
  return [...table([head, ...rows]).split('\n'), ...note];
}

function gateName({ kind, against, scenario, statistic }: GateRecord): string {
  if (kind === 'fidelity') return 'the simulated market is the captured one';
  if (kind === 'veto') return 'replay of captured events';
  if (scenario !== 'normal') return scenario;
  if (kind === 'champion') return `the champion, ${against}`;
  return statistic === 'cvar95' ? 'worst 5 %' : against;
}

export function executionText(execution: ExecutionFacts): string[] {
  const { policy, orders, lots, filledLots, bps, coin, totalCoin, makerShare, gate } = execution;
  const parts = Object.entries(bps).map(([part, value]) => `${part} ${value.toFixed(3)}`);
  return [
    `${policy}: ${orders} parent order${orders === 1 ? '' : 's'}, ${count(filledLots)} of ${count(lots)} contracts filled${makerShare === null ? '' : `, ${percent(makerShare)} by resting`}`,
    `shortfall, bps: ${parts.join(', ')} (${totalCoin} ${coin})`,
    `gate: ${gate}`,
  ];
}

/** With commas: 8,000,000. */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

function signed(value: number | null): string {
  return value === null ? '-' : `${value > 0 ? '+' : ''}${value.toFixed(3)}`;
}

function unsigned(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}

/** Digests in a sentence by their first characters. */
export function brief(text: string): string {
  return text.replaceAll(/\b[0-9a-f]{64}\b/g, short);
}

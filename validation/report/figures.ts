/** What the report's figures are drawn from: numbers small enough to keep, computed from the costs of every episode. */
import {
  differences,
  mean,
  quantileOfSorted,
  requireFinite,
  type Sample,
  sorted,
  stdev,
} from '../statistics/sample.ts';
import { cvar } from '../statistics/tail-risk.ts';
import type { DifferenceHistogram, GateRecord, PolicyFigures } from './schema.ts';

const quantilePoints = 101;
const bins = 48;

/** One policy's row. @throws ASSAY_NOT_FINITE */
export function policyFigures(policy: {
  readonly name: string;
  readonly role: PolicyFigures['role'];
  readonly costsBps: Sample;
  readonly makerShare: number;
  /** Mean fraction left after each decision. */
  readonly remaining: Sample;
}): PolicyFigures {
  const { costsBps } = policy;
  requireFinite(`the costs of ${policy.name}`, costsBps);
  const ascending = sorted(costsBps);
  return {
    name: policy.name,
    role: policy.role,
    meanBps: mean(costsBps),
    stdevBps: costsBps.length > 1 ? stdev(costsBps) : 0,
    cvar95Bps: cvar(costsBps, 0.95),
    makerShare: unit(policy.makerShare),
    quantilesBps: Array.from({ length: quantilePoints }, (_, i) =>
      quantileOfSorted(ascending, i / (quantilePoints - 1)),
    ),
    remaining: Array.from(policy.remaining, unit),
  };
}

/** Paired differences, candidate less baseline, in equal bins from the 0.5 % to the 99.5 % quantile. @throws ASSAY_NOT_FINITE */
export function differenceHistogram(against: string, candidate: Sample, baseline: Sample): DifferenceHistogram {
  const gaps = differences(candidate, baseline);
  const ascending = sorted(gaps);
  const low = quantileOfSorted(ascending, 0.005);
  const width = Math.max(1e-9, (quantileOfSorted(ascending, 0.995) - low) / bins);
  const counts = Array.from({ length: bins }, () => 0);
  for (const gap of gaps) counts[Math.min(bins - 1, Math.max(0, Math.floor((gap - low) / width)))] += 1;
  const edgesBps = Array.from({ length: bins + 1 }, (_, i) => low + i * width);
  return { against, meanBps: mean(gaps), edgesBps, counts };
}

/** The verdict and its reasons follow from the gates alone. No gate at all refuses. */
export function verdictOf(gates: readonly GateRecord[]): { verdict: 'passed' | 'refused'; reasons: string[] } {
  const where = ({ scenario }: GateRecord) => (scenario === 'normal' || scenario === 'replay' ? '' : ` (${scenario})`);
  const reasons = gates
    .filter((gate) => !gate.passed)
    .map((gate) => `${gate.name}${where(gate)}, ${gate.against}: ${gate.verdict}`);
  if (gates.length === 0) reasons.push('no gate was evaluated');
  return { verdict: reasons.length === 0 ? 'passed' : 'refused', reasons };
}

/** Sums of many fractions may end a rounding error outside [0, 1]. */
function unit(value: number): number {
  return Math.abs(value - 0.5) <= 0.5 + 1e-9 ? Math.min(1, Math.max(0, value)) : value;
}

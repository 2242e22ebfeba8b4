/**
 * Validation: everything between a candidate's bytes and the report about it. It is given artifacts alone, tunes the baselines
 * itself, and compares on seeds that neither training nor tuning has seen, every policy in the same markets.
 * The same input gives the same report, whatever the number of threads.
 */
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { fidelity } from '../envs/fidelity.ts';
import { executionCosts, type MarketProfile } from '../market/profile.ts';
import type { Segment } from '../market/replay.ts';
import { type ReplayResult, replayOrders } from '../market/replay-run.ts';
import { parseSchedule } from '../market/schedule-file.ts';
import type { BookTape } from '../market/tape.ts';
import { behaviourOf } from './behaviour.ts';
import { type Contender, contenderName } from './contender.ts';
import { fidelityGate } from './gates.ts';
import { bySide, comparisonGates, type Evidence } from './judge.ts';
import { TrialPool } from './parallel.ts';
import type { LoadedProtocol, Protocol } from './protocol.ts';
import { differenceHistogram, policyFigures, verdictOf } from './report/figures.ts';
import type { PolicyFigures, ValidationReport } from './report/schema.ts';
import { mean } from './statistics/sample.ts';
import { cvar } from './statistics/tail-risk.ts';
import { Bench, type Trial, type TrialResult } from './trial.ts';
import { shownSettings, type Tuning, tuneBaselines } from './tune-baselines.ts';

export interface CandidateBytes {
  readonly name: string;
  /** `policy`: a policy file (ONNX); `schedule`: canonical JSON of a schedule. */
  readonly kind: 'policy' | 'schedule';
  readonly bytes: Uint8Array;
}

export interface ValidationInput {
  readonly candidate: CandidateBytes & {
    readonly digest: Sha256;
    /** Environment steps; null for a schedule. */
    readonly trainedSteps: number | null;
    /** A line's fallback: figures, but no comparison. */
    readonly fallback?: boolean;
  };
  readonly lineage: ValidationReport['lineage'];
  readonly profile: MarketProfile;
  readonly protocol: LoadedProtocol;
  /** Recorded events to replay, and the part of them that is validation's. */
  readonly bookTape: BookTape;
  readonly segment?: Segment;
  /** The version that the candidate would replace. */
  readonly champion?: CandidateBytes;
  /** The training's curve, to be drawn. */
  readonly training?: ValidationReport['training'];
  /** Of the validation episodes. @default the protocol's */
  readonly seed?: number;
  /** Threads beside this one. @default 0 */
  readonly workers?: number;
  /** Folder for results that the next candidate will need, too. Left out: none. */
  readonly cache?: string;
  readonly signal?: AbortSignal;
  /** Told what is being done, episodes done, and of how many. */
  readonly onProgress?: (what: string, done: number, total: number) => void;
}

/**
 * @throws ASSAY_MODEL_INVALID for bytes that are no candidate, ASSAY_NOT_FINITE for a cost or a decision that is no number,
 * ASSAY_DATASET_QUALITY for a recording shorter than one order, ASSAY_CANCELLED
 */
export async function validateCandidate(input: ValidationInput): Promise<ValidationReport> {
  const { profile, workers = 0, signal, cache } = input;
  const { protocol } = input.protocol;
  const seed = input.seed ?? protocol.seeds.validation;
  const contender = contenderOf(input.candidate);
  const bench = new Bench(profile, protocol.task);
  // Bytes that cannot run are refused before anything is spent on them.
  await bench.policy(contender);
  const pool = new TrialPool({
    profile,
    task: protocol.task,
    workers,
    ...(signal && { signal }),
    ...(cache && { cache }),
  });
  try {
    const tuning = await tuneBaselines({
      profile,
      protocol,
      pool,
      onProgress: (done, total) => input.onProgress?.('tuning the baselines', done, total),
    });
    const entrants = entrantsOf(input, contender, tuning);
    const run = async (what: string, trials: readonly Trial[]): Promise<TrialResult[]> => {
      const total = trials.reduce((sum, { episodes }) => sum + episodes, 0);
      return pool.run(trials, (done) => input.onProgress?.(what, done, total));
    };
    const { validation, stress } = protocol.episodes;
    const normal = await run(
      'comparing in the normal market',
      entrants.map((entrant) => ({ contender: entrant.contender, seed, stream: 'validation', episodes: validation })),
    );
    const best = bestOf(entrants, normal);
    const tested = entrants.filter(
      (entrant) => entrant.role === 'candidate' || entrant === best || entrant.role === 'rule',
    );
    const stressed = await run(
      'comparing under stress',
      tested.flatMap((entrant) =>
        protocol.stress.map((scenario): Trial => {
          const stream = `stress/${scenario.name}`;
          return { contender: entrant.contender, stress: scenario, seed, stream, episodes: stress };
        }),
      ),
    );
    const evidence = new Map<Entrant, Evidence>();
    for (const [i, entrant] of entrants.entries()) {
      const place = tested.indexOf(entrant) * protocol.stress.length;
      evidence.set(entrant, {
        name: entrant.name,
        normal: normal[i],
        stressed: place < 0 ? [] : stressed.slice(place, place + protocol.stress.length),
        replay: place < 0 ? undefined : await replayOf(input, bench, entrant.contender),
      });
    }
    return await reportOf(input, { tuning, entrants, best, evidence, bench, seed });
  } finally {
    await pool.close();
  }
}

/** One that takes part, and as what. */
interface Entrant {
  readonly role: PolicyFigures['role'];
  readonly name: string;
  readonly contender: Contender;
}

interface Findings {
  readonly tuning: Tuning;
  readonly entrants: readonly Entrant[];
  readonly best: Entrant;
  readonly evidence: ReadonlyMap<Entrant, Evidence>;
  readonly bench: Bench;
  readonly seed: number;
}

function contenderOf({ name, kind, bytes }: CandidateBytes): Contender {
  return kind === 'policy' ? { type: 'policy', name, bytes } : { type: 'schedule', spec: parseSchedule(bytes) };
}

function entrantsOf({ candidate, champion }: ValidationInput, contender: Contender, tuning: Tuning): Entrant[] {
  const rule: Contender = { type: 'rule', threshold: tuning.rule.threshold };
  return [
    { role: 'candidate', name: candidate.name, contender },
    ...tuning.baselines.map(({ name, spec }): Entrant => {
      return { role: 'baseline', name, contender: { type: 'schedule', spec } };
    }),
    { role: 'rule', name: contenderName(rule), contender: rule },
    ...(champion === undefined
      ? []
      : [{ role: 'champion', name: champion.name, contender: contenderOf(champion) } as const]),
  ];
}

/** The baseline with the lowest mean on the validation seeds. */
function bestOf(entrants: readonly Entrant[], results: readonly TrialResult[]): Entrant {
  const baselines = entrants.flatMap((entrant, i) =>
    entrant.role === 'baseline' ? [{ entrant, costBps: mean(results[i].costsBps) }] : [],
  );
  return baselines.reduce((best, other) => (other.costBps < best.costBps ? other : best)).entrant;
}

async function replayOf(input: ValidationInput, bench: Bench, contender: Contender): Promise<ReplayResult> {
  const { bookTape, segment, signal } = input;
  const { task, replay } = input.protocol.protocol;
  if (signal?.aborted) throw new AssayError('ASSAY_CANCELLED', { what: 'the validation' });
  const result = await replayOrders({
    bookTape,
    policy: await bench.policy(contender),
    costs: executionCosts(input.profile),
    task,
    everyMs: replay.everyMs,
    ...(segment && { segment }),
  });
  // The veto may not fall away because there was nothing to replay.
  if (result.costsBps.length === 0)
    throw new AssayError('ASSAY_DATASET_QUALITY', { reason: "validation's part is shorter than one order" });
  return result;
}

/** Episodes in which the candidate is listened to. */
const listened = 512;

async function reportOf(input: ValidationInput, findings: Findings): Promise<ValidationReport> {
  const { candidate, lineage, profile, training = [] } = input;
  const { protocol, document, digest } = input.protocol;
  const { tuning, entrants, best, evidence, bench, seed } = findings;
  const found = (entrant: Entrant) => evidence.get(entrant) as Evidence;
  const [own, ...others] = entrants.map((entrant) => ({ entrant, ...found(entrant) }));
  const rows = fidelity(profile, { seed: protocol.seeds.fidelity }).map((row) => ({
    ...row,
    simulated: { value: row.simulated },
  }));
  const gates = [
    fidelityGate(rows),
    ...(candidate.fallback
      ? []
      : comparisonGates({
          protocol,
          candidate: own,
          baselines: others.filter(({ entrant }) => entrant.role === 'baseline'),
          best: found(best),
          rule: others.find(({ entrant }) => entrant.role === 'rule') as Evidence,
          champion: others.find(({ entrant }) => entrant.role === 'champion'),
        })),
  ];
  const market = bench.market();
  const policy = await bench.policy(own.entrant.contender);
  return {
    kind: 'validation-report',
    version: 1,
    line: protocol.line,
    candidate: {
      digest: candidate.digest,
      name: candidate.name,
      kind: candidate.kind,
      trainedSteps: candidate.trainedSteps,
    },
    lineage,
    protocol: { version: protocol.version, digest, history: protocol.history, document: document as never },
    ...verdictOf(gates),
    episodes: protocol.episodes.validation,
    seed,
    // A figure that is not finite has no place in a table of numbers; its name is in the gate's verdict.
    fidelity: rows.filter(({ simulated }) => Number.isFinite(simulated.value)),
    baselines: tuning.baselines.map(({ name, family, tried, spec }, i) => {
      const { costsBps } = others[i].normal;
      const bestSettings = shownSettings(spec, protocol.baselines[i]);
      const settingsTried = tried.length;
      return { name, family, settingsTried, bestSettings, meanBps: mean(costsBps), cvar95Bps: cvar(costsBps) };
    }),
    gates,
    stress: stressFigures(protocol, [own, ...others]),
    replay: replayFigures(protocol, [own, ...others]),
    policies: [own, ...others].map(({ entrant, name, normal }) =>
      policyFigures({
        name,
        role: entrant.role,
        costsBps: normal.costsBps,
        makerShare: normal.makerShare,
        remaining: normal.inventory,
      }),
    ),
    differences: others.map(({ name, normal }) => differenceHistogram(name, own.normal.costsBps, normal.costsBps)),
    behaviour: await behaviourOf(market, policy, { seed, stream: 'validation', episodes: listened }),
    training: [...training],
  };
}

function stressFigures({ stress, episodes }: Protocol, all: readonly Evidence[]): ValidationReport['stress'] {
  return stress.flatMap(({ name: scenario }, i) =>
    all
      .filter(({ stressed }) => stressed.length > 0)
      .map(({ name, stressed }) => {
        const { costsBps } = stressed[i];
        const figures = { meanBps: mean(costsBps), cvar95Bps: cvar(costsBps) };
        return { scenario, policy: name, ...figures, episodes: episodes.stress };
      }),
  );
}

function replayFigures({ replay, task }: Protocol, all: readonly Evidence[]): ValidationReport['replay'] {
  const policies = all.flatMap(({ name, replay: result }) => {
    if (result === undefined) return [];
    const { sell, buy } = bySide(result);
    return [{ policy: name, meanSellBps: mean(sell), meanBuyBps: mean(buy), starts: sell.length }];
  });
  const [{ starts }] = policies;
  return {
    starts,
    everyMs: replay.everyMs,
    horizonMs: task.horizonMs,
    policies: policies.map(({ policy, meanSellBps, meanBuyBps }) => ({ policy, meanSellBps, meanBuyBps })),
  };
}

/**
 * Validation as a stage: under an identity that did not train the candidate, from the registry alone. A refusal is a result
 * like a pass; both leave a report and a signed statement.
 */
import { availableParallelism } from 'node:os';
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { segmentsOf } from '../curation/dataset.ts';
import { describePolicy } from '../market/policy-file.ts';
import type { SignedEntry } from '../registry/entries.ts';
import { lineState } from '../registry/line-state.ts';
import { parametersOf, trainingsOf } from '../registry/policy.ts';
import type { Registry } from '../registry/registry.ts';
import { parseReport, type ValidationReport } from '../validation/report/schema.ts';
import { type CandidateBytes, validateCandidate } from '../validation/validate.ts';
import { loadDataset } from './dataset.ts';
import { marketInputs, requireSame } from './inputs.ts';
import { type MachineDeps, openMachine, ownFolder, refuseWhenCancelled } from './machine.ts';
import { trainingCurve } from './training-log.ts';
import type { ValidateInput, ValidationStages } from './types.ts';

export function createValidationActivities(deps: MachineDeps): ValidationStages {
  return {
    async validate(input, { signal, progress }) {
      const { line, model, profile, dataset, protocol: protocolDigest } = input;
      progress({ what: 'reading the registry', done: 0, total: 1 });
      const { registry, state } = await openMachine(deps);
      const entries = await registry.signedEntries(deps.trust);
      const training = trainingOf(entries, input);
      refuseOwn(deps, training, model);
      const given = await marketInputs(registry, entries, { line, profile, protocol: protocolDigest });
      requireSame(`dataset ${dataset}`, `dataset ${given.dataset}`);
      const { protocol } = given.protocol;
      const { candidate, kind, steps } = parametersOf(training);
      if (steps > protocol.training.totalSteps)
        throw new AssayError('ASSAY_CONFIG_OUT_OF_BOUNDS', {
          where: 'training',
          reason: `the candidate had ${steps} steps, the protocol allows ${protocol.training.totalSteps}`,
        });
      const bytes = await candidateBytes(registry, { ...input, kind });
      const { manifest, bookTape } = await loadDataset(registry, dataset);
      const champion = await championOf(registry, lineState(line, entries, deps.clock.now()), model);
      const report = parseReport(
        await validateCandidate({
          candidate: {
            ...{ name: candidate, kind: kind === 'model' ? 'policy' : 'schedule', bytes, digest: model },
            ...{ trainedSteps: kind === 'model' ? steps : null, fallback: kind === 'fallback' },
          },
          lineage: { request: materialOf(training, 'request') ?? null, dataset, profile, training: training.digest },
          profile: given.profile,
          protocol: given.protocol,
          bookTape,
          segment: segmentsOf(manifest, protocol.split).validation,
          ...(champion && { champion }),
          training: await trainingCurve(registry, training),
          workers: availableParallelism(),
          cache: ownFolder(deps, 'trials'),
          signal,
          onProgress: (what, done, total) => progress({ what, done, total }),
        }),
      );
      refuseWhenCancelled(signal, 'validation');
      const { verdict, reasons } = report;
      const stored = await registry.putJson(report);
      const statement = await state(
        'validation',
        { name: `${line} ${candidate}`, sha256: model },
        {
          ...{ line, candidate, verdict: verdict === 'passed' ? 'pass' : 'refuse', report: stored },
          ...{ protocol: protocolDigest, gates: report.gates.map(gateOf) },
        },
      );
      return { report: stored, statement, verdict, reasons };
    },
  };
}

type Training = SignedEntry<'training'>;

/**
 * The first trusted statement that the model was trained for the line on these artifacts.
 * @throws ASSAY_NOT_FOUND when there is none at all, ASSAY_DIGEST_MISMATCH when it names others
 */
function trainingOf(entries: readonly SignedEntry[], input: ValidateInput): Training {
  const { line, model } = input;
  const all = trainingsOf({ entries, line, model });
  const materials = ['profile', 'dataset', 'protocol'] as const;
  const found = all.find((training) => materials.every((name) => materialOf(training, name) === input[name]));
  if (found !== undefined) return found;
  const [other] = all;
  if (other === undefined) throw new AssayError('ASSAY_NOT_FOUND', { what: `a training of ${model} for line ${line}` });
  for (const name of materials) requireSame(`${name} ${input[name]}`, `${name} ${materialOf(other, name) ?? '(none)'}`);
  return other;
}

function materialOf(training: Training, material: string): Sha256 | undefined {
  const { resolvedDependencies } = training.statement.predicate.buildDefinition;
  return resolvedDependencies.find(({ name }) => name === material)?.digest.sha256;
}

/** Its verdict would count for nothing (registry/policy.ts); it is better not given. @throws ASSAY_PERSON_IN_LINEAGE */
function refuseOwn({ trust, key }: MachineDeps, training: Training, subject: Sha256): void {
  const own = trust.keys.get(key.keyid)?.owner.id;
  if (own === undefined) throw new AssayError('ASSAY_KEY_UNKNOWN', { keyid: key.keyid });
  if (own === training.by?.id) throw new AssayError('ASSAY_PERSON_IN_LINEAGE', { person: own, subject });
}

/** @throws ASSAY_DIGEST_MISMATCH when a policy says that it was made from other artifacts, ASSAY_MODEL_INVALID */
async function candidateBytes(
  registry: Registry,
  { model, kind, profile, protocol }: ValidateInput & { readonly kind: 'model' | 'fallback' },
): Promise<Uint8Array> {
  const bytes = await registry.getObject(model);
  if (kind === 'fallback') return bytes;
  const described = describePolicy(bytes);
  requireSame(`profile ${described.profile}`, `profile ${profile}`);
  requireSame(`protocol ${described.protocol}`, `protocol ${protocol}`);
  return bytes;
}

/** The version that runs now, unless it is the candidate itself. */
async function championOf(
  registry: Registry,
  { champion }: ReturnType<typeof lineState>,
  model: Sha256,
): Promise<CandidateBytes | undefined> {
  if (champion === undefined || champion.model === model) return undefined;
  const { number, candidate, kind } = champion;
  const bytes = await registry.getObject(champion.model);
  return { name: `${candidate}, version ${number}`, kind: kind === 'model' ? 'policy' : 'schedule', bytes };
}

/** A gate as the statement carries it: enough to see what refused, without the report. */
function gateOf({ name, against, scenario, passed, verdict }: ValidationReport['gates'][number]) {
  const where = scenario === 'normal' || scenario === 'replay' ? '' : `, ${scenario}`;
  return { name: `${name} against ${against}${where}`.slice(0, 200), passed, summary: verdict.slice(0, 500) };
}

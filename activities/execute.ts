/**
 * Execution as a stage: what the line has approved, and what can be proved offline, works parent orders on paper over the part
 * of the dataset that nobody has seen. That it is about to is in the log before its first order, and what it did after its last.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Sha256, sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { segmentsOf } from '../curation/dataset.ts';
import { executeOrders } from '../executor/execute.ts';
import { JournalWriter, type Line } from '../executor/journal.ts';
import { type Pulled, pull } from '../executor/pull.ts';
import { tcaReport } from '../executor/tca.ts';
import { encodeEnvelope } from '../registry/dsse.ts';
import { attribute, isKind, parseEntry, subjectOf } from '../registry/entries.ts';
import { Files } from '../registry/files.ts';
import { approvalState, stateError } from '../registry/policy.ts';
import { openTrusted, type TrustedRegistry } from '../registry/read.ts';
import { buildStatement, signStatement } from '../registry/statements/statement.ts';
import type { Machine as MachineIdentity } from '../registry/trust.ts';
import { appendEntries } from '../registry/writer.ts';
import { type LoadedDataset, loadDataset } from './dataset.ts';
import { type MachineDeps, openMachine, refuseWhenCancelled } from './machine.ts';
import type { ExecuteInput, ExecuteResult, ExecutionStages, StageContext } from './types.ts';

export interface ExecutionDeps extends MachineDeps {
  /** File that remembers the newest checkpoint this executor has accepted. It lies outside the registry, and is not scratch. */
  readonly remembered: string;
  /** Oldest checkpoint on which anything runs. @default 30 days */
  readonly maxAgeSeconds?: number;
}

const defaultMaxAgeSeconds = 30 * 86_400;

export function createExecutionActivities(deps: ExecutionDeps): ExecutionStages {
  const { clock, remembered, maxAgeSeconds = defaultMaxAgeSeconds } = deps;
  const open = () => openTrusted(deps.registry, deps.trust, { clock, remembered, maxAgeSeconds });

  async function execute(input: ExecuteInput, context: StageContext): Promise<ExecuteResult> {
    const executor = requireExecutor(deps);
    context.progress({ what: 'verifying', done: 0, total: 0 });
    requireDataset(open(), input.dataset);
    const { registry, state } = await openMachine(deps);
    const data = await loadDataset(registry, input.dataset);
    refuseWhenCancelled(context.signal, 'execution');
    const { pulled, statement } = await deploy(open, { deps, executor, input });
    const journal = await trade(pulled, { data, statement, input, context, scratch: deps.scratch });
    const made = { journal: await registry.putObject(journal), report: await registry.putJson(tcaReport(journal)) };
    const { version, because } = pulled;
    const execution = await state(
      'execution',
      { name: version.candidate, sha256: version.model },
      {
        ...{ line: input.line, executor: executor.id, deployment: statement, dataset: input.dataset, ...made },
        ...(because && { because: because.code }),
      },
    );
    return {
      ...{ ...made, statement, execution, ran: version.model },
      ...(because && { fallbackBecause: because.code, fallbackReason: because.message }),
    };
  }
  return { execute };
}

/** @throws ASSAY_KEY_UNKNOWN, ASSAY_ROLE_DENIED */
function requireExecutor({ trust, key }: MachineDeps): MachineIdentity {
  const owner = trust.keys.get(key.keyid)?.owner;
  if (owner === undefined) throw new AssayError('ASSAY_KEY_UNKNOWN', { keyid: key.keyid });
  if (owner.type === 'machine' && owner.role === 'executor') return owner;
  throw new AssayError('ASSAY_ROLE_DENIED', { person: owner.id, role: 'executor' });
}

interface Deployment {
  readonly deps: ExecutionDeps;
  readonly executor: MachineIdentity;
  readonly input: ExecuteInput;
}

/** How often a version may lose its approval between being pulled and being deployed, before we give up. */
const attempts = 3;

/**
 * Pulls, and appends the deployment. Whether it is still approved is judged again under the log's lock, so that no revocation
 * can come between; then the choice is made anew. The same deployment is one entry however often it is tried.
 */
async function deploy(
  open: () => TrustedRegistry,
  { deps, executor, input: { line, model } }: Deployment,
): Promise<{ pulled: Pulled; statement: Sha256 }> {
  for (let attempt = 1; ; attempt++) {
    const pulled = await pull(open(), line, model);
    const { version } = pulled;
    const { approvals } = version.approval;
    const deployment = buildStatement(
      'deployment',
      { name: version.candidate, sha256: version.model },
      { line, executor: executor.id, approvals: [...approvals] },
    );
    const bytes = encodeEnvelope(signStatement(deployment, deps.key));
    const statement = sha256(bytes);
    let lost: AssayError | undefined;
    appendEntries(new Files(deps.registry), deps.log, (view) => {
      const entries = attribute(view.entries().map(parseEntry), deps.trust);
      const nowMs = Math.max(deps.clock.now(), (view.checkpoint.timeSeconds ?? 0) * 1000);
      const approval = approvalState({ entries, line, model: version.model }, nowMs);
      if (approval.state !== 'approved') lost = stateError(version.model, approval);
      return lost !== undefined || entries.some(({ digest }) => digest === statement) ? [] : [bytes];
    });
    if (lost === undefined) return { pulled, statement };
    if (attempt === attempts) throw lost;
  }
}

/** @throws ASSAY_NOT_FOUND when nobody we trust has signed for this dataset */
function requireDataset({ entries }: TrustedRegistry, dataset: Sha256): void {
  const stated = entries
    .filter(isKind('dataset'))
    .some((entry) => entry.by !== undefined && subjectOf(entry) === dataset);
  if (!stated) throw new AssayError('ASSAY_NOT_FOUND', { what: `a signed dataset ${dataset}` });
}

interface Trading {
  readonly data: LoadedDataset;
  readonly scratch: string;
  readonly statement: Sha256;
  readonly input: ExecuteInput;
  readonly context: StageContext;
}

/** @returns the journal, as it was written to disk */
async function trade(pulled: Pulled, { data, scratch, statement, input, context }: Trading): Promise<Buffer> {
  const { line, dataset } = input;
  const { version, policy, gate, task, costs, instrument, because } = pulled;
  const { manifest, bookTape } = data;
  if (manifest.instrument.symbol !== instrument.symbol)
    throw new AssayError('ASSAY_DATASET_QUALITY', {
      reason: `it is of ${manifest.instrument.symbol}, the model trades ${instrument.symbol}`,
    });
  const segment = segmentsOf(manifest, { validationMs: pulled.validationMs }).execution;
  const path = join(scratch, 'journals', `${line}-${dataset.slice(0, 12)}-${version.model.slice(0, 12)}.ndjson`);
  const journal = new JournalWriter(path);
  const begin: Line<'begin'> = {
    ...{ event: 'begin', format: 'assay.journal/1', line, model: version.model, policy: policy.name },
    ...(because && { because: because.code }),
    ...{ deployment: statement, dataset, instrument, segment, task, costs, limits: gate.limits },
  };
  try {
    journal.write(begin);
    await executeOrders({
      ...{ bookTape, segment, task, costs, policy, gate, journal, signal: context.signal },
      onProgress: (done, total) => context.progress({ what: 'trading', done, total }),
    });
  } catch (error) {
    journal.abandon();
    throw error;
  }
  const digest = journal.close();
  const bytes = readFileSync(path);
  if (sha256(bytes) === digest) return bytes;
  throw new AssayError('ASSAY_INTERNAL', { reason: `somebody else wrote to ${path}` });
}

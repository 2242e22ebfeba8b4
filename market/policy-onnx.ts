/**
 * A policy file (policy-file.ts) as a Policy: the same observations and actions as schedules and rules have. Validation and
 * executor both serve a network with this, and so cannot drift apart.
 */
import { AssayError } from '../core/errors.ts';
import { OBSERVATION_FIELDS, OBSERVATION_SIZE } from './observation.ts';
import { requireSelfContained } from './onnx/read.ts';
import { Session } from './onnx/session.ts';
import { ACTION_COLUMNS, ACTION_SIZE, type Policy } from './policy.ts';
import { describePolicy } from './policy-file.ts';

/**
 * @param name what the policy is called in reports
 * @throws ASSAY_MODEL_INVALID when the bytes are no policy file, need something beside them, or are for other observations or actions;
 * its `decide` throws ASSAY_NOT_FINITE for an observation or an answer that is NaN or infinite
 */
export async function loadPolicy(bytes: Uint8Array, name: string): Promise<Policy> {
  const described = describePolicy(bytes);
  requireSelfContained(bytes);
  requireNames(
    'observations',
    described.observationNames,
    OBSERVATION_FIELDS.map((field) => field.name),
  );
  requireNames('action columns', described.actionColumns, ACTION_COLUMNS);
  requireTable(described.actionTable);
  const session = await Session.load(bytes);
  return new OnnxPolicy(name, session, described.actionTable.length);
}

class OnnxPolicy implements Policy {
  readonly name: string;
  readonly #session: Session;
  readonly #actionCount: number;
  #feeds: { observation: Float32Array; mask: Float32Array } | undefined;

  constructor(name: string, session: Session, actionCount: number) {
    this.name = name;
    this.#session = session;
    this.#actionCount = actionCount;
  }

  async decide(observations: Float32Array, actions: Float32Array, count: number): Promise<void> {
    const { observation, mask } = this.#feedsFor(count);
    observation.set(observations.subarray(0, count * OBSERVATION_SIZE));
    requireFinite(`an observation for ${this.name}`, observation);
    const { action } = await this.#session.run({ observation, mask });
    if (!(action instanceof Float32Array && action.length === count * ACTION_SIZE))
      throw new AssayError('ASSAY_NOT_FINITE', { what: `the answer of ${this.name}` });
    requireFinite(`an action of ${this.name}`, action);
    actions.set(action);
  }

  #feedsFor(count: number): { observation: Float32Array; mask: Float32Array } {
    if (this.#feeds?.observation.length !== count * OBSERVATION_SIZE)
      this.#feeds = {
        observation: new Float32Array(count * OBSERVATION_SIZE),
        mask: new Float32Array(count * this.#actionCount).fill(1),
      };
    return this.#feeds;
  }
}

function requireNames(what: string, got: readonly string[], expected: readonly string[]): void {
  if (Array.isArray(got) && got.join() === expected.join()) return;
  throw refused(`its ${what} are not those of this market (${expected.join(', ')})`);
}

function requireTable(table: readonly (readonly number[])[]): void {
  const isRow = (row: unknown) =>
    Array.isArray(row) && row.length === ACTION_SIZE && row.every((x) => typeof x === 'number' && x >= 0 && x <= 1);
  if (!(Array.isArray(table) && table.length > 0 && table.every(isRow)))
    throw refused(`its action table is not rows of ${ACTION_SIZE} numbers in [0, 1]`);
}

function refused(reason: string): AssayError {
  return new AssayError('ASSAY_MODEL_INVALID', { digest: '(policy file)', reason });
}

function requireFinite(what: string, values: Float32Array): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i])) throw new AssayError('ASSAY_NOT_FINITE', { what });
}

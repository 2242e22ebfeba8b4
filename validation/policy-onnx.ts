/** A policy file (models/policy-file.ts) as a Policy: the same observations and actions as schedules and rules have. */
import { AssayError } from '../core/errors.ts';
import { OBSERVATION_FIELDS, OBSERVATION_SIZE } from '../market/observation.ts';
import { ACTION_SIZE, type Policy } from '../market/policy.ts';
import { Session } from '../models/onnx/session.ts';
import { describePolicy } from '../models/policy-file.ts';

const actionColumns = ['post', 'cross', 'guard'];

/**
 * @param name what the policy is called in reports
 * @throws ASSAY_MODEL_INVALID when the bytes are no policy file, or one for other observations or actions;
 * its `decide` throws ASSAY_NOT_FINITE for an observation or an answer that is NaN or infinite
 */
export async function loadPolicy(bytes: Uint8Array, name: string): Promise<Policy> {
  const described = describePolicy(bytes);
  requireNames(
    'observations',
    described.observationNames,
    OBSERVATION_FIELDS.map((field) => field.name),
  );
  requireNames('action columns', described.actionColumns, actionColumns);
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
    requireFinite(`an action of ${this.name}`, action as Float32Array);
    actions.set(action as Float32Array);
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
  const reason = `its ${what} are not those of this market (${expected.join(', ')})`;
  throw new AssayError('ASSAY_MODEL_INVALID', { digest: '(policy file)', reason });
}

function requireFinite(what: string, values: Float32Array): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i])) throw new AssayError('ASSAY_NOT_FINITE', { what });
}

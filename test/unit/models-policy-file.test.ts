import { describe, expect, it } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import { randomStream } from '../../core/random.ts';
import { Session } from '../../market/onnx/session.ts';
import { describePolicy, type PolicyDescription } from '../../market/policy-file.ts';
import { constant } from '../../models/graph/tensor.ts';
import { initialParameters, type NetworkSpec } from '../../models/network.ts';
import { encodeModel } from '../../models/onnx/encode.ts';
import { encodePolicy } from '../../models/policy-file.ts';

const network: NetworkSpec = {
  observationSize: 3,
  actionCount: 4,
  hidden: [8, 8],
  scaling: { shift: [10, 0, -1], scale: [0.1, 2, 1], clip: 5 },
};
const random = randomStream(1, 'policy');
const theta = initialParameters(network, 1).map((x) => x + 0.2 * random.normal());
const description: PolicyDescription = {
  observationNames: ['timeLeft', 'inventoryLeft', 'imbalance'],
  actionColumns: ['post', 'cross'],
  actionTable: [
    [0, 0],
    [0.5, 0],
    [1, 0.25],
    [0, 1],
  ],
  profile: sha256('profile'),
  protocol: sha256('protocol'),
  training: sha256('training'),
};

/** The policy by hand, in plain arithmetic. */
function byHand(observation: readonly number[], mask: readonly number[]): number {
  const { shift, scale, clip } = network.scaling as NonNullable<NetworkSpec['scaling']>;
  let h = observation.map((x, i) => Math.max(-clip, Math.min(clip, (x - Number(shift[i])) * Number(scale[i]))));
  let offset = 0;
  for (const [layer, width] of [...network.hidden, network.actionCount].entries()) {
    const inputs = h;
    const at = offset;
    const out = Array.from({ length: width }, (_, j) =>
      inputs.reduce(
        (total, x, i) => total + x * Number(theta[at + i * width + j]),
        Number(theta[at + inputs.length * width + j]),
      ),
    );
    offset += (inputs.length + 1) * width;
    h = layer < network.hidden.length ? out.map(Math.tanh) : out;
  }
  const allowed = h.map((logit, action) => (mask[action] ? logit : -Infinity));
  return allowed.indexOf(Math.max(...allowed));
}

describe('the policy file', () => {
  const bytes = encodePolicy(network, theta, description);

  it('takes raw observations and decides as plain arithmetic does, never for a forbidden action', async () => {
    const session = await Session.load(bytes);
    const rows = 200;
    const observation = Float32Array.from({ length: rows * 3 }, (_, i) => random.normal() * (i % 3 === 0 ? 30 : 2));
    const mask = Float32Array.from({ length: rows * 4 }, (_, i) => (i % 4 === 3 ? 1 : random.below(2)));
    const { action, index, logits } = await session.run({ observation, mask });
    const seen = new Set<number>();
    for (let row = 0; row < rows; row++) {
      const want = byHand([...observation.subarray(row * 3, row * 3 + 3)], [...mask.subarray(row * 4, row * 4 + 4)]);
      seen.add(want);
      expect(Number(index?.[row])).toBe(want);
      expect(Array.from(action?.slice(row * 2, row * 2 + 2) ?? [], Number)).toEqual(description.actionTable[want]);
      for (let a = 0; a < 4; a++) expect(Number(logits?.[row * 4 + a]) === -1e8).toBe(mask[row * 4 + a] === 0);
    }
    expect(seen.size).toBe(4);
  });

  it('says what it is', () => expect(describePolicy(bytes)).toEqual(description));
  it('has the same bytes every time', () => expect(encodePolicy(network, theta, description)).toEqual(bytes));
  it('holds the actor alone', () => expect(bytes.length).toBeLessThan(3500));
});

describe('what does not fit is refused', () => {
  const digest = '0'.repeat(64);
  it.each([
    ['a short theta', theta.slice(1), {}, 'ASSAY_GRAPH_INVALID'],
    ['a NaN parameter', theta.with(3, Number.NaN), {}, 'ASSAY_NOT_FINITE'],
    ['a name too few', theta, { observationNames: ['a', 'b'] }, 'ASSAY_GRAPH_INVALID'],
    ['a row too few', theta, { actionTable: [[0, 0]] }, 'ASSAY_GRAPH_INVALID'],
    ['a column too many', theta, { actionColumns: ['post', 'cross', 'wait'] }, 'ASSAY_GRAPH_INVALID'],
  ])('%s', (...[, parameters, changes, code]) => {
    expect(() => encodePolicy(network, parameters, { ...description, ...changes })).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it.each([
    ['another model', {}, 'lacks the metadata assay.format'],
    ['another format', { 'assay.format': 'assay.policy/2' }, 'its format is assay.policy/2'],
    ['a digest that is none', { 'assay.profile': 'x' }, 'assay.profile is no SHA-256'],
    ['broken JSON', { 'assay.observation_names': '[' }, 'assay.observation_names is no JSON'],
  ])('%s is no policy file', (_, changes, reason) => {
    const whole = Object.keys(changes).length === 0 ? {} : { ...complete(digest), ...changes };
    const bytes = encodeModel({ outputs: { y: constant([1]) }, metadata: whole });
    expect(() => describePolicy(bytes)).toThrow(
      expect.objectContaining({ code: 'ASSAY_MODEL_INVALID', message: expect.stringContaining(reason) }),
    );
  });
});

function complete(digest: string): Record<string, string> {
  return {
    'assay.format': 'assay.policy/1',
    'assay.observation_names': '[]',
    'assay.action_columns': '[]',
    'assay.action_table': '[]',
    'assay.profile': digest,
    'assay.protocol': digest,
    'assay.training': digest,
  };
}

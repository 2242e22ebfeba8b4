/** Policy files for tests: a small network for this market's observations, and one that answers NaN. */
import { canonicalJson } from '../../core/canonical-json.ts';
import { type Sha256, sha256 } from '../../core/digest.ts';
import { OBSERVATION_FIELDS, OBSERVATION_SCALING, OBSERVATION_SIZE } from '../../market/observation.ts';
import { ACTION_COLUMNS, ACTION_SIZE, ACTION_TABLE } from '../../market/policy.ts';
import { type PolicyDescription, policyFormat } from '../../market/policy-file.ts';
import { input, slice, sqrt, sub } from '../../models/graph/tensor.ts';
import { initialParameters, type NetworkSpec } from '../../models/network.ts';
import { encodeModel } from '../../models/onnx/encode.ts';
import { encodePolicy } from '../../models/policy-file.ts';

const network: NetworkSpec = {
  observationSize: OBSERVATION_SIZE,
  actionCount: ACTION_TABLE.length,
  hidden: [8],
  scaling: OBSERVATION_SCALING,
};

export const description: PolicyDescription = {
  observationNames: OBSERVATION_FIELDS.map(({ name }) => name),
  actionColumns: ACTION_COLUMNS,
  actionTable: ACTION_TABLE,
  profile: sha256('profile'),
  protocol: sha256('protocol'),
  training: sha256('training'),
};

/** An untrained network. */
export function policyBytes(seed: number, changes: Partial<PolicyDescription> = {}): Uint8Array {
  // Larger than a learner begins with, so that it does not answer the same to everything.
  const theta = initialParameters(network, seed).map((x) => 3 * x);
  return encodePolicy(network, theta, { ...description, ...changes });
}

/** Says all the right things about itself, and answers every observation with three NaN. */
export function nanPolicyBytes(said: { readonly profile?: Sha256; readonly protocol?: Sha256 } = {}): Uint8Array {
  const observation = input('observation', ['n', OBSERVATION_SIZE]);
  const remaining = slice(observation, { axis: 1, start: 0, end: ACTION_SIZE });
  const { observationNames, actionColumns, actionTable, ...digests } = { ...description, ...said };
  return encodeModel({
    outputs: { action: sqrt(sub(sub(remaining, remaining), 1)) },
    metadata: {
      'assay.format': policyFormat,
      'assay.observation_names': canonicalJson(observationNames),
      'assay.action_columns': canonicalJson(actionColumns),
      'assay.action_table': canonicalJson(actionTable),
      ...Object.fromEntries(Object.entries(digests).map(([name, digest]) => [`assay.${name}`, digest])),
    },
  });
}

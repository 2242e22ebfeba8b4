/**
 * The deployable policy: one ONNX file (opset 17) that needs nothing beside it. Scaling of observations and the meaning of
 * actions are inside, so that whoever runs it cannot get them wrong.
 *
 * Inputs, `n` open:
 *   `observation`  float32 [n, d]  raw features in the order of `observation_names`
 *   `mask`         float32 [n, a]  1 where an action is allowed, 0 where not; at least one in every row
 * Outputs:
 *   `action`  float32 [n, k]  the row of the action table that belongs to `index`; columns as in `action_columns`
 *   `index`   int64   [n]     the allowed action with the highest logit, the first among equals
 *   `logits`  float32 [n, a]  logits, with -1e8 where an action is forbidden; probabilities are their softmax
 *
 * A NaN or infinity in an observation is not caught in the file: whoever runs it denies before and after (policy-onnx.ts).
 *
 * metadata_props, all text:
 *   `assay.format`             "assay.policy/1"
 *   `assay.observation_names`  JSON array of d names
 *   `assay.action_columns`     JSON array of k names
 *   `assay.action_table`       JSON array of a rows of k numbers, the same as the constant in the graph
 *   `assay.profile`, `assay.protocol`, `assay.training`  SHA-256 of the market profile, the protocol and the training run
 */
import { isSha256, type Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { modelMetadata } from './onnx/read.ts';

export const policyFormat = 'assay.policy/1';

export interface PolicyDescription {
  readonly observationNames: readonly string[];
  readonly actionColumns: readonly string[];
  /** One row an action, in the order of the environment's action numbers. */
  readonly actionTable: readonly (readonly number[])[];
  readonly profile: Sha256;
  readonly protocol: Sha256;
  readonly training: Sha256;
}

/** What a policy file says about itself. @throws ASSAY_MODEL_INVALID when it is no policy file, or an incomplete one */
export function describePolicy(bytes: Uint8Array): PolicyDescription {
  const metadata = modelMetadata(bytes);
  const text = (key: string): string => metadata[`assay.${key}`] ?? refuse(`it lacks the metadata assay.${key}`);
  const digest = (key: string): Sha256 => {
    const value = text(key);
    return isSha256(value) ? value : refuse(`its metadata assay.${key} is no SHA-256`);
  };
  if (text('format') !== policyFormat) refuse(`its format is ${text('format')}, not ${policyFormat}`);
  const json = (key: string): unknown => {
    try {
      return JSON.parse(text(key));
    } catch {
      return refuse(`its metadata assay.${key} is no JSON`);
    }
  };
  return {
    observationNames: json('observation_names') as string[],
    actionColumns: json('action_columns') as string[],
    actionTable: json('action_table') as number[][],
    profile: digest('profile'),
    protocol: digest('protocol'),
    training: digest('training'),
  };
}

function refuse(reason: string): never {
  throw new AssayError('ASSAY_MODEL_INVALID', { digest: '(policy file)', reason });
}

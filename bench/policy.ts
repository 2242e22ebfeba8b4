/** An untrained network in the form in which a trained one is served: it costs the same to run. */
import { policyFile } from '../activities/train.ts';
import { sha256 } from '../core/digest.ts';
import { OBSERVATION_SCALING, OBSERVATION_SIZE } from '../market/observation.ts';
import { ACTION_TABLE } from '../market/policy.ts';
import { initialParameters } from '../models/network.ts';

export function untrainedPolicy(hidden: readonly number[]): Uint8Array {
  const network = {
    observationSize: OBSERVATION_SIZE,
    actionCount: ACTION_TABLE.length,
    hidden,
    scaling: OBSERVATION_SCALING,
  };
  const run = { network, theta: initialParameters(network, 1), runDigest: sha256('bench') };
  return policyFile(run, { profile: sha256('bench'), protocol: sha256('bench') });
}

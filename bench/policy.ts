/** An untrained network in the form in which a trained one is served: it costs the same to run. */
import { sha256 } from '../core/digest.ts';
import { OBSERVATION_FIELDS, OBSERVATION_SIZE } from '../market/observation.ts';
import { ACTION_TABLE } from '../market/policy.ts';
import { initialParameters, type NetworkSpec } from '../models/network.ts';
import { encodePolicy } from '../models/policy-file.ts';

/** How the line's networks see: as the fields' own shift and scale say. */
const scaling: NetworkSpec['scaling'] = {
  shift: OBSERVATION_FIELDS.map(({ shift }) => shift),
  scale: OBSERVATION_FIELDS.map(({ scale }) => 1 / scale),
  clip: 5,
};

export function untrainedPolicy(hidden: readonly number[]): Uint8Array {
  const network = { observationSize: OBSERVATION_SIZE, actionCount: ACTION_TABLE.length, hidden, scaling };
  return encodePolicy(network, initialParameters(network, 1), {
    observationNames: OBSERVATION_FIELDS.map(({ name }) => name),
    actionColumns: ['post', 'cross', 'guard'],
    actionTable: ACTION_TABLE,
    profile: sha256('bench'),
    protocol: sha256('bench'),
    training: sha256('bench'),
  });
}

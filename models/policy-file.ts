/** Writes the deployable policy file, whose format is described where it is read (market/policy-file.ts). */
import { canonicalJson } from '../core/canonical-json.ts';
import { AssayError } from '../core/errors.ts';
import { type PolicyDescription, policyFormat } from '../market/policy-file.ts';
import { argmax, constant, gather, input } from './graph/tensor.ts';
import { maskedLogits, type NetworkSpec, parameterCount, parametersOf, perceptron, scaled } from './network.ts';
import { encodeModel } from './onnx/encode.ts';

/**
 * The bytes of the policy file; equal arguments give equal bytes.
 * @throws ASSAY_GRAPH_INVALID when names, table or theta do not fit the network, ASSAY_NOT_FINITE for a bad parameter
 */
export function encodePolicy(network: NetworkSpec, theta: Float32Array, description: PolicyDescription): Uint8Array {
  const { observationNames, actionColumns, actionTable } = description;
  expect(
    theta.length === parameterCount(network),
    `theta has ${theta.length} elements, not ${parameterCount(network)}`,
  );
  expect(
    observationNames.length === network.observationSize,
    `${observationNames.length} observation names for ${network.observationSize} features`,
  );
  expect(
    actionTable.length === network.actionCount,
    `${actionTable.length} table rows for ${network.actionCount} actions`,
  );
  expect(
    actionTable.every((row) => row.length === actionColumns.length && row.every(Number.isFinite)),
    `a row of the action table is not ${actionColumns.length} finite numbers`,
  );
  if (!theta.every(Number.isFinite)) throw new AssayError('ASSAY_NOT_FINITE', { what: 'a parameter of the policy' });

  const observation = scaled(input('observation', ['n', network.observationSize]), network.scaling);
  const { actor } = parametersOf(network, constant(theta));
  const logits = maskedLogits(perceptron(actor, observation), input('mask', ['n', network.actionCount]));
  const index = argmax(logits, 1);
  const table = constant(actionTable.flat(), [network.actionCount, actionColumns.length]);
  return encodeModel({
    outputs: { action: gather(table, index), index, logits },
    metadata: {
      'assay.format': policyFormat,
      'assay.observation_names': canonicalJson(observationNames),
      'assay.action_columns': canonicalJson(actionColumns),
      'assay.action_table': canonicalJson(actionTable),
      'assay.profile': description.profile,
      'assay.protocol': description.protocol,
      'assay.training': description.training,
    },
  });
}

function expect(holds: boolean, reason: string): void {
  if (!holds) throw new AssayError('ASSAY_GRAPH_INVALID', { reason });
}

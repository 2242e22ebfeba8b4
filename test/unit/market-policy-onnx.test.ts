import { describe, expect, it } from 'vitest';
import { OBSERVATION_SIZE } from '../../market/observation.ts';
import { modelProto } from '../../market/onnx/schema.ts';
import { ACTION_SIZE, ACTION_TABLE } from '../../market/policy.ts';
import { loadPolicy } from '../../market/policy-onnx.ts';
import { description, nanPolicyBytes, policyBytes } from '../support/policy-files.ts';

const bytes = policyBytes(1);
const rows = 200;
const observations = Float32Array.from({ length: rows * OBSERVATION_SIZE }, (_, i) => 3 * Math.sin(i * i));
const invalid = (reason: string) => ({ code: 'ASSAY_MODEL_INVALID', message: expect.stringContaining(reason) });

describe('a policy file in service', () => {
  it('answers every row with a row of its table, one by one as all at once', async () => {
    const policy = await loadPolicy(bytes, 'net');
    const together = new Float32Array(rows * ACTION_SIZE);
    await policy.decide(observations, together, rows);
    const table = ACTION_TABLE.map((row) => [...Float32Array.from(row)].join());
    const seen = new Set<string>();
    for (let row = 0; row < rows; row++) {
      const alone = new Float32Array(ACTION_SIZE);
      await policy.decide(observations.subarray(row * OBSERVATION_SIZE, (row + 1) * OBSERVATION_SIZE), alone, 1);
      expect(table).toContain([...alone].join());
      expect([...together.subarray(row * ACTION_SIZE, (row + 1) * ACTION_SIZE)]).toEqual([...alone]);
      seen.add([...alone].join());
    }
    expect(seen.size).toBeGreaterThan(2);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])('denies the observation %d', async (bad) => {
    const policy = await loadPolicy(bytes, 'net');
    const actions = new Float32Array(3 * ACTION_SIZE).fill(-1);
    const deciding = async () => policy.decide(observations.slice().fill(bad, 20, 21), actions, 3);
    await expect(deciding()).rejects.toMatchObject({ code: 'ASSAY_NOT_FINITE' });
    expect([...actions]).toEqual(Array(9).fill(-1));
  });

  it('denies its own answer when that is NaN', async () => {
    const policy = await loadPolicy(nanPolicyBytes(), 'nan');
    const actions = new Float32Array(ACTION_SIZE).fill(-1);
    await expect(async () => policy.decide(observations, actions, 1)).rejects.toMatchObject({
      code: 'ASSAY_NOT_FINITE',
    });
    expect([...actions]).toEqual([-1, -1, -1]);
  });
});

describe('what is no policy of this market is refused', () => {
  it.each([
    ['other observations', { observationNames: description.observationNames.toReversed() }, 'its observations are not'],
    ['other actions', { actionColumns: ['post', 'cross', 'wait'] }, 'its action columns are not those of this market'],
    ['an action beyond its bounds', { actionTable: ACTION_TABLE.map(() => [0, 1.5, 1]) }, 'its action table is not'],
  ])('%s', async (_, changes, reason) => {
    await expect(loadPolicy(policyBytes(1, changes), 'net')).rejects.toMatchObject(invalid(reason));
  });

  it('weights in a file beside it', async () => {
    const model = modelProto.decode(bytes) as unknown as {
      graph: { initializer: { $unknowns?: Uint8Array[] }[] };
    };
    // Field 14 of TensorProto, data_location, is EXTERNAL.
    model.graph.initializer[0].$unknowns = [Uint8Array.of(0x70, 0x01)];
    const external = modelProto.encode(model).finish();
    expect(external.length).toBe(bytes.length + 2);
    await expect(loadPolicy(external, 'net')).rejects.toMatchObject(
      invalid('fields that a self-contained model does not have'),
    );
  });
});

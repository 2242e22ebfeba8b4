/** Expressions computed once by ONNX Runtime, in float64 unless told otherwise. */

import { Session } from '../../market/onnx/session.ts';
import type { Tensor } from '../../models/graph/tensor.ts';
import { encodeModel, type Precision } from '../../models/onnx/encode.ts';

export async function evaluate(
  outputs: Readonly<Record<string, Tensor>>,
  feeds: Readonly<Record<string, ArrayLike<number>>> = {},
  precision: Precision = 'float64',
): Promise<Record<string, number[]>> {
  const session = await Session.load(encodeModel({ outputs, precision }));
  const results = await session.run(
    Object.fromEntries(
      Object.entries(feeds).map(([name, values]) => [
        name,
        precision === 'float64' ? Float64Array.from(values) : Float32Array.from(values),
      ]),
    ),
  );
  await session.release();
  return Object.fromEntries(Object.entries(results).map(([name, values]) => [name, Array.from(values, Number)]));
}

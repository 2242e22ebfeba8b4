/** Gradients by central differences, in float64, of the same graph that is to be differentiated. */

import { Session } from '../../market/onnx/session.ts';
import { grad } from '../../models/graph/gradient.ts';
import { input, mul, type Shape, size, sum, type Tensor } from '../../models/graph/tensor.ts';
import { encodeModel } from '../../models/onnx/encode.ts';

export interface GradientCase {
  /** Tensor of any shape from inputs of the given shapes; each element enters the loss with a weight of its own. */
  readonly build: (...inputs: Tensor[]) => Tensor;
  readonly shapes: readonly Shape[];
  readonly values: readonly (readonly number[])[];
}

/** Largest difference between the derived gradient and central differences, relative above one. */
export async function gradientError({ build, shapes, values }: GradientCase): Promise<number> {
  const inputs = shapes.map((shape, i) => input(`x${i}`, shape));
  const y = build(...inputs);
  const weights = Array.from({ length: size(y.shape) }, (_, i) => Math.sin(1 + 2.3 * i) + 0.2);
  const loss = sum(mul(y, input('weights', y.shape)));
  const gradients = grad(loss, inputs);
  const named = Object.fromEntries(gradients.map((gradient, i) => [`g${i}`, gradient]));
  const session = await Session.load(encodeModel({ outputs: { loss, ...named }, precision: 'float64' }));
  const known = Object.keys(session.inputs);
  const run = async (at: readonly (readonly number[])[]): Promise<Record<string, ArrayLike<unknown>>> => {
    const feeds = Object.fromEntries(
      [...at.map((numbers, i) => [`x${i}`, numbers] as const), ['weights', weights] as const]
        .filter(([name]) => known.includes(name))
        .map(([name, numbers]) => [name, Float64Array.from(numbers)]),
    );
    return session.run(feeds);
  };
  const derived = await run(values);
  let worst = 0;
  for (const [i, numbers] of values.entries()) {
    for (const [j, number] of numbers.entries()) {
      const h = 1e-6 * Math.max(1, Math.abs(number));
      const [up, down] = [h, -h].map((step) => values.with(i, numbers.with(j, number + step)));
      const difference =
        (Number((await run(up ?? [])).loss?.[0]) - Number((await run(down ?? [])).loss?.[0])) / (2 * h);
      const got = Number(derived[`g${i}`]?.[j]);
      const error = Math.abs(got - difference) / Math.max(1, Math.abs(difference));
      worst = Math.max(worst, error); // NaN stays NaN
    }
  }
  await session.release();
  return worst;
}

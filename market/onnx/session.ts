/**
 * A model loaded in ONNX Runtime, deterministic by construction: CPU, one intra-op and one inter-op thread, sequential
 * execution (more threads change the order of sums, and with it the bits).
 */
import * as ort from 'onnxruntime-node';
import { AssayError } from '../../core/errors.ts';

export type Numbers = Float32Array | Float64Array | BigInt64Array;
export type NumbersByName = Readonly<Record<string, Numbers>>;

export const sessionOptions = {
  executionProviders: ['cpu'],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
} as const satisfies ort.InferenceSession.SessionOptions;

interface Port {
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

export class Session {
  readonly #session: ort.InferenceSession;
  readonly #ports: ReadonlyMap<string, Port>;
  readonly #tensors = new Map<string, { data: Numbers; tensor: ort.Tensor }>();

  private constructor(session: ort.InferenceSession) {
    this.#session = session;
    this.#ports = new Map(
      [...session.inputMetadata, ...session.outputMetadata].flatMap((port) =>
        port.isTensor ? [[port.name, { type: port.type, shape: port.shape }] as const] : [],
      ),
    );
  }

  /** Load the bytes of an ONNX model. @throws ASSAY_MODEL_INVALID when ONNX Runtime refuses them */
  static async load(model: Uint8Array): Promise<Session> {
    try {
      return new Session(await ort.InferenceSession.create(model, sessionOptions));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AssayError('ASSAY_MODEL_INVALID', { digest: '(in memory)', reason }, { cause });
    }
  }

  /** Names and shapes of the inputs. */
  get inputs(): Readonly<Record<string, readonly (number | string)[]>> {
    return Object.fromEntries(this.#session.inputMetadata.flatMap((m) => (m.isTensor ? [[m.name, m.shape]] : [])));
  }

  /**
   * Run the model once. Arrays are row-major, passed without copying, and must fill the model's shapes; the length of one
   * open axis follows from the array. With `into` the results are written there and the same arrays are returned; they must
   * not overlap with inputs.
   * @throws ASSAY_GRAPH_INVALID on a missing, unknown or wrongly sized array
   */
  async run(feeds: NumbersByName, into?: NumbersByName): Promise<Record<string, Numbers>> {
    const inputs: Record<string, ort.Tensor> = {};
    for (const name of this.#session.inputNames) inputs[name] = this.#tensor(name, feeds[name]);
    if (into !== undefined) {
      const fetches: Record<string, ort.Tensor> = {};
      for (const name in into) fetches[name] = this.#tensor(name, into[name]);
      await this.#session.run(inputs, fetches);
      return into;
    }
    const results = await this.#session.run(inputs);
    return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, data as Numbers]));
  }

  /** Free the native memory now instead of at the next garbage collection. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  /** The array as ONNX Runtime's tensor; kept while the same array comes again. */
  #tensor(name: string, data: Numbers | undefined): ort.Tensor {
    const known = this.#tensors.get(name);
    if (known !== undefined && known.data === data) return known.tensor;
    const port = this.#ports.get(name);
    if (port === undefined) throw new AssayError('ASSAY_GRAPH_INVALID', { reason: `the model has no "${name}"` });
    if (data === undefined) throw new AssayError('ASSAY_GRAPH_INVALID', { reason: `the input "${name}" is missing` });
    const tensor = new ort.Tensor(port.type as 'float32', data as Float32Array, dims(name, port, data.length));
    this.#tensors.set(name, { data, tensor });
    return tensor;
  }
}

function dims(name: string, port: Port, length: number): number[] {
  const known = port.shape.reduce<number>((product, dim) => (typeof dim === 'number' ? product * dim : product), 1);
  const open = port.shape.filter((dim) => typeof dim === 'string').length;
  if (open > 1 || (open === 0 && known !== length) || length % known !== 0)
    throw new AssayError('ASSAY_GRAPH_INVALID', {
      reason: `${length} values do not fill "${name}" of shape [${port.shape.join(', ')}]`,
    });
  return port.shape.map((dim) => (typeof dim === 'number' ? dim : length / known));
}

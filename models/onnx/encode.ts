/**
 * Write tensor expressions down as an ONNX model (opset 17, IR version 8). The same expressions give the same bytes: values are
 * numbered in the order of a depth-first walk from the outputs, and every field is written in the order of its number.
 */
import { AssayError } from '../../core/errors.ts';
import { attributeType, dataType, modelProto } from '../../market/onnx/schema.ts';
import type { Dim, Shape, Tensor } from '../graph/tensor.ts';

/** Precision of every float in a model; float64 is for checks, about three times slower. */
export type Precision = 'float32' | 'float64';

export interface ModelSource {
  /** What the model gives, by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly precision?: Precision;
  /** Written to the model's metadata_props, sorted by key. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The bytes of an ONNX ModelProto. @throws ASSAY_GRAPH_INVALID when two inputs, or an input and an output, share a name */
export function encodeModel(source: ModelSource): Uint8Array {
  const writer = new GraphWriter(source.precision ?? 'float32');
  for (const [name, tensor] of Object.entries(source.outputs)) writer.output(name, tensor);
  const metadata = Object.entries(source.metadata ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const model = {
    irVersion: 8,
    producerName: 'assay',
    graph: writer.graph(),
    opsetImport: [{ domain: '', version: 17 }],
    metadataProps: metadata.map(([key, value]) => ({ key, value })),
  };
  return modelProto.encode(model).finish();
}

interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly opType: string;
  readonly attribute: readonly object[];
}

type Attributes = Readonly<Record<string, number | readonly number[]>>;

class GraphWriter {
  readonly #precision: Precision;
  readonly #names = new Map<Tensor, string>();
  readonly #inputs = new Map<string, Tensor>();
  readonly #constants = new Map<string, string>();
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: object[] = [];
  readonly #outputs = new Map<string, Tensor>();

  constructor(precision: Precision) {
    this.#precision = precision;
  }

  output(name: string, tensor: Tensor): void {
    this.#node('Identity', [this.#value(tensor)], name);
    this.#outputs.set(name, tensor);
  }

  graph(): object {
    for (const name of this.#outputs.keys())
      if (this.#inputs.has(name))
        throw new AssayError('ASSAY_GRAPH_INVALID', { reason: `an input and an output are both named "${name}"` });
    return {
      node: this.#nodes,
      name: 'assay',
      initializer: this.#initializers,
      input: [...this.#inputs].map(([name, tensor]) => this.#valueInfo(name, tensor)),
      output: [...this.#outputs].map(([name, tensor]) => this.#valueInfo(name, tensor)),
    };
  }

  /** Name of the value of `tensor`, written down on first sight. */
  #value(tensor: Tensor): string {
    const known = this.#names.get(tensor);
    if (known !== undefined) return known;
    const name = this.#write(tensor);
    this.#names.set(tensor, name);
    return name;
  }

  #write(tensor: Tensor): string {
    const { operation } = tensor;
    const inputs = (): string[] => tensor.inputs.map((x) => this.#value(x));
    switch (operation.name) {
      case 'input':
        return this.#input(operation.label, tensor);
      case 'constant':
        return this.#initializer(this.#precision, operation.values, tensor.shape);
      case 'stopGradient':
        return this.#value(tensor.inputs[0]);
      case 'cast':
        return this.#node('Cast', inputs(), { to: dataType[this.#precision] });
      case 'clip':
        return this.#node('Clip', [...inputs(), this.#scalar(operation.low), this.#scalar(operation.high)]);
      case 'matmul':
        // ONNX Runtime fuses MatMul with the bias that follows, but has no transposed MatMul.
        return operation.transposeA || operation.transposeB
          ? this.#node('Gemm', inputs(), { transA: +operation.transposeA, transB: +operation.transposeB })
          : this.#node('MatMul', inputs());
      case 'sum':
        return this.#node('ReduceSum', [...inputs(), this.#integers(operation.axes)], { keepdims: 1 });
      case 'largest':
        return this.#node('ReduceMax', inputs(), { axes: operation.axes, keepdims: 1 });
      case 'argmax':
        return this.#node('ArgMax', inputs(), { axis: operation.axis, keepdims: 0 });
      case 'reshape':
        return this.#node('Reshape', [...inputs(), this.#integers(fixed(tensor.shape))]);
      case 'broadcast':
        return this.#node('Expand', [
          ...inputs(),
          this.#integers(tensor.shape.map((d) => (typeof d === 'number' ? d : 1))),
        ]);
      case 'transpose':
        return this.#node('Transpose', inputs(), { perm: operation.permutation });
      case 'slice': {
        const { axis, start, end } = operation;
        const bounds = [start, end, axis].map((n) => this.#integers([n]));
        return this.#node('Slice', [...inputs(), ...bounds]);
      }
      case 'concat':
        return this.#node('Concat', inputs(), { axis: operation.axis });
      default:
        return this.#node(elementwise[operation.name], inputs());
    }
  }

  #input(label: string, tensor: Tensor): string {
    const other = this.#inputs.get(label);
    if (other !== undefined && other !== tensor)
      throw new AssayError('ASSAY_GRAPH_INVALID', { reason: `two inputs are named "${label}"` });
    this.#inputs.set(label, tensor);
    return label;
  }

  /** Add a node; the last argument is its attributes, or the name of its output. */
  #node(opType: string, input: readonly string[], rest: Attributes | string = {}): string {
    const output = typeof rest === 'string' ? rest : `%${this.#nodes.length}`;
    const attributes = typeof rest === 'string' ? [] : Object.entries(rest);
    this.#nodes.push({
      input,
      output: [output],
      opType,
      attribute: attributes.map(([name, value]) =>
        typeof value === 'number'
          ? { name, i: value, type: attributeType.int }
          : { name, ints: value, type: attributeType.ints },
      ),
    });
    return output;
  }

  #scalar(value: number): string {
    return this.#initializer(this.#precision, [value], []);
  }

  #integers(values: readonly number[]): string {
    return this.#initializer('int64', values, [values.length]);
  }

  /** Constants with equal type, shape and bytes are written once. */
  #initializer(type: Precision | 'int64', values: ArrayLike<number>, ...rest: [Shape]): string {
    const data = rawData(type, values);
    const dims = rest[0];
    const key = `${type}:${dims.join()}:${Buffer.from(data).toString('base64')}`;
    const known = this.#constants.get(key);
    if (known !== undefined) return known;
    const name = `#${this.#constants.size}`;
    this.#initializers.push({ dims, dataType: dataType[type], name, rawData: data });
    this.#constants.set(key, name);
    return name;
  }

  #valueInfo(name: string, tensor: Tensor): object {
    const elemType = dataType[tensor.kind === 'float' ? this.#precision : tensor.kind === 'bool' ? 'bool' : 'int64'];
    const dim = tensor.shape.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }));
    return { name, type: { tensorType: { elemType, shape: { dim } } } };
  }
}

const elementwise = {
  neg: 'Neg',
  exp: 'Exp',
  log: 'Log',
  tanh: 'Tanh',
  relu: 'Relu',
  sqrt: 'Sqrt',
  abs: 'Abs',
  add: 'Add',
  sub: 'Sub',
  mul: 'Mul',
  div: 'Div',
  max: 'Max',
  min: 'Min',
  equal: 'Equal',
  greater: 'Greater',
  greaterOrEqual: 'GreaterOrEqual',
  where: 'Where',
  gather: 'Gather',
} as const;

/** At most one open axis can be written into a shape: it becomes -1. */
function fixed(shape: Shape): readonly number[] {
  if (shape.filter((dim: Dim) => typeof dim === 'string').length > 1)
    throw new AssayError('ASSAY_GRAPH_INVALID', { reason: `more than one open axis in [${shape.join(', ')}]` });
  return shape.map((dim) => (typeof dim === 'number' ? dim : -1));
}

/** Little-endian bytes, as ONNX demands on every machine. */
function rawData(type: Precision | 'int64', values: ArrayLike<number>): Uint8Array {
  const width = type === 'float32' ? 4 : 8;
  const view = new DataView(new ArrayBuffer(values.length * width));
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (type === 'float32') view.setFloat32(i * 4, value, true);
    else if (type === 'float64') view.setFloat64(i * 8, value, true);
    else view.setBigInt64(i * 8, BigInt(value), true);
  }
  return new Uint8Array(view.buffer);
}

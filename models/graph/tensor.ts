/**
 * Tensor expressions: immutable, with static shapes, built by functions that check them. An expression knows nothing of how it
 * is computed; `gradient.ts` derives new expressions from it and `../onnx/encode.ts` writes it down for ONNX Runtime.
 *
 * A dimension is a number, or a name such as `'n'` for a batch size left open (inference only). Broadcasting is NumPy's.
 * Every function here throws ASSAY_GRAPH_INVALID when shapes do not fit.
 */
import { AssayError } from '../../core/errors.ts';

export type Dim = number | string;
export type Shape = readonly Dim[];
/** What the elements are: numbers (float32 or float64, chosen when the graph is written), truth values, or positions. */
export type Kind = 'float' | 'bool' | 'index';

export type Unary = 'neg' | 'exp' | 'log' | 'tanh' | 'relu' | 'sqrt' | 'abs' | 'stopGradient' | 'cast';
export type Binary = 'add' | 'sub' | 'mul' | 'div' | 'max' | 'min';
export type Comparison = 'equal' | 'greater' | 'greaterOrEqual';

export type Operation =
  | { readonly name: 'input'; readonly label: string }
  | { readonly name: 'constant'; readonly values: Float64Array }
  | { readonly name: Unary | Binary | Comparison | 'where' | 'reshape' | 'broadcast' | 'gather' }
  | { readonly name: 'clip'; readonly low: number; readonly high: number }
  | { readonly name: 'matmul'; readonly transposeA: boolean; readonly transposeB: boolean }
  | { readonly name: 'sum' | 'largest'; readonly axes: readonly number[] }
  | { readonly name: 'transpose'; readonly permutation: readonly number[] }
  | { readonly name: 'slice'; readonly axis: number; readonly start: number; readonly end: number }
  | { readonly name: 'concat' | 'argmax'; readonly axis: number };

export interface Tensor {
  readonly operation: Operation;
  readonly inputs: readonly Tensor[];
  readonly shape: Shape;
  readonly kind: Kind;
}

/** What binary operations take: a tensor, or a plain number for a scalar constant. */
export type Operand = Tensor | number;

// --- leaves ---

/** A value supplied at run time under the name `label`. */
export function input(label: string, shape: Shape): Tensor {
  return node({ name: 'input', label }, [], shape);
}

/** A constant, row-major. `shape` defaults to a scalar for a number and to one axis for an array. */
export function constant(values: number | ArrayLike<number>, shape?: Shape): Tensor {
  const array = Float64Array.from(typeof values === 'number' ? [values] : values);
  const as = shape ?? (typeof values === 'number' ? [] : [array.length]);
  if (size(as) !== array.length) fail(`a constant of ${array.length} values does not fill ${show(as)}`);
  return node({ name: 'constant', values: array }, [], as);
}

// --- elementwise ---

export const neg = (x: Tensor): Tensor => unary('neg', x);
export const exp = (x: Tensor): Tensor => unary('exp', x);
/** Natural logarithm. */
export const log = (x: Tensor): Tensor => unary('log', x);
export const tanh = (x: Tensor): Tensor => unary('tanh', x);
export const relu = (x: Tensor): Tensor => unary('relu', x);
export const sqrt = (x: Tensor): Tensor => unary('sqrt', x);
export const abs = (x: Tensor): Tensor => unary('abs', x);
/** `x` itself, but no gradient flows through it. */
export const stopGradient = (x: Tensor): Tensor => unary('stopGradient', x);
/** 1 where true, 0 where false. */
export const toFloat = (condition: Tensor): Tensor =>
  node({ name: 'cast' }, [expectKind(condition, 'bool')], condition.shape);

export const add = (a: Operand, b: Operand): Tensor => binary('add', a, b);
export const sub = (a: Operand, b: Operand): Tensor => binary('sub', a, b);
export const mul = (a: Operand, b: Operand): Tensor => binary('mul', a, b);
export const div = (a: Operand, b: Operand): Tensor => binary('div', a, b);
/** The larger of two, element by element. Where they are equal the gradient goes to the first. */
export const max = (a: Operand, b: Operand): Tensor => binary('max', a, b);
/** The smaller of two, element by element. Where they are equal the gradient goes to the first. */
export const min = (a: Operand, b: Operand): Tensor => binary('min', a, b);

/** `x` limited to [low, high]; the gradient is 1 inside and on the limits, 0 outside. */
export function clip(x: Tensor, low: number, high: number): Tensor {
  if (!(low <= high)) fail(`clip from ${low} to ${high}`);
  return node({ name: 'clip', low, high }, [expectKind(x, 'float')], x.shape);
}

export const equal = (a: Operand, b: Operand): Tensor => binary('equal', a, b, 'bool');
export const greater = (a: Operand, b: Operand): Tensor => binary('greater', a, b, 'bool');
export const greaterOrEqual = (a: Operand, b: Operand): Tensor => binary('greaterOrEqual', a, b, 'bool');

/** `a` where `condition` holds, else `b`. */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const inputs = [expectKind(condition, 'bool'), operand(a), operand(b)];
  return node({ name: 'where' }, plain(inputs), inputs.map((x) => x.shape).reduce(broadcastShape));
}

// --- linear algebra ---

/** Matrix product of two tensors with two axes each, either of them read transposed. */
export function matmul(a: Tensor, b: Tensor, flags: { transposeA?: boolean; transposeB?: boolean } = {}): Tensor {
  const { transposeA = false, transposeB = false } = flags;
  if (a.shape.length !== 2 || b.shape.length !== 2) fail(`matmul of ${show(a.shape)} and ${show(b.shape)}`);
  const [rows, inner] = transposeA ? [a.shape[1], a.shape[0]] : [a.shape[0], a.shape[1]];
  const [inner2, columns] = transposeB ? [b.shape[1], b.shape[0]] : [b.shape[0], b.shape[1]];
  if (inner !== inner2) fail(`matmul of ${show(a.shape)} and ${show(b.shape)}: ${inner} is not ${inner2}`);
  return node({ name: 'matmul', transposeA, transposeB }, [a, b], [rows, columns] as Shape);
}

// --- reductions; the reduced axes stay, with length 1 ---

/** Sum over `axes` (default: all), which keep length 1. */
export function sum(x: Tensor, axes: readonly number[] = x.shape.map((_, axis) => axis)): Tensor {
  return reduce('sum', x, axes);
}

/** Largest over `axes`, which keep length 1. It has no gradient: use it under `stopGradient`. */
export function largest(x: Tensor, axes: readonly number[]): Tensor {
  return reduce('largest', x, axes);
}

/** Position of the largest element along `axis`, the first among equals. The axis disappears. */
export function argmax(x: Tensor, axis: number): Tensor {
  const at = axisOf(x, axis);
  return node({ name: 'argmax', axis: at }, [x], x.shape.toSpliced(at, 1), 'index');
}

// --- shape ---

export function reshape(x: Tensor, shape: Shape): Tensor {
  if (same(x.shape, shape)) return x;
  if (size(x.shape) !== size(shape)) fail(`reshape ${show(x.shape)} to ${show(shape)}`);
  if (x.operation.name === 'constant') return constant(x.operation.values, shape);
  return node({ name: 'reshape' }, [x], shape, x.kind);
}

/** `x` repeated along axes of length 1 (or absent) until it has `shape`. */
export function broadcast(x: Tensor, shape: Shape): Tensor {
  if (same(x.shape, shape)) return x;
  const opens = shape.some((dim, i) => typeof dim === 'string' && x.shape[i - shape.length + x.shape.length] !== dim);
  if (opens || !same(broadcastShape(x.shape, shape), shape)) fail(`broadcast ${show(x.shape)} to ${show(shape)}`);
  return node({ name: 'broadcast' }, [x], shape, x.kind);
}

/** Axis i of the result is axis `permutation[i]` of `x`; reversed axes by default. */
export function transpose(
  x: Tensor,
  permutation: readonly number[] = x.shape.map((_, i) => x.shape.length - 1 - i),
): Tensor {
  if (
    !same(
      [...permutation].sort((a, b) => a - b),
      [...x.shape.keys()],
    )
  )
    fail(`${show(permutation)} does not permute ${show(x.shape)}`);
  const shape = permutation.map((axis) => x.shape[axis]);
  return node({ name: 'transpose', permutation }, [x], shape, x.kind);
}

/** Elements `start` (included) to `end` (excluded) along `axis`. */
export function slice(x: Tensor, bounds: { axis: number; start: number; end: number }): Tensor {
  const axis = axisOf(x, bounds.axis);
  const length = x.shape[axis];
  const { start, end } = bounds;
  if (typeof length !== 'number' || !(0 <= start && start < end && end <= length))
    fail(`slice ${start} to ${end} of axis ${axis} of ${show(x.shape)}`);
  if (x.operation.name === 'constant' && x.shape.length === 1) return constant(x.operation.values.slice(start, end));
  return node({ name: 'slice', axis, start, end }, [x], x.shape.with(axis, end - start), x.kind);
}

/** Tensors laid end to end along `axis`. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  const first = parts[0] ?? fail('concat of nothing');
  const at = axisOf(first, axis);
  let length = 0;
  for (const part of parts) {
    const own = part.shape[at];
    if (typeof own !== 'number' || !same(part.shape.with(at, 0), first.shape.with(at, 0)))
      fail(`concat of ${parts.map((p) => show(p.shape)).join(', ')} along axis ${at}`);
    length += own;
  }
  return node({ name: 'concat', axis: at }, parts, first.shape.with(at, length), first.kind);
}

/** Rows `indices` of the matrix `table`. */
export function gather(table: Tensor, indices: Tensor): Tensor {
  if (table.shape.length < 1) fail('gather from a scalar');
  return node({ name: 'gather' }, [table, expectKind(indices, 'index')], [...indices.shape, ...table.shape.slice(1)]);
}

// --- shapes ---

/** Number of elements. */
export function size(shape: Shape): number {
  let product = 1;
  for (const dim of shape) {
    if (typeof dim !== 'number') fail(`the axis "${dim}" of ${show(shape)} has no fixed length`);
    product *= dim;
  }
  return product;
}

/** The shape two shapes broadcast to (NumPy's rule). */
export function broadcastShape(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i): Dim => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x === y || y === 1) return x;
    return x === 1 ? y : fail(`${show(a)} and ${show(b)} do not broadcast`);
  });
}

export function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}

function unary(name: Unary, x: Tensor): Tensor {
  return node({ name }, [expectKind(x, 'float')], x.shape);
}

function binary(name: Binary | Comparison, ...rest: [a: Operand, b: Operand, kind?: Kind]): Tensor {
  const [a, b] = [expectKind(operand(rest[0]), 'float'), expectKind(operand(rest[1]), 'float')];
  return node({ name }, plain([a, b]), broadcastShape(a.shape, b.shape), rest[2]);
}

/** Operands of an elementwise operation without explicit broadcasts that the operation does by itself. */
function plain(inputs: readonly Tensor[]): readonly Tensor[] {
  const shape = inputs.map((x) => x.shape).reduce(broadcastShape);
  return inputs.reduce((kept, x, i) => {
    const from = x.operation.name === 'broadcast' ? x.inputs[0] : x;
    const without = kept.with(i, from);
    return same(without.map((y) => y.shape).reduce(broadcastShape), shape) ? without : kept;
  }, inputs);
}

function reduce(name: 'sum' | 'largest', x: Tensor, over: readonly number[]): Tensor {
  const axes = over.map((axis) => axisOf(x, axis)).sort((a, b) => a - b);
  if (axes.length === 0) return x;
  const shape = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return node({ name, axes }, [expectKind(x, 'float')], shape);
}

function operand(x: Operand): Tensor {
  return typeof x === 'number' ? constant(x) : x;
}

function axisOf(x: Tensor, axis: number): number {
  const at = axis < 0 ? axis + x.shape.length : axis;
  return Number.isInteger(at) && at >= 0 && at < x.shape.length ? at : fail(`no axis ${axis} in ${show(x.shape)}`);
}

function expectKind(x: Tensor, kind: Kind): Tensor {
  return x.kind === kind ? x : fail(`${x.operation.name} gives ${x.kind}, wanted is ${kind}`);
}

function node(operation: Operation, inputs: readonly Tensor[], ...rest: [shape: Shape, kind?: Kind]): Tensor {
  return Object.freeze({ operation, inputs, shape: rest[0], kind: rest[1] ?? 'float' });
}

function show(shape: readonly unknown[]): string {
  return `[${shape.join(', ')}]`;
}

function fail(reason: string): never {
  throw new AssayError('ASSAY_GRAPH_INVALID', { reason });
}

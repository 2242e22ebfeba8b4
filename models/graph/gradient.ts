/**
 * Reverse-mode differentiation of tensor expressions: each operation has one rule that turns the gradient with respect to its
 * result into gradients with respect to its operands, as new expressions (Griewank and Walther 2008, chapter 3).
 */
import { AssayError } from '../../core/errors.ts';
import {
  add,
  broadcast,
  concat,
  constant,
  div,
  greaterOrEqual,
  matmul,
  mul,
  neg,
  reshape,
  type Shape,
  same,
  size,
  slice,
  sub,
  sum,
  type Tensor,
  toFloat,
  transpose,
  where,
} from './tensor.ts';

/**
 * Gradients of `loss` (one element) with respect to each of `wrt`, each in the shape of its tensor. Tensors in `wrt` count as
 * independent of one another: what lies behind one of them is not looked at.
 * @throws ASSAY_GRAPH_INVALID when the loss is no scalar or depends on `wrt` through an operation without a gradient
 */
export function grad(loss: Tensor, wrt: readonly Tensor[]): Tensor[] {
  if (size(loss.shape) !== 1) fail(`the gradient of a tensor of ${size(loss.shape)} elements`);
  const targets = new Set(wrt);
  const order = dependents(loss, targets);
  const reached = new Set(order);
  const adjoints = new Map<Tensor, Tensor>([[loss, constant(1, loss.shape.length === 0 ? [] : loss.shape)]]);
  for (const tensor of order.reverse()) {
    const upstream = adjoints.get(tensor);
    if (upstream === undefined || targets.has(tensor)) continue;
    for (const [operand, gradient] of contributions(tensor, upstream, (x) => reached.has(x))) {
      const sofar = adjoints.get(operand);
      adjoints.set(operand, sofar === undefined ? gradient : add(sofar, gradient));
    }
  }
  return wrt.map((target) => adjoints.get(target) ?? zeros(target.shape));
}

/** Tensors between `targets` and `loss`, both included, operands first. Truth values and positions carry no gradient. */
function dependents(loss: Tensor, targets: ReadonlySet<Tensor>): Tensor[] {
  const depends = new Map<Tensor, boolean>();
  const order: Tensor[] = [];
  const visit = (tensor: Tensor): boolean => {
    const known = depends.get(tensor);
    if (known !== undefined) return known;
    const stops = tensor.operation.name === 'stopGradient' || tensor.kind !== 'float';
    const answer = targets.has(tensor) || (!stops && tensor.inputs.map(visit).includes(true));
    depends.set(tensor, answer);
    if (answer) order.push(tensor);
    return answer;
  };
  visit(loss);
  return order;
}

type Wanted = (x: Tensor) => boolean;
type Contribution = readonly [operand: Tensor, gradient: Tensor];

/** What `tensor` passes on to those of its operands that are wanted, given the gradient `g` with respect to itself. */
function contributions(tensor: Tensor, g: Tensor, wanted: Wanted): Contribution[] {
  return rule(tensor, g)
    .map((gradient, i) => [tensor.inputs[i], gradient] as const)
    .filter(([operand]) => operand !== undefined && wanted(operand))
    .map(([operand, gradient]) => [operand, unbroadcast(gradient(), operand.shape)] as const);
}

/** One function an operand; called only when the gradient is wanted. A result may still carry broadcast axes. */
function rule(y: Tensor, g: Tensor): (() => Tensor)[] {
  const [a, b] = y.inputs as [Tensor, Tensor];
  const { operation } = y;
  switch (operation.name) {
    case 'input':
    case 'constant':
    case 'stopGradient':
    case 'cast':
    case 'equal':
    case 'greater':
    case 'greaterOrEqual':
      return [];
    case 'neg':
      return [() => neg(g)];
    case 'exp':
      return [() => mul(g, y)];
    case 'log':
      return [() => div(g, a)];
    case 'tanh':
      return [() => mul(g, sub(1, mul(y, y)))];
    case 'relu':
      return [() => where(greaterOrEqual(0, a), 0, g)];
    case 'sqrt':
      return [() => div(g, mul(2, y))];
    case 'abs':
      return [() => where(greaterOrEqual(a, 0), g, neg(g))];
    case 'add':
      return [() => g, () => g];
    case 'sub':
      return [() => g, () => neg(g)];
    case 'mul':
      return [() => mul(g, b), () => mul(g, a)];
    case 'div':
      return [() => div(g, b), () => neg(div(mul(g, y), b))];
    case 'max':
      return [() => where(greaterOrEqual(a, b), g, 0), () => where(greaterOrEqual(a, b), 0, g)];
    case 'min':
      return [() => where(greaterOrEqual(b, a), g, 0), () => where(greaterOrEqual(b, a), 0, g)];
    case 'where':
      return [() => g, () => where(a, g, 0), () => where(a, 0, g)];
    case 'clip': {
      const { low, high } = operation;
      return [() => mul(g, mul(toFloat(greaterOrEqual(a, low)), toFloat(greaterOrEqual(high, a))))];
    }
    case 'matmul':
      return matmulRule(operation, [a, b], g);
    case 'sum':
      return [() => broadcast(g, a.shape)];
    case 'reshape':
      return [() => reshape(g, a.shape)];
    case 'broadcast':
      return [() => g];
    case 'transpose': {
      const { permutation } = operation;
      return [
        () =>
          transpose(
            g,
            [...permutation.keys()].map((axis) => permutation.indexOf(axis)),
          ),
      ];
    }
    case 'slice':
      return [() => pad(g, a.shape, operation)];
    case 'concat':
      return concatRule(operation.axis, y.inputs, g);
    case 'largest':
    case 'argmax':
    case 'gather':
      return [() => fail(`${operation.name} has no gradient`), () => fail(`${operation.name} has no gradient`)];
    default:
      return operation satisfies never;
  }
}

/** Y = op(A) op(B): the four cases of reading A or B transposed. */
function matmulRule(
  flags: { readonly transposeA: boolean; readonly transposeB: boolean },
  [a, b]: readonly [Tensor, Tensor],
  g: Tensor,
): (() => Tensor)[] {
  const { transposeA, transposeB } = flags;
  return [
    () =>
      transposeA
        ? matmul(b, g, { transposeA: transposeB, transposeB: true })
        : matmul(g, b, { transposeB: !transposeB }),
    () =>
      transposeB
        ? matmul(g, a, { transposeA: true, transposeB: transposeA })
        : matmul(a, g, { transposeA: !transposeA }),
  ];
}

function concatRule(axis: number, parts: readonly Tensor[], g: Tensor): (() => Tensor)[] {
  let end = 0;
  return parts.map((part) => {
    const start = end;
    end += part.shape[axis] as number;
    const bounds = { axis, start, end };
    return () => slice(g, bounds);
  });
}

/** `g` in its place inside zeros of `shape`. */
function pad(
  g: Tensor,
  shape: Shape,
  at: { readonly axis: number; readonly start: number; readonly end: number },
): Tensor {
  const after = (shape[at.axis] as number) - at.end;
  const parts = [
    ...(at.start > 0 ? [zeros(shape.with(at.axis, at.start))] : []),
    g,
    ...(after > 0 ? [zeros(shape.with(at.axis, after))] : []),
  ];
  return concat(parts, at.axis);
}

/** Sum `g` over the axes along which an operand of `shape` was broadcast; the inverse of broadcasting. */
function unbroadcast(g: Tensor, shape: Shape): Tensor {
  if (same(g.shape, shape)) return g;
  const extra = g.shape.length - shape.length;
  if (extra < 0) return broadcast(g, shape);
  const axes = g.shape.flatMap((dim, axis) => (axis < extra || (shape[axis - extra] === 1 && dim !== 1) ? [axis] : []));
  const summed = axes.length === 0 ? g : sum(g, axes);
  const trimmed = extra > 0 ? reshape(summed, summed.shape.slice(extra)) : summed;
  return broadcast(trimmed, shape);
}

function zeros(shape: Shape): Tensor {
  return constant(new Float64Array(size(shape)), shape);
}

function fail(reason: string): never {
  throw new AssayError('ASSAY_GRAPH_INVALID', { reason });
}

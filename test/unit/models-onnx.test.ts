import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { modelMetadata } from '../../market/onnx/read.ts';
import { modelProto } from '../../market/onnx/schema.ts';
import { Session, sessionOptions } from '../../market/onnx/session.ts';
import { add, constant, exp, input, matmul, mul } from '../../models/graph/tensor.ts';
import { encodeModel } from '../../models/onnx/encode.ts';

const x = input('x', ['n', 2]);
const y = add(matmul(x, constant([1, 2, 3, 4], [2, 2])), 0.5);

describe('a model', () => {
  it('is ONNX opset 17 at IR version 8, with what it was given as metadata, sorted', () => {
    const bytes = encodeModel({ outputs: { y }, metadata: { b: '2', a: 'ä' } });
    expect(modelProto.toObject(modelProto.decode(bytes), { longs: Number })).toMatchObject({
      irVersion: 8,
      opsetImport: [{ version: 17 }],
      metadataProps: [
        { key: 'a', value: 'ä' },
        { key: 'b', value: '2' },
      ],
      graph: {
        input: [
          { name: 'x', type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'n' }, { dimValue: 2 }] } } } },
        ],
        output: [{ name: 'y' }],
      },
    });
    expect(modelMetadata(bytes)).toEqual({ a: 'ä', b: '2' });
  });

  it('writes a shared expression and an equal constant once', () => {
    const shared = exp(x);
    const bytes = encodeModel({ outputs: { y: mul(add(shared, 1), add(shared, constant(1))) } });
    const { graph } = modelProto.toObject(modelProto.decode(bytes)) as {
      graph: { node: { opType: string }[]; initializer: object[] };
    };
    expect(graph.node.map(({ opType }) => opType)).toEqual(['Exp', 'Add', 'Add', 'Mul', 'Identity']);
    expect(graph.initializer).toHaveLength(1);
  });

  it.each([
    ['two inputs of one name', { outputs: { y: add(input('a', [1]), input('a', [1])) } }],
    ['an input and an output of one name', { outputs: { x: y } }],
  ])('%s are refused', (_, source) =>
    expect(() => encodeModel(source)).toThrow(expect.objectContaining({ code: 'ASSAY_GRAPH_INVALID' })),
  );

  it('bytes that are no model are refused', async () => {
    const bytes = Uint8Array.of(0xff, 0xff, 0xff, 1, 2, 3);
    expect(() => modelMetadata(bytes)).toThrow(expect.objectContaining({ code: 'ASSAY_MODEL_INVALID' }));
    await expect(Session.load(bytes)).rejects.toMatchObject({ code: 'ASSAY_MODEL_INVALID' });
  });
});

describe('a session', () => {
  it('takes any number of rows along an open axis', async () => {
    const session = await Session.load(encodeModel({ outputs: { y } }));
    expect(session.inputs).toEqual({ x: ['n', 2] });
    for (const rows of [1, 3, 2]) {
      const { y: got } = await session.run({ x: new Float32Array(rows * 2).fill(1) });
      expect(Array.from(got ?? [], Number)).toEqual(Array(rows).fill([4.5, 6.5]).flat());
    }
  });

  it('reads an array again that was changed in place, and writes where it is told', async () => {
    const session = await Session.load(encodeModel({ outputs: { y } }));
    const feeds = { x: Float32Array.of(0, 0) };
    const into = { y: new Float32Array(2) };
    await session.run(feeds, into);
    expect([...into.y]).toEqual([0.5, 0.5]);
    feeds.x[0] = 1;
    await session.run(feeds, into);
    expect([...into.y]).toEqual([1.5, 2.5]);
  });

  it.each([
    ['a missing input', {}, 'the input "x" is missing'],
    ['a wrong length', { x: new Float32Array(3) }, '3 values do not fill "x" of shape [n, 2]'],
  ])('%s is refused', async (_, feeds, reason) => {
    const session = await Session.load(encodeModel({ outputs: { y } }));
    await expect(session.run(feeds as Record<string, Float32Array>)).rejects.toMatchObject({
      code: 'ASSAY_GRAPH_INVALID',
      message: `tensor graph: ${reason}`,
    });
  });

  it('runs on one thread: loading one starts none', async () => {
    expect(sessionOptions).toMatchObject({ intraOpNumThreads: 1, interOpNumThreads: 1, executionMode: 'sequential' });
    await Session.load(encodeModel({ outputs: { y } }));
    const threads = (): number | null => (existsSync('/proc/self/task') ? readdirSync('/proc/self/task').length : null);
    const before = threads();
    const session = await Session.load(encodeModel({ outputs: { y } }));
    await session.run({ x: new Float32Array(4096) });
    expect(threads()).toBe(before);
  });
});

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CancelledFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, test } from 'vitest';
import { asActivities, asChildActivities } from '../../activities/temporal.ts';
import type { StageContext } from '../../activities/types.ts';
import { AssayError } from '../../core/errors.ts';

// A failing activity is logged as a warning by default.
const logger = new DefaultLogger('ERROR');

const stages = asActivities({
  async count(input: { to: number }, context: StageContext) {
    for (let done = 1; done <= input.to; done++) context.progress({ what: 'counting', done, total: input.to });
    return input.to;
  },
  async untilCancelled(_input: object, { signal }: StageContext): Promise<never> {
    await sleep(60_000, undefined, { signal }).catch(() => {});
    throw new AssayError('ASSAY_CANCELLED', { what: 'untilCancelled' });
  },
  async silent() {
    await sleep(2500);
    return 'done';
  },
  async full(): Promise<never> {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC', path: 'x' });
  },
});

describe('a stage in a child of the worker', () => {
  const script = join(import.meta.dirname, 'fixtures/child-stage.ts');
  const children = asChildActivities<
    Record<'echo' | 'refuse' | 'crash', (input: object, context: StageContext) => Promise<unknown>>
  >(['echo', 'refuse', 'crash'], { script, config: 'c' });

  test('heartbeats, answers, and fails with its code', async () => {
    const env = new MockActivityEnvironment({}, { logger });
    const beats: unknown[] = [];
    env.on('heartbeat', (details) => beats.push(details));
    expect(await env.run(children.echo, { a: 1 })).toEqual({ input: { a: 1 }, config: 'c' });
    expect(beats).toEqual([{ what: 'echo', done: 1, total: 1 }]);
    const fail = (stage: 'refuse' | 'crash') => env.run(children[stage], {}).catch((thrown: unknown) => thrown);
    expect(await fail('refuse')).toMatchObject({ type: 'ASSAY_CAPTURE_EMPTY', nonRetryable: true });
    expect(await fail('crash')).toMatchObject({ type: 'ASSAY_WORKER_LOST', nonRetryable: false });
  });
});

describe('a stage as an activity', () => {
  test('heartbeats what it reports', async () => {
    const env = new MockActivityEnvironment({}, { logger });
    const beats: unknown[] = [];
    env.on('heartbeat', (details) => beats.push(details));
    expect(await env.run(stages.count, { to: 3 })).toBe(3);
    expect(beats).toEqual([1, 2, 3].map((done) => ({ what: 'counting', done, total: 3 })));
  });

  test('heartbeats while it reports nothing', async () => {
    const env = new MockActivityEnvironment({}, { logger });
    let beats = 0;
    env.on('heartbeat', () => beats++);
    expect(await env.run(stages.silent, {})).toBe('done');
    expect(beats).toBe(1);
  });

  test('fails with its code as the type, to be tried again or not', async () => {
    const error: unknown = await new MockActivityEnvironment({}, { logger })
      .run(stages.full, {})
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ type: 'ASSAY_DISK_FULL', nonRetryable: false, details: [{ path: 'x' }] });
  });

  test('cancelled by somebody ends as cancelled', async () => {
    const env = new MockActivityEnvironment({}, { logger });
    const result = env.run(stages.untilCancelled, {}).catch((thrown: unknown) => thrown);
    env.cancel('CANCELLED', {
      notFound: false,
      cancelRequested: true,
      paused: false,
      timedOut: false,
      workerShutdown: false,
      reset: false,
    });
    expect(await result).toBeInstanceOf(CancelledFailure);
  });

  test('stopped because its worker shuts down is to be tried again', async () => {
    const env = new MockActivityEnvironment({}, { logger });
    const result = env.run(stages.untilCancelled, {}).catch((thrown: unknown) => thrown);
    env.cancel('WORKER_SHUTDOWN', {
      notFound: false,
      cancelRequested: false,
      paused: false,
      timedOut: false,
      workerShutdown: true,
      reset: false,
    });
    expect(await result).toMatchObject({ type: 'ASSAY_WORKER_LOST', nonRetryable: false });
  });
});

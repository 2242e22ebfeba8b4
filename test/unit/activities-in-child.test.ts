import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { inChild } from '../../activities/in-child.ts';
import type { StageProgress } from '../../activities/types.ts';
import type { AssayError } from '../../core/errors.ts';

const script = join(import.meta.dirname, 'fixtures/child-stage.ts');

function start(stage: string, graceMs = 10_000) {
  const abort = new AbortController();
  const reports: StageProgress[] = [];
  const first = Promise.withResolvers<StageProgress>();
  const progress = (report: StageProgress) => {
    reports.push(report);
    first.resolve(report);
  };
  const task = { script, stage, input: { a: 1 }, config: 'c', graceMs };
  const result = inChild(task, { signal: abort.signal, progress });
  return { abort, reports, first: first.promise, result, error: result.then(String, (error: AssayError) => error) };
}

/** Whether a process is gone within twenty seconds. */
async function ends(pid: number): Promise<boolean> {
  for (let i = 0; i < 1000; i++) {
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    await sleep(20);
  }
  return false;
}

describe('a stage in a child process', () => {
  test('gets its input, reports and answers', async () => {
    const echo = start('echo');
    expect(await echo.result).toEqual({ input: { a: 1 }, config: 'c' });
    expect(echo.reports).toEqual([{ what: 'echo', done: 1, total: 1 }]);
  });

  test('fails with the code and the parameters it threw', async () => {
    expect(await start('refuse').error).toMatchObject({ code: 'ASSAY_CAPTURE_EMPTY', params: { file: 'a.gz' } });
    expect(await start('bug').error).toMatchObject({
      code: 'ASSAY_INTERNAL',
      params: { reason: 'undefined is not a function' },
    });
  });

  test('killed without a word is named, with the signal', async () => {
    expect(await start('crash').error).toMatchObject({
      code: 'ASSAY_WORKER_LOST',
      params: { stage: 'crash', how: 'SIGKILL' },
    });
  });

  test('stops when cancelled', async () => {
    const waiting = start('wait');
    const pid = Number((await waiting.first).what);
    waiting.abort.abort();
    expect(await waiting.error).toMatchObject({ code: 'ASSAY_CANCELLED' });
    expect(await ends(pid)).toBe(true);
  });

  test('that hears nothing is killed after the grace', async () => {
    const deaf = start('deaf', 200);
    const pid = Number((await deaf.first).what);
    deaf.abort.abort();
    expect(await deaf.error).toMatchObject({ code: 'ASSAY_CANCELLED' });
    expect(await ends(pid)).toBe(true);
  });

  test('ends with its parent, however that dies', async () => {
    const bridge = join(import.meta.dirname, '../../activities/in-child.ts');
    const code = `
      import { inChild } from ${JSON.stringify(bridge)};
      const task = { script: ${JSON.stringify(script)}, stage: 'wait', input: 0, config: 0 };
      await inChild(task, { signal: new AbortController().signal, progress: ({ what }) => console.log(what) });`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [chunk] = (await once(parent.stdout, 'data')) as [Buffer];
    parent.kill('SIGKILL');
    expect(await ends(Number(chunk.toString()))).toBe(true);
  });
});

/** `assay dev` as a person uses it: it starts, one looks at Temporal's own UI and at the registry, Ctrl-C ends all of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterAll, expect, test } from 'vitest';
import { assay, assayFile } from '../support/assay.ts';
import { removeFolder } from '../support/temporary.ts';

interface Started {
  readonly address: string;
  readonly ui: string;
  readonly registry: string;
  readonly trust: string;
}

const folder = mkdtempSync(join(tmpdir(), 'assay-dev-'));
let child: ChildProcess | undefined;
afterAll(() => {
  child?.kill('SIGKILL');
  removeFolder(folder);
});

/** Without a server given to it: `dev` brings its own. */
async function dev(): Promise<{ started: Started; interrupt: () => Promise<number | null> }> {
  const running = spawn(process.execPath, [assayFile, 'dev', '--folder', folder, '--json'], {
    env: { ...process.env, TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = running;
  const ended = Promise.withResolvers<number | null>();
  running.once('close', (code) => ended.resolve(code));
  const started = Promise.withResolvers<Started>();
  let [said, errors] = ['', ''];
  running.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    const end = said.indexOf('\n');
    if (end >= 0) started.resolve(JSON.parse(said.slice(0, end)));
  });
  running.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const early = ended.promise.then((code) => Promise.reject(new Error(`dev ended with ${code}: ${errors}`)));
  const interrupt = () => {
    running.kill('SIGINT');
    return ended.promise;
  };
  return { started: await Promise.race([started.promise, early]), interrupt };
}

test('serves the workflows, the UI and a registry that verifies, and goes on where it was', async () => {
  const first = await dev();
  const { address, ui, registry, trust } = first.started;
  const page = await fetch(ui);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
  expect(await page.text()).toContain('<html');
  const connection = await Connection.connect({ address });
  const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace: 'default' });
  expect(namespaceInfo?.name).toBe('default');
  await connection.close();
  const verify = () => assay(['log', 'verify', '--registry', registry, '--trust', trust]);
  expect(await verify()).toMatchObject({ code: 0, out: expect.stringContaining('intact and trusted') });

  expect(await first.interrupt()).toBe(0);
  await expect(Connection.connect({ address, connectTimeout: 500 })).rejects.toThrow();
  expect(existsSync(trust)).toBe(true);

  const second = await dev();
  expect(second.started).toMatchObject({ registry, trust });
  expect(await verify()).toMatchObject({ code: 0 });
  expect(await second.interrupt()).toBe(0);
});

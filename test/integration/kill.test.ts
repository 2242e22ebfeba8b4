/** Whatever is killed, and whenever: the workflow goes on where it was, and the log holds each signature once. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { fromFailure } from '../../activities/failures.ts';
import { queueOf } from '../../cli/queue.ts';
import { freePort, startTemporal } from '../../cli/temporal-server.ts';
import { startWorker, type WorkerProcess } from '../../cli/worker-process.ts';
import { approve, status } from '../../workflows/messages.ts';
import { assay } from '../support/assay.ts';
import { type Candidate, createHouse, type House } from '../support/house.ts';

let house: House;
let fallback: Candidate;
const open: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  house = await createHouse();
  fallback = house.candidate('fallback');
});
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
  house.remove();
});

async function governanceWorker(
  address: string,
  { registry, trustFile, keyFile, folder } = house,
): Promise<WorkerProcess> {
  const worker = await startWorker({
    ...{ queues: ['governance'], address, registry, trust: trustFile },
    ...{ key: keyFile('demo-training'), logKey: keyFile('demo-log'), scratch: join(folder, 'scratch') },
    onLog: () => {},
  });
  open.push(() => worker.kill());
  return worker;
}

async function connect(address: string): Promise<Client> {
  const connection = await Connection.connect({ address });
  open.push(() => connection.close());
  return new Client({ connection });
}

async function openLine(client: Client): Promise<WorkflowHandle> {
  const input = { line: fallback.line, schedule: fallback.subject, report: fallback.report };
  const handle = await client.workflow.start('openLine', {
    workflowId: `line-${randomUUID()}`,
    taskQueue: queueOf('governance', house.trustFile),
    args: [input],
  });
  expect((await handle.query(status)).stage).toBe('review');
  return handle;
}

const sign = (handle: WorkflowHandle, who: 'demo-validator-1' | 'demo-validator-2') =>
  handle.executeUpdate(approve, { args: [{ envelope: house.approval(who, fallback) }] });
const approvals = () => house.entries().filter(({ kind }) => kind === 'approval').length;

describe('between two signatures', () => {
  test('the server is killed and restarted on its file', async () => {
    const port = await freePort();
    const env = { ...process.env, TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '' };
    const options = { dbFile: join(house.folder, 'temporal.db'), port, env };
    const first = await startTemporal(options);
    open.push(() => first.stop());
    await governanceWorker(first.address);
    const handle = await openLine(await connect(first.address));
    await sign(handle, 'demo-validator-1');
    process.kill(first.pid ?? 0, 'SIGKILL');
    await first.stop();
    await sleep(2000);

    const second = await startTemporal(options);
    open.push(() => second.stop());
    const again = (await connect(second.address)).workflow.getHandle(handle.workflowId);
    expect((await again.query(status)).approvals.map(({ person }) => person)).toEqual(['demo-validator-1']);
    expect(await sign(again, 'demo-validator-2')).toMatchObject({ approved: true });
    expect(await again.result()).toMatchObject({ outcome: { kind: 'approved' } });
    expect(approvals()).toBe(2);
  });

  test('the worker is killed, and while none is there a signature waits', async () => {
    const client = await connect(inject('temporalAddress'));
    const worker = await governanceWorker(inject('temporalAddress'));
    const handle = await openLine(client);
    await sign(handle, 'demo-validator-1');
    await worker.kill();
    const waiting = sign(handle, 'demo-validator-2');
    await sleep(500);
    expect(approvals()).toBe(1);
    await governanceWorker(inject('temporalAddress'));
    expect(await waiting).toMatchObject({ person: 'demo-validator-2', approved: true });
    expect(await handle.result()).toMatchObject({
      outcome: { kind: 'approved', signers: ['demo-validator-1', 'demo-validator-2'] },
    });
    expect(approvals()).toBe(2);
  });
});

describe('a worker', () => {
  test('leaves the work of another registry on the same server alone', async () => {
    const address = inject('temporalAddress');
    const client = await connect(address);
    const other = await createHouse();
    open.push(async () => other.remove());
    await governanceWorker(address, other);
    const handle = await client.workflow.start('openLine', {
      workflowId: `line-${randomUUID()}`,
      taskQueue: queueOf('governance', house.trustFile),
      args: [{ line: fallback.line, schedule: fallback.subject, report: fallback.report }],
    });
    await sleep(1000);
    expect((await handle.fetchHistory()).events?.map(({ eventId }) => Number(eventId))).toEqual([1, 2]);
    await governanceWorker(address);
    expect((await handle.query(status)).stage).toBe('review');
    await handle.cancel();
  });

  test('ends by itself after SIGTERM', async () => {
    const worker = await governanceWorker(inject('temporalAddress'));
    process.kill(worker.pid, 'SIGTERM');
    await worker.ended;
    await expect(worker.stop()).resolves.toBeUndefined();
  });

  test('that may not sign as the log does not start, and says why', async () => {
    const logged: string[] = [];
    const start = startWorker({
      ...{
        queues: ['governance'],
        address: inject('temporalAddress'),
        registry: house.registry,
        trust: house.trustFile,
      },
      ...{ key: house.keyFile('demo-training'), logKey: house.keyFile('demo-stranger'), scratch: house.folder },
      onLog: (text) => logged.push(text),
    });
    await expect(start).rejects.toThrow(/governance ended without an answer \(exit code 2\)/);
    expect(logged.join('')).toMatch(/^ASSAY_KEY_INVALID: .*not the key of the log test\.example\/log/);
  });
});

describe('assay line open and approve', () => {
  test('finds the workflow that waits, and both signatures open the line', async () => {
    const client = await connect(inject('temporalAddress'));
    await governanceWorker(inject('temporalAddress'));
    const common = ['--registry', house.registry, '--trust', house.trustFile, '--json'];
    const env = { TEMPORAL_ADDRESS: inject('temporalAddress') };
    const { line, subject, report } = fallback;
    const opened = await assay(['line', 'open', line, '--schedule', subject, '--report', report, ...common], env);
    expect(JSON.parse(opened.out)).toMatchObject({ stage: 'review', artifacts: { subject, report }, approvals: [] });
    const handle = client.workflow.getHandle(JSON.parse(opened.out).run);
    const as = (who: 'demo-quant' | 'demo-validator-1' | 'demo-validator-2') =>
      assay(['approve', fallback.subject.slice(0, 12), '--key', house.keyFile(who), ...common], env);
    // The list of running workflows is a moment behind what runs.
    while ((await client.workflow.count(`WorkflowId = '${handle.workflowId}'`)).count === 0) await sleep(50);
    expect(JSON.parse((await as('demo-quant')).out)).toMatchObject({ error: { code: 'ASSAY_PERSON_IN_LINEAGE' } });
    expect(JSON.parse((await as('demo-validator-1')).out)).toMatchObject({ approvals: 1, approved: false });
    expect(JSON.parse((await as('demo-validator-1')).out)).toMatchObject({ error: { code: 'ASSAY_ALREADY_SIGNED' } });
    expect(JSON.parse((await as('demo-validator-2')).out)).toMatchObject({ approvals: 2, approved: true });
    expect(await handle.result()).toMatchObject({ outcome: { kind: 'approved' } });
    expect(JSON.parse((await as('demo-validator-2')).out)).toMatchObject({ error: { code: 'ASSAY_NOT_FOUND' } });
  });
});

describe('assay run', () => {
  test('puts the signed request into the log, and waits where no worker is', async () => {
    const client = await connect(inject('temporalAddress'));
    await governanceWorker(inject('temporalAddress'));
    const capture = join(house.folder, 'capture.gz');
    writeFileSync(capture, 'not looked at before curation');
    const run = (...more: string[]) =>
      assay(
        [
          'run',
          'btcusd-perp',
          capture,
          '--registry',
          house.registry,
          '--trust',
          house.trustFile,
          '--json',
          '--detach',
          ...more,
        ],
        { TEMPORAL_ADDRESS: inject('temporalAddress') },
      );
    const { run: id } = JSON.parse(
      (await run('--key', house.keyFile('demo-quant'), '--seed', '7', '--steps', '64')).out,
    );
    const handle = client.workflow.getHandle(id);
    while ((await handle.query(status)).stage === 'request') await sleep(50);
    const request = house.entries().at(-1);
    expect(request).toMatchObject({
      kind: 'request',
      by: { id: 'demo-quant' },
      statement: { predicate: { seed: 7, action: 'run' } },
    });
    expect(await handle.query(status)).toMatchObject({ stage: 'curate', artifacts: { request: request?.digest } });
    const cancelled = await assay(['cancel', id, '--wait', '--json'], { TEMPORAL_ADDRESS: inject('temporalAddress') });
    expect(JSON.parse(cancelled.out)).toMatchObject({ status: 'CANCELLED' });

    const denied = JSON.parse((await run('--key', house.keyFile('demo-validator-1'))).out);
    const failed = await client.workflow
      .getHandle(denied.run)
      .result()
      .catch((error: unknown) => fromFailure(error).code);
    expect(failed).toBe('ASSAY_ROLE_DENIED');
    const missing = await run('--key', house.keyFile('demo-quant'), '--protocol', join(house.folder, 'absent.json'));
    expect([missing.code, JSON.parse(missing.out).error.code]).toEqual([2, 'ASSAY_INPUT_MISSING']);
  });
});

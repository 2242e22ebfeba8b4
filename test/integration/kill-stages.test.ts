/**
 * A worker killed with SIGKILL in the middle of every stage that computes, and the server with them: each stage is done again,
 * and what is left is what a run left alone leaves, once.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, decodePendingActivityState, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTrainingActivities } from '../../activities/training.ts';
import { beatOf } from '../../cli/follow.ts';
import { queueOf } from '../../cli/queue.ts';
import { freePort, startTemporal, type TemporalServer } from '../../cli/temporal-server.ts';
import { startWorker, type WorkerProcess } from '../../cli/worker-process.ts';
import { isKind, subjectOf } from '../../registry/entries.ts';
import { verifyRegistry } from '../../registry/verify.ts';
import { type LifecycleStatus, status } from '../../workflows/messages.ts';
import type { QueueName } from '../../workflows/queues.ts';
import { assay } from '../support/assay.ts';
import { captures } from '../support/captures.ts';
import { createStageHouse, line, quiet, type StageHouse, smallProtocol } from '../support/stages.ts';

const computing = ['curation', 'training', 'validation', 'execution'] as const;
const updates = 400;
const change = (protocol: ReturnType<typeof smallProtocol>) => {
  protocol.training.totalSteps = updates * 20 * 10;
  // Tuning that takes a few seconds.
  protocol.episodes.tuning = 128;
};

let at: StageHouse;
let server: TemporalServer;
let client: Client;
let restart: () => Promise<TemporalServer>;
const workers = new Map<QueueName, Promise<WorkerProcess>>();

beforeAll(async () => {
  at = await createStageHouse('captures', change);
  const env = { ...process.env, TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '' };
  const options = { dbFile: join(at.house.folder, 'temporal.db'), port: await freePort(), env };
  restart = () => startTemporal(options);
  server = await restart();
  client = new Client({ connection: await Connection.connect({ address: server.address }) });
  await start('governance');
});
afterAll(async () => {
  await client.connection.close();
  await Promise.all([...workers.values()].map(async (worker) => (await worker).kill()));
  await server.stop();
  at.house.remove();
});

async function start(queue: QueueName): Promise<void> {
  const { house } = at;
  const worker = startWorker({
    ...{ queues: [queue], address: server.address, registry: house.registry, trust: house.trustFile },
    ...{ key: house.keyFile(`demo-${queue}`), logKey: house.keyFile('demo-log') },
    ...{ scratch: join(house.folder, 'scratch'), onLog: () => {} },
  });
  workers.set(queue, worker);
  await worker;
}

async function kill(queue: QueueName): Promise<void> {
  await (await workers.get(queue))?.kill();
}

/** The queue's worker dies, and another comes. */
async function replace(queue: QueueName): Promise<void> {
  await kill(queue);
  await start(queue);
}

/**
 * Until the activity of this name is at work: it has said how far it is, or was begun a second ago (on a busy machine a short
 * one may be over before its first heartbeat is passed on). While the server is away, we wait for it, too.
 */
async function isWorking(handle: WorkflowHandle, activity: string): Promise<void> {
  let begun: number | undefined;
  let last = 'no answer';
  for (const deadline = Date.now() + 150_000; Date.now() < deadline; await sleep(30)) {
    const description = await handle.describe().catch(() => undefined);
    const pending = description?.raw.pendingActivities?.[0];
    if (description) last = `${description.status.name}, ${pending?.activityType?.name ?? 'no activity'}`;
    const started = decodePendingActivityState(pending?.state) === 'STARTED';
    if (!description || pending?.activityType?.name !== activity || !started) continue;
    begun ??= Date.now();
    if (beatOf(description) !== undefined || Date.now() - begun > 1000) return;
  }
  throw new Error(`${handle.workflowId} was not seen in ${activity}; at last: ${last}`);
}

/** How often each activity was begun. @returns by its name */
async function attempts(handle: WorkflowHandle): Promise<Record<string, number>> {
  const { events = [] } = await handle.fetchHistory();
  const names = new Map<string, string>();
  const found: Record<string, number> = {};
  for (const { eventId, activityTaskScheduledEventAttributes, activityTaskStartedEventAttributes } of events ?? []) {
    const name = activityTaskScheduledEventAttributes?.activityType?.name;
    if (name) names.set(String(eventId), name);
    const started = activityTaskStartedEventAttributes;
    const begun = names.get(String(started?.scheduledEventId));
    if (started && begun !== undefined) found[begun] = started.attempt ?? 0;
  }
  return found;
}

async function launch(verb: readonly string[], ...more: string[]): Promise<WorkflowHandle> {
  const protocol = join(at.house.folder, 'protocol.json');
  writeFileSync(protocol, JSON.stringify(smallProtocol(change)));
  const common = ['--registry', at.house.registry, '--trust', at.house.trustFile, '--protocol', protocol, '--json'];
  const args = [...verb, line, ...captures, '--detach', '--key', at.house.keyFile('demo-quant'), ...common, ...more];
  const { out, err } = await assay(args, { TEMPORAL_ADDRESS: server.address });
  if (out === '') throw new Error(err);
  return client.workflow.getHandle((JSON.parse(out) as { run: string }).run);
}

const reached = async (handle: WorkflowHandle, stage: LifecycleStatus['stage']): Promise<LifecycleStatus> => {
  for (;;) {
    const now = await handle.query(status);
    if (now.stage === stage) return now;
    await sleep(100);
  }
};

/** A fallback, tuned here and signed by two, so that there is something to execute. */
async function openTheLine(): Promise<string> {
  const { request, profile, protocol, house } = at;
  // What it has computed must not help the one that is killed.
  const training = createTrainingActivities({ ...at.deps('demo-training'), scratch: join(house.folder, 'beside') });
  const { schedule, report } = await training.tune({ line, profile, protocol, request }, quiet);
  const terms = { line, kind: 'fallback', report, limits: {}, notBefore: '2020-01-01T00:00:00Z' } as const;
  for (const who of ['demo-validator-1', 'demo-validator-2'] as const)
    house.append(house.sign(who, 'approval', schedule, { ...terms, notAfter: '2100-01-01T00:00:00Z' }));
  return schedule;
}

test('curate, calibrate, tune, train, validate, execute', { timeout: 400_000 }, async () => {
  const fallback = await openTheLine();
  const { dataset, profile } = at;
  const opening = await launch(['line', 'open']);
  const run = await launch(['run'], '--dataset', dataset, '--profile', profile, '--seed', '3');
  const execution = await client.workflow.start('execute', {
    workflowId: 'execution',
    taskQueue: queueOf('governance', at.house.trustFile),
    args: [{ line, dataset }],
  });
  const first = [
    isWorking(opening, 'curate').then(() => replace('curation')),
    isWorking(run, 'train').then(() => replace('training')),
    isWorking(execution, 'execute').then(() => replace('execution')),
  ];
  // Only now, so that no stage is over before we look.
  await Promise.all(computing.map(start));
  await Promise.all(first);

  const validated = isWorking(run, 'validate').then(() => replace('validation'));
  const calibrated = isWorking(opening, 'calibrate').then(() => kill('curation'));
  await Promise.all([validated, calibrated]);
  // The server, while one stage waits for a worker and another is at work.
  process.kill(server.pid ?? 0, 'SIGKILL');
  await server.stop();
  server = await restart();
  await start('curation');
  await isWorking(opening, 'tune');
  await replace('training');

  const opened = await reached(opening, 'review');
  const ended = await reached(run, 'done');
  const executed = (await execution.result()) as { ran: string };
  const begun = { ...(await attempts(opening)), ...(await attempts(run)), ...(await attempts(execution)) };
  for (const stage of ['curate', 'calibrate', 'tune', 'train', 'validate', 'execute'])
    expect([stage, begun[stage]]).toEqual([stage, expect.toSatisfy((times) => times >= 2)]);

  // What was made beside it, by nobody who was killed.
  expect(opened.artifacts).toMatchObject({ dataset, profile, subject: fallback });
  expect(executed.ran).toBe(fallback);
  const entries = at.house.entries();
  expect(verifyRegistry(at.house.registry, { trust: at.house.trust })).toMatchObject({ trusted: true, problems: [] });
  const about = (subject: string | undefined, request: string | undefined) =>
    entries.filter((entry) => subjectOf(entry) === subject && JSON.stringify(entry.statement).includes(request ?? '-'));
  const kinds = (subject?: string, request?: string) => about(subject, request).map(({ kind }) => kind);
  expect(kinds(dataset, opened.artifacts.request)).toEqual(['dataset']);
  expect(kinds(profile, opened.artifacts.request)).toEqual(['profile']);
  expect(kinds(fallback, opened.artifacts.request)).toEqual(['training']);
  expect(kinds(ended.artifacts.subject, ended.artifacts.request)).toEqual(['training']);
  expect(kinds(ended.artifacts.subject, ended.artifacts.report)).toEqual(['validation']);
  expect(entries.filter(isKind('deployment')).length).toBe(1);
});

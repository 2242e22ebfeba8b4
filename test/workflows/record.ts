/**
 * Writes the histories that `replay.test.ts` replays: `node test/workflows/record.ts`. Run it when a workflow is meant to
 * behave differently from now on, and keep the old histories for as long as runs of that age may be open.
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { queueOf } from '../../cli/queue.ts';
import { startTemporal } from '../../cli/temporal-server.ts';
import { approve, refuse, status, withdraw } from '../../workflows/messages.ts';
import { createHouse, type Who } from '../support/house.ts';
import { startLifecycle } from '../support/lifecycle.ts';

const house = await createHouse();
const server = await startTemporal({ dbFile: join(house.folder, 'temporal.db') });
const life = await startLifecycle(server.address, house);

const start = (type: string, input: object) =>
  life.client.workflow.start(type, {
    workflowId: randomUUID(),
    taskQueue: queueOf('governance', house.trustFile),
    args: [input],
  });
const say = (envelope: string) => ({ args: [{ envelope }] as [{ envelope: string }] });

async function startReview(): Promise<WorkflowHandle> {
  life.script.candidate = house.candidate();
  const handle = await start('run', life.runInput());
  while ((await handle.query(status)).stage !== 'review') await sleep(50);
  return handle;
}

const approval = (who: Who, change = {}) => say(house.approval(who, life.script.candidate, change));

const recordings: Record<string, () => Promise<WorkflowHandle>> = {
  async 'run-approved'() {
    const handle = await startReview();
    await handle.executeUpdate(approve, approval('demo-quant')).catch(() => {});
    await handle.executeUpdate(approve, approval('demo-validator-1'));
    await handle.executeUpdate(approve, approval('demo-validator-2'));
    return handle;
  },
  async 'run-refused-by-validation'() {
    life.script.verdict = 'refused';
    const handle = await start('run', life.runInput());
    await handle.result();
    life.script.verdict = 'passed';
    return handle;
  },
  async 'run-refused-by-validator'() {
    const handle = await startReview();
    await handle.executeUpdate(refuse, say(house.refusal('demo-validator-1', life.script.candidate)));
    return handle;
  },
  async 'run-withdrawn'() {
    const handle = await startReview();
    const { line, subject } = life.script.candidate;
    const { entry } = await handle.executeUpdate(approve, approval('demo-validator-1'));
    const withdrawal = { line, approval: entry, reason: 'in a test' };
    await handle.executeUpdate(withdraw, say(house.sign('demo-validator-1', 'withdrawal', subject, withdrawal)));
    return handle;
  },
  async 'run-expired'() {
    const handle = await startReview();
    const notAfter = new Date(Date.now() + 1000).toISOString();
    await handle.executeUpdate(approve, approval('demo-validator-1', { notAfter }));
    return handle;
  },
  async 'run-cancelled'() {
    life.script.trainingSteps = 600;
    const handle = await start('run', life.runInput());
    while ((await handle.query(status)).stage !== 'train') await sleep(50);
    await sleep(500);
    await handle.cancel();
    life.script.trainingSteps = 0;
    return handle;
  },
  async 'open-line-tuned-here'() {
    life.script.candidate = house.candidate('fallback');
    const handle = await start('openLine', life.runInput());
    while ((await handle.query(status)).stage !== 'review') await sleep(50);
    await handle.executeUpdate(approve, approval('demo-validator-1'));
    await handle.executeUpdate(approve, approval('demo-validator-2'));
    return handle;
  },
  async 'open-line'() {
    const fallback = house.candidate('fallback');
    life.script.candidate = fallback;
    const handle = await start('openLine', {
      line: fallback.line,
      schedule: fallback.subject,
      report: fallback.report,
    });
    await handle.executeUpdate(approve, approval('demo-validator-1'));
    await handle.executeUpdate(approve, approval('demo-validator-2'));
    return handle;
  },
  async execute() {
    return start('execute', { line: 'btcusd-perp', dataset: life.script.candidate.dataset });
  },
  revoke: () => start('revoke', retirement('revocation')),
  decommission: () => start('decommission', retirement('decommission')),
};

function retirement(kind: 'revocation' | 'decommission') {
  const { line, subject } = life.script.candidate;
  return { envelope: house.sign('demo-operator', kind, subject, { line, reason: 'in a test' }), line, subject };
}

/** Stack traces name files of the machine that recorded, and replay does not look at them. */
function withoutTrace(key: string, value: unknown): unknown {
  return key === 'stackTrace' ? '' : value;
}

for (const [name, play] of Object.entries(recordings)) {
  const handle = await play();
  await handle.result().catch(() => {});
  const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()), withoutTrace);
  writeFileSync(join(import.meta.dirname, `histories/${name}.json`), `${JSON.stringify(history, null, 1)}\n`);
  console.log(`recorded ${name}`);
}
await life.close();
await server.stop();
house.remove();

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { fromFailure } from '../../activities/failures.ts';
import { queueOf } from '../../cli/queue.ts';
import { approvalState } from '../../registry/policy.ts';
import { approve, refuse, status, withdraw } from '../../workflows/messages.ts';
import { createHouse, type House } from '../support/house.ts';
import { type Lifecycle, startLifecycle } from '../support/lifecycle.ts';

let house: House;
let life: Lifecycle;
beforeAll(async () => {
  house = await createHouse();
  life = await startLifecycle(inject('temporalAddress'), house);
});
afterAll(async () => {
  await life?.close();
  house.remove();
});
beforeEach(() => {
  Object.assign(life.script, { candidate: house.candidate(), verdict: 'passed', trainingSteps: 0 });
  life.asked.length = 0;
});

const start = (type: string, input: object) =>
  life.client.workflow.start(type, {
    workflowId: `test-${randomUUID()}`,
    taskQueue: queueOf('governance', house.trustFile),
    args: [input],
  });

async function startReview(): Promise<WorkflowHandle> {
  const handle = await start('run', life.runInput());
  await reaches(handle, 'review');
  return handle;
}

async function reaches(handle: WorkflowHandle, stage: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if ((await handle.query(status)).stage === stage) return;
    await sleep(50);
  }
  throw new Error(`the workflow did not reach ${stage}`);
}

async function code(result: Promise<unknown>): Promise<string> {
  return result.then(
    () => 'none',
    (error: unknown) => fromFailure(error).code,
  );
}

const say = (envelope: string) => ({ args: [{ envelope }] as [{ envelope: string }] });

describe('run', () => {
  test('goes through every stage, waits, and is approved by two who did not build it', async () => {
    const handle = await startReview();
    const { candidate } = life.script;
    expect(life.asked).toEqual(['curate', 'calibrate', 'train', 'validate']);
    expect(await handle.query(status)).toEqual({
      line: candidate.line,
      stage: 'review',
      artifacts: {
        request: candidate.request,
        dataset: candidate.dataset,
        profile: candidate.profile,
        subject: candidate.subject,
        report: candidate.report,
      },
      approvals: [],
      waitingFor: '2 signatures by validators outside the lineage',
    });
    const first = await handle.executeUpdate(approve, say(house.approval('demo-validator-1', candidate)));
    expect(first).toMatchObject({ person: 'demo-validator-1', approvals: 1, approved: false });
    expect((await handle.query(status)).waitingFor).toBe('1 signature by validators outside the lineage');
    await handle.executeUpdate(approve, say(house.approval('demo-validator-2', candidate)));
    expect(await handle.result()).toMatchObject({
      outcome: { kind: 'approved', signers: ['demo-validator-1', 'demo-validator-2'] },
    });
    const review = { entries: house.entries(), line: candidate.line, model: candidate.subject };
    expect(approvalState(review, Date.now())).toMatchObject({ state: 'approved' });
  });

  test('refuses signatures that are not for it, and goes on waiting', async () => {
    const handle = await startReview();
    const { candidate } = life.script;
    const other = house.candidate();
    const tries = {
      'over another model': [house.approval('demo-validator-1', other), 'ASSAY_DIGEST_MISMATCH'],
      'over another report': [
        house.approval('demo-validator-1', { ...candidate, report: other.report }),
        'ASSAY_DIGEST_MISMATCH',
      ],
      'for another line': [
        house.approval('demo-validator-1', { ...candidate, line: 'other' }),
        'ASSAY_DIGEST_MISMATCH',
      ],
      'no approval': [house.refusal('demo-validator-1', candidate), 'ASSAY_STATEMENT_INVALID'],
      'no envelope': ['{"payload":1}', 'ASSAY_STATEMENT_INVALID'],
      'by the quant who asked for it': [house.approval('demo-quant', candidate), 'ASSAY_PERSON_IN_LINEAGE'],
      'by an operator': [house.approval('demo-operator', candidate), 'ASSAY_ROLE_DENIED'],
      'by a stranger': [house.approval('demo-stranger', candidate), 'ASSAY_KEY_UNKNOWN'],
    } as const;
    for (const [how, [envelope, expected]] of Object.entries(tries))
      expect([how, await code(handle.executeUpdate(approve, say(envelope)))]).toEqual([how, expected]);
    const own = house.approval('demo-validator-1', candidate);
    await handle.executeUpdate(approve, say(own));
    expect(await code(handle.executeUpdate(approve, say(own)))).toBe('ASSAY_ALREADY_SIGNED');
    expect((await handle.query(status)).approvals.map(({ person }) => person)).toEqual(['demo-validator-1']);
    await handle.terminate();
  });

  test('two who sign at the same moment both count', async () => {
    const handle = await startReview();
    const { candidate } = life.script;
    const both = (['demo-validator-1', 'demo-validator-2'] as const).map((who) =>
      handle.executeUpdate(approve, say(house.approval(who, candidate))),
    );
    expect((await Promise.all(both)).filter(({ approved }) => approved).length).toBe(1);
    const { outcome } = (await handle.result()) as { outcome: { signers: string[] } };
    expect(outcome.signers.toSorted()).toEqual(['demo-validator-1', 'demo-validator-2']);
  });

  test('ends where validation refuses, with the reasons', async () => {
    life.script.verdict = 'refused';
    const handle = await start('run', life.runInput());
    expect(await handle.result()).toMatchObject({
      outcome: { kind: 'refused', by: 'validation', reasons: ['superiority'] },
    });
    expect(
      await code(handle.executeUpdate(approve, say(house.approval('demo-validator-1', life.script.candidate)))),
    ).not.toBe('none');
  });

  test('ends when one validator refuses', async () => {
    const handle = await startReview();
    await handle.executeUpdate(refuse, say(house.refusal('demo-validator-3', life.script.candidate)));
    expect(await handle.result()).toMatchObject({ outcome: { kind: 'refused', by: 'demo-validator-3' } });
  });

  test('ends when a signer withdraws', async () => {
    const handle = await startReview();
    const { line, subject } = life.script.candidate;
    const { entry } = await handle.executeUpdate(
      approve,
      say(house.approval('demo-validator-1', life.script.candidate)),
    );
    const withdrawal = { line, approval: entry, reason: 'in a test' };
    const foreign = house.sign('demo-validator-2', 'withdrawal', subject, withdrawal);
    expect(await code(handle.executeUpdate(withdraw, say(foreign)))).toBe('ASSAY_NOT_FOUND');
    await handle.executeUpdate(withdraw, say(house.sign('demo-validator-1', 'withdrawal', subject, withdrawal)));
    expect(await handle.result()).toMatchObject({ outcome: { kind: 'withdrawn', by: 'demo-validator-1' } });
  });

  test('ends when an approval runs out before the next one comes', async () => {
    const handle = await startReview();
    const notAfter = new Date(Date.now() + 1500).toISOString();
    await handle.executeUpdate(approve, say(house.approval('demo-validator-1', life.script.candidate, { notAfter })));
    expect(await handle.result()).toMatchObject({ outcome: { kind: 'expired', notAfter } });
  });

  test('cancelled in training stops the training', async () => {
    life.script.trainingSteps = 600;
    const handle = await start('run', life.runInput());
    await reaches(handle, 'train');
    while (!life.asked.includes('train')) await sleep(20);
    await handle.cancel();
    expect(await code(handle.result())).toBe('ASSAY_CANCELLED');
    expect(life.asked).toEqual(['curate', 'calibrate', 'train', 'train cancelled']);
  });
});

describe('openLine', () => {
  test('tunes the fallback, and opens the line by two signatures under it', async () => {
    const fallback = house.candidate('fallback');
    life.script.candidate = fallback;
    const handle = await start('openLine', life.runInput());
    await reaches(handle, 'review');
    expect(life.asked).toEqual(['curate', 'calibrate', 'tune']);
    for (const who of ['demo-validator-1', 'demo-validator-2'] as const)
      await handle.executeUpdate(approve, say(house.approval(who, fallback)));
    const { subject, report, request } = fallback;
    expect(await handle.result()).toMatchObject({
      outcome: { kind: 'approved' },
      artifacts: { subject, report, request },
    });
  });

  test('skips what an earlier run made', async () => {
    const { dataset, profile } = life.script.candidate;
    const handle = await start('openLine', { ...life.runInput(), dataset, profile });
    await reaches(handle, 'review');
    expect(life.asked).toEqual(['tune']);
    await handle.terminate();
  });
});

describe('other workflows', () => {
  test('a line opens by two signatures under a fallback tuned before', async () => {
    const fallback = house.candidate('fallback');
    const handle = await start('openLine', {
      line: fallback.line,
      schedule: fallback.subject,
      report: fallback.report,
    });
    await reaches(handle, 'review');
    for (const who of ['demo-validator-1', 'demo-validator-2'] as const)
      await handle.executeUpdate(approve, say(house.approval(who, fallback)));
    expect(await handle.result()).toMatchObject({
      outcome: { kind: 'approved' },
      artifacts: { subject: fallback.subject },
    });
  });

  test('a version is revoked and decommissioned by whoever may, and by nobody else', async () => {
    const { line, subject } = life.script.candidate;
    const signed = (who: 'demo-operator' | 'demo-quant' | 'demo-training', kind: 'revocation' | 'decommission') => ({
      envelope: house.sign(who, kind, subject, { line, reason: 'in a test' }),
      ...{ line, subject },
    });
    const run = async (type: string, input: object) => (await start(type, input)).result();
    expect(await run('revoke', signed('demo-operator', 'revocation'))).toMatchObject({ person: 'demo-operator' });
    expect(await run('decommission', signed('demo-operator', 'decommission'))).toMatchObject({
      person: 'demo-operator',
    });
    expect(await code(run('decommission', signed('demo-training', 'decommission')))).toBe('ASSAY_ROLE_DENIED');
    const review = { entries: house.entries(), line, model: subject };
    expect(approvalState(review, Date.now()).state).toBe('decommissioned');
  });
});

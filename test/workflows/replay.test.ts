import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import * as workflows from '../../workflows/index.ts';
import { logger, quietRuntime } from '../support/quiet.ts';

interface RecordedEvent {
  eventType: string;
  workflowExecutionStartedEventAttributes?: { workflowType: { name: string } };
  activityTaskScheduledEventAttributes?: { activityType: { name: string } };
}

const folder = join(import.meta.dirname, 'histories');
const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as { events: RecordedEvent[] };
let workflowBundle: { code: string };

beforeAll(async () => {
  quietRuntime();
  const workflowsPath = join(import.meta.dirname, '../../workflows/index.ts');
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger });
});

describe('recorded histories', () => {
  test('there is one of every workflow type', () => {
    const types = names.map((name) => read(name).events[0]?.workflowExecutionStartedEventAttributes?.workflowType.name);
    expect([...new Set(types.map(String))].sort()).toEqual(Object.keys(workflows).sort());
  });

  test.each(names)('%s replays: the code still decides what it decided then', async (name) => {
    await Worker.runReplayHistory({ workflowBundle, replayName: name }, read(name));
  });

  test('a history in which another activity ran is found out', async () => {
    const history = read('run-approved.json');
    for (const { activityTaskScheduledEventAttributes: scheduled } of history.events)
      if (scheduled?.activityType.name === 'validate') scheduled.activityType.name = 'train';
    await expect(Worker.runReplayHistory({ workflowBundle }, history)).rejects.toThrow(/nondeterminism|\[TMPRL1100\]/i);
  });

  test('payloads are references: no event carries more than 16 kB', () => {
    for (const name of names)
      for (const event of read(name).events) expect(JSON.stringify(event).length).toBeLessThan(16_384);
  });
});

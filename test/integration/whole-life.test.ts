/**
 * The main job on a small configuration, as people do it: from the command line, against a real server, every queue a worker
 * process under its own identity. Nothing is scripted but who types what.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { queueNames } from '../../cli/stages.ts';
import { startWorker, type WorkerProcess } from '../../cli/worker-process.ts';
import { isKind } from '../../registry/entries.ts';
import { objectPath } from '../../registry/store.ts';
import { verifyRegistry } from '../../registry/verify.ts';
import { parseReport } from '../../validation/report/schema.ts';
import { assay, type Ran } from '../support/assay.ts';
import { captures } from '../support/captures.ts';
import { createHouse, type House, type Who } from '../support/house.ts';
import { line, smallProtocol } from '../support/stages.ts';

let house: House;
let workers: WorkerProcess[] = [];

beforeAll(async () => {
  house = await createHouse();
  writeFileSync(join(house.folder, 'protocol.json'), JSON.stringify(smallProtocol()));
  const { registry, trustFile: trust, keyFile } = house;
  workers = await Promise.all(
    queueNames.map((queue) =>
      startWorker({
        ...{ queues: [queue], address: inject('temporalAddress'), registry, trust, onLog: () => {} },
        ...{ key: keyFile(`demo-${queue}`), logKey: keyFile('demo-log'), scratch: join(house.folder, 'scratch') },
      }),
    ),
  );
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  house.remove();
});

const run = (...args: string[]): Promise<Ran> =>
  assay([...args, '--registry', house.registry, '--trust', house.trustFile], {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
  });
/** The one JSON value that a verb printed; what it said on the way goes to stderr. */
const json = async (...args: string[]) => {
  const { code, out, err } = await run(...args, '--json');
  if (out === '') throw new Error(err);
  return { code, ...JSON.parse(out) };
};
const by = (who: Who) => ['--key', house.keyFile(who)];
const launched = () => ['--protocol', join(house.folder, 'protocol.json'), ...by('demo-quant')];
const objectFile = (digest: string) => join(house.registry, objectPath(digest));

test('a line opens, a candidate is refused, the fallback trades, and is retired', { timeout: 300_000 }, async () => {
  // Until two others have signed, the best baseline is nobody's fallback.
  const opening = await json('line', 'open', line, ...captures, ...launched());
  expect(opening).toMatchObject({ code: 0, stage: 'review', approvals: [] });
  const { dataset, profile, subject: schedule } = opening.artifacts;
  const sign = (who: Who) => json('approve', schedule, ...by(who));
  expect(await sign('demo-quant')).toMatchObject({ code: 1, error: { code: 'ASSAY_PERSON_IN_LINEAGE' } });
  expect(await sign('demo-validator-1')).toMatchObject({ code: 0, approved: false });
  expect(await sign('demo-validator-2')).toMatchObject({ code: 0, approved: true });
  expect((await run('report', schedule)).out).toContain('Imbalance rule, for comparison');

  // The desk trades with it; that makes it the champion.
  const machine = ['--machine-key', house.keyFile('demo-execution'), '--log-key', house.keyFile('demo-log')];
  const scratch = ['--scratch', join(house.folder, 'scratch')];
  const execute = () => json('execute', line, '--dataset', dataset, ...machine, ...scratch);
  const traded = await execute();
  expect(traded).toMatchObject({ code: 0, ran: schedule });

  // The same captures again: what was made of them before is not made again. Four updates teach nobody anything.
  const ended = await json('run', line, ...captures, '--dataset', dataset, '--profile', profile, ...launched());
  expect(ended).toMatchObject({ code: 1, stage: 'done', outcome: { kind: 'refused', by: 'validation' } });
  const { subject: model, report } = ended.artifacts;
  const judged = parseReport(JSON.parse(readFileSync(objectFile(report), 'utf8')));
  expect(judged).toMatchObject({ candidate: { digest: model, trainedSteps: 800 }, verdict: 'refused' });
  expect(judged.gates.filter(({ kind }) => kind === 'champion').length).toBe(1);
  expect(judged.training.length).toBe(4);
  const hopeless = await json('approve', model, ...by('demo-validator-1'), '--log-key', house.keyFile('demo-log'));
  expect(hopeless).toMatchObject({ code: 1, error: { code: 'ASSAY_REFUSED' } });

  // Who signed what, and that every byte is what it was.
  const signers = Object.fromEntries(
    (['request', 'dataset', 'profile', 'training', 'validation', 'deployment'] as const).map((kind) => [
      kind,
      house
        .entries()
        .filter(isKind(kind))
        .map(({ by: who }) => who?.id),
    ]),
  );
  expect(signers).toEqual({
    request: ['demo-quant', 'demo-quant'],
    ...{ dataset: ['demo-curation'], profile: ['demo-curation'] },
    training: ['demo-training', 'demo-training'],
    ...{ validation: ['demo-validation'], deployment: ['demo-execution'] },
  });
  expect((await run('lineage', model)).out).toContain('people who built it: demo-quant');
  expect(await run('verify', line)).toMatchObject({ code: 0 });
  expect(verifyRegistry(house.registry, { trust: house.trust })).toMatchObject({ trusted: true, problems: [] });

  // One byte more in a model file, and the registry no longer verifies.
  const whole = readFileSync(objectFile(model));
  appendFileSync(objectFile(model), ' ');
  expect(await run('log', 'verify')).toMatchObject({ code: 1, out: expect.stringContaining('ASSAY_OBJECT_CORRUPT') });
  writeFileSync(objectFile(model), whole);
  expect(await run('log', 'verify')).toMatchObject({ code: 0 });

  // Retired, it does not run, and there is nothing else.
  const retired = ['--reason', 'in a test', ...by('demo-operator'), '--log-key', house.keyFile('demo-log')];
  expect((await run('decommission', schedule, ...retired)).code).toBe(0);
  expect(await execute()).toMatchObject({ code: 1, error: { code: 'ASSAY_NO_FALLBACK' } });
  expect((await json('list')).lines[0].versions.map(({ state }: { state: string }) => state)).toEqual([
    'decommissioned',
    'refused',
  ]);
});

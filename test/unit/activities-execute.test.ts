import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createExecutionActivities, type ExecutionDeps } from '../../activities/execute.ts';
import type { ExecuteInput, StageContext, StageProgress } from '../../activities/types.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { fixedClock, systemClock } from '../../core/clock.ts';
import { sha256 } from '../../core/digest.ts';
import { curateCaptures } from '../../curation/curate.ts';
import { readJournal } from '../../executor/read-journal.ts';
import { parseTca, tcaReport } from '../../executor/tca.ts';
import { btcusdPerp } from '../../market/instrument.ts';
import { encodeSchedule } from '../../market/schedule-file.ts';
import type { ScheduleSpec } from '../../market/schedules.ts';
import { attribute, isKind, parseEntry, type SignedEntry, subjectOf } from '../../registry/entries.ts';
import { Files } from '../../registry/files.ts';
import { generateKey, loadKey } from '../../registry/keys.ts';
import { ancestors } from '../../registry/lineage.ts';
import { LogView, readCheckpoint } from '../../registry/log.ts';
import { createRegistry } from '../../registry/registry.ts';
import { getObject, objectPath, putObject } from '../../registry/store.ts';
import { verifyRegistry } from '../../registry/verify.ts';
import { appendEntries } from '../../registry/writer.ts';
import { assay } from '../support/assay.ts';
import { captures } from '../support/captures.ts';
import { type Candidate, createHouse, type House, type Made, type Who } from '../support/house.ts';
import { policyBytes } from '../support/policy-files.ts';
import { syntheticProfile } from '../support/recorded-market.ts';
import { temporaryFolder } from '../support/temporary.ts';

const line = 'btcusd-perp';
const protocol = sha256(
  canonicalJson(JSON.parse(readFileSync(new URL('../../protocol.json', import.meta.url), 'utf8'))),
);
const profile = Buffer.from(canonicalJson(syntheticProfile(2)));
const schedule: ScheduleSpec = {
  ...{ kind: 'schedule', family: 'twap', children: 'passive', slices: 60, lead: 1 },
  ...{ tolerance: 1, participation: 0, urgency: 0, volumeCurve: [0, 1] },
};

let work: ReturnType<typeof temporaryFolder>;
/** A registry with the real captures as its dataset, a fallback and a model, both approved. Every test has a copy of its own. */
let house: House;
let fallback: Candidate;
let model: Candidate;
let dataset: string;

beforeAll(async () => {
  work = temporaryFolder();
  house = await createHouse();
  const files = new Files(house.registry);
  const curated = await curateCaptures({ captures, instrument: btcusdPerp, workFolder: work.path });
  for (const path of curated.files.values()) putObject(files, readFileSync(path));
  dataset = curated.digest;
  const shared = { profile, dataset: Buffer.from(canonicalJson(curated.manifest)) };
  fallback = approved('fallback', { ...shared, subject: encodeSchedule(schedule) });
  model = approved('model', { ...shared, subject: policyBytes(4, { protocol, profile: sha256(profile) }) });
});
afterAll(() => {
  house.remove();
  work[Symbol.dispose]();
});

function approved(kind: 'model' | 'fallback', made: Made): Candidate {
  const candidate = house.candidate(kind, 'pass', made);
  const validators: readonly Who[] = ['demo-validator-1', 'demo-validator-2'];
  const [first, second] = validators.map((who) => house.approval(who, candidate, { limits: { maxParentLots: 1450 } }));
  house.append(first, second);
  return candidate;
}

/** A copy of the house's registry, and an executor that knows only this one. */
interface Desk {
  readonly registry: string;
  readonly deps: ExecutionDeps;
  readonly progress: StageProgress[];
  execute(input?: Partial<ExecuteInput>, changes?: Partial<ExecutionDeps>): ReturnType<Execute>;
  append(...envelopes: string[]): void;
  entries(): SignedEntry[];
  deployments(): SignedEntry<'deployment'>[];
}
type Execute = ReturnType<typeof createExecutionActivities>['execute'];

let desk: Desk;
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  desk = deskAt(folder.path);
  return () => folder[Symbol.dispose]();
});

function deskAt(path: string): Desk {
  const [registry, scratch] = [join(path, 'registry'), join(path, 'scratch')];
  cpSync(house.registry, registry, { recursive: true });
  const { trust, log } = house;
  const key = loadKey(house.keyFile('demo-execution'));
  const remembered = join(path, 'seen.json');
  const deps: ExecutionDeps = { registry, trust, key, log, scratch, clock: systemClock, remembered };
  const progress: StageProgress[] = [];
  const context: StageContext = {
    signal: new AbortController().signal,
    progress: (report) => progress.push(report),
  };
  const entries = () =>
    attribute(
      new LogView(new Files(registry), readCheckpoint(new Files(registry), trust.log)).entries().map(parseEntry),
      trust,
    );
  return {
    ...{ registry, deps, progress, entries },
    execute: (input = {}, changes = {}) =>
      createExecutionActivities({ ...deps, ...changes }).execute({ line, dataset, ...input }, context),
    append: (...envelopes) => {
      appendEntries(new Files(registry), log, () => envelopes.map((envelope) => Buffer.from(envelope)));
    },
    deployments: () => entries().filter(isKind('deployment')),
  };
}

const ending = (kind: 'revocation' | 'decommission', { subject }: Candidate) =>
  house.sign('demo-operator', kind, subject, { line, reason: 'in a test' });
const objectOf = (digest: string) => getObject(new Files(desk.registry), digest);
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('an execution', () => {
  test('trades the approved model on the part nobody has seen, and leaves journal, report and deployment', async () => {
    const result = await desk.execute();
    expect(result).toEqual({
      ...{ ran: model.subject, journal: expect.any(String), report: expect.any(String) },
      ...{ statement: expect.any(String), execution: expect.any(String) },
    });
    const [deployment] = desk.deployments();
    expect(deployment).toMatchObject({
      digest: result.statement,
      by: { id: 'demo-execution', role: 'executor' },
      statement: { predicate: { line, executor: 'demo-execution' } },
    });
    expect(subjectOf(deployment)).toBe(model.subject);
    const approvals = desk.entries().filter((entry) => entry.kind === 'approval' && subjectOf(entry) === model.subject);
    expect(deployment.statement.predicate.approvals).toEqual(approvals.map(({ digest }) => digest));

    const journal = readJournal(objectOf(result.journal));
    expect(journal.begin).toMatchObject({
      deployment: result.statement,
      dataset,
      model: model.subject,
      policy: 'test, version 2',
    });
    expect(journal.begin.segment.fromMs).toBeGreaterThan(1_723_161_801_261);
    expect(journal).toMatchObject({ complete: true, breaches: 0 });
    const report = parseTca(objectOf(result.report), result.report);
    expect(report).toEqual(tcaReport(objectOf(result.journal)));
    expect(report.total.filledLots).toBeGreaterThan(1000);
    const account = desk.entries().find(({ digest }) => digest === result.execution);
    expect(account).toMatchObject({ kind: 'execution', by: { role: 'executor' } });
    expect(account?.statement.predicate).toEqual({
      ...{ line, executor: 'demo-execution', deployment: result.statement, dataset },
      ...{ journal: result.journal, report: result.report },
    });
    // From the report alone the graph leads back to who asked for the model.
    expect(ancestors(result.report, desk.entries()).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['request', 'training', 'approval', 'deployment', 'execution']),
    );
    expect(verifyRegistry(desk.registry, { trust: house.trust })).toMatchObject({ intact: true, trusted: true });
    expect(desk.progress.at(-1)).toMatchObject({ what: 'trading' });
  });

  test('that is tried again gives the same, and deploys once', async () => {
    const first = await desk.execute();
    expect(await desk.execute()).toEqual(first);
    expect(desk.deployments()).toHaveLength(1);
  });

  test('that is cancelled says so', async () => {
    const abort = new AbortController();
    const executing = createExecutionActivities(desk.deps).execute(
      { line, dataset },
      { signal: abort.signal, progress: ({ what }) => what === 'trading' && abort.abort() },
    );
    await expect(executing).rejects.toEqual(code('ASSAY_CANCELLED'));
    const path = join(
      desk.deps.scratch,
      'journals',
      `${line}-${dataset.slice(0, 12)}-${model.subject.slice(0, 12)}.ndjson`,
    );
    expect(readJournal(readFileSync(path)).parents.at(-1)?.closed?.why).toBe('killed');
  });
});

describe('what may not run', () => {
  test.each(['revocation', 'decommission'] as const)(
    'a model after its %s: the fallback runs, with the reason',
    async (kind) => {
      desk.append(ending(kind, model));
      const reason = kind === 'revocation' ? 'ASSAY_REVOKED' : 'ASSAY_DECOMMISSIONED';
      const result = await desk.execute({ model: model.subject });
      expect(result).toMatchObject({ ran: fallback.subject, fallbackBecause: reason });
      expect(result.fallbackReason).toContain('in a test');
      expect(desk.deployments().map(subjectOf)).toEqual([fallback.subject]);
      expect(desk.entries().at(-1)?.statement.predicate).toMatchObject({ because: reason, report: result.report });
      expect(readJournal(objectOf(result.journal)).begin).toMatchObject({ because: reason, policy: 'TWAP, passive' });
    },
  );

  test('a model that is revoked between being pulled and being deployed', async () => {
    // The clock is asked once a registry is read: the second time is when the model is pulled.
    let asked = 0;
    const clock = {
      now: () => {
        if (++asked === 2) desk.append(ending('revocation', model));
        return systemClock.now();
      },
    };
    expect(await desk.execute({}, { clock })).toMatchObject({
      ran: fallback.subject,
      fallbackBecause: 'ASSAY_REVOKED',
    });
    expect(desk.deployments().map(subjectOf)).toEqual([fallback.subject]);
  });

  test('a model changed by one byte', async () => {
    const path = join(desk.registry, objectPath(model.subject));
    const bytes = readFileSync(path);
    bytes[100] ^= 1;
    writeFileSync(path, bytes);
    expect(await desk.execute()).toMatchObject({ ran: fallback.subject, fallbackBecause: 'ASSAY_OBJECT_CORRUPT' });
  });

  test('anything, where the fallback is gone, too', async () => {
    desk.append(ending('revocation', model), ending('decommission', fallback));
    await expect(desk.execute()).rejects.toEqual(code('ASSAY_NO_FALLBACK'));
    expect([desk.deployments(), existsSync(desk.deps.scratch)]).toEqual([[], false]);
  });
});

describe('a registry that is not to be believed', () => {
  const refuses = async (expected: string, changes: Partial<ExecutionDeps> = {}) => {
    await expect(desk.execute({}, changes)).rejects.toEqual(code(expected));
    expect(existsSync(join(desk.deps.scratch, 'journals'))).toBe(false);
  };

  test('an older copy, in which a model is not revoked yet', async () => {
    const older = join(folder.path, 'older');
    cpSync(desk.registry, older, { recursive: true });
    desk.append(ending('revocation', model));
    const { journal } = await desk.execute();
    expect(readJournal(objectOf(journal)).begin.because).toBe('ASSAY_REVOKED');
    await expect(desk.execute({}, { registry: older })).rejects.toEqual(code('ASSAY_LOG_INCONSISTENT'));
    // An executor without that memory believes it: what is remembered is what protects.
    const forgetful = { registry: older, remembered: join(folder.path, 'other.json') };
    expect(await desk.execute({}, forgetful)).toMatchObject({ ran: model.subject });
  });

  test('one that is wholly forged and consistent in itself', async () => {
    const forged = join(folder.path, 'forged');
    const made = await createRegistry(forged, { origin: house.log.origin, logKey: generateKey() });
    await made.appendAll(house.entries().map(({ envelope }) => envelope));
    cpSync(join(house.registry, 'objects'), join(forged, 'objects'), { recursive: true });
    expect(verifyRegistry(forged).intact).toBe(true);
    await refuses('ASSAY_SIGNATURE_INVALID', { registry: forged });
  });

  test('one whose checkpoint is too old, or signed by a clock that is no number', async () => {
    await refuses('ASSAY_LOG_STALE', { clock: fixedClock(Date.now() + 31 * 86_400_000) });
    await refuses('ASSAY_LOG_STALE', { clock: fixedClock(Date.now() + 60_000), maxAgeSeconds: 10 });
    await refuses('ASSAY_NOT_FINITE', { clock: fixedClock(Number.NaN) });
  });

  test('a dataset that nobody signed, or of which a table was changed', async () => {
    await expect(desk.execute({ dataset: model.report })).rejects.toEqual(code('ASSAY_NOT_FOUND'));
    const { tables } = JSON.parse(objectOf(dataset).toString()) as { tables: { sha256: string }[] };
    const path = join(desk.registry, objectPath(tables[1].sha256));
    writeFileSync(path, readFileSync(path).fill(7, 50, 51));
    await refuses('ASSAY_OBJECT_CORRUPT');
    expect(desk.deployments()).toEqual([]);
  });

  test.each([
    ['demo-training', 'ASSAY_ROLE_DENIED'],
    ['demo-operator', 'ASSAY_ROLE_DENIED'],
    ['demo-stranger', 'ASSAY_KEY_UNKNOWN'],
  ] as const)('nor is an executor believed that is %s', async (who, expected) => {
    await refuses(expected, { key: loadKey(house.keyFile(who)) });
  });
});

describe('assay execute', () => {
  const run = (...more: string[]) =>
    assay([
      ...['execute', line, '--dataset', dataset, '--registry', desk.registry, '--trust', house.trustFile],
      ...['--machine-key', house.keyFile('demo-execution'), '--log-key', house.keyFile('demo-log')],
      ...['--scratch', desk.deps.scratch, '--remembered', desk.deps.remembered, ...more],
    ]);

  test('tells people what ran, what it cost in which parts, what the gate did, and where that is written', async () => {
    const copies = join(folder.path, 'copies');
    const { code: exit, out } = await run('--model', model.subject.slice(0, 12), '--out', copies);
    expect([exit, out.split('\n')[0]]).toEqual([
      0,
      `ran          test, version 2 (${model.subject.slice(0, 12)}), approved for ${line}`,
    ]);
    for (const part of ['delay', 'timing', 'spread', 'impact', 'fees', 'opportunity'])
      expect(out).toMatch(new RegExp(`^  ${part} +-?[0-9.]+ bps +-?[0-9]+\\.[0-9]{12} BTC$`, 'm'));
    expect(out).toMatch(/^gate .* children passed .*$/m);
    const [, journal = ''] = /^journal +(.*)$/m.exec(out) ?? [];
    expect(readJournal(readFileSync(journal)).complete).toBe(true);
    expect(readFileSync(join(copies, 'costs.md'), 'utf8')).toMatch(
      /^# Transaction costs of test, version 2 on btcusd-perp$/m,
    );
    expect(JSON.parse(readFileSync(join(copies, 'costs.json'), 'utf8'))).toEqual(tcaReport(readFileSync(journal)));
  });

  test('is shown again by its version, with a page of every order', async () => {
    const report = (of: string, ...more: string[]) =>
      assay(['report', of, '--registry', desk.registry, '--trust', house.trustFile, ...more]);
    const none = await report(model.subject, '--execution');
    expect([none.code, none.err.split(':')[0]]).toEqual([1, 'ASSAY_NOT_FOUND']);
    const made = await desk.execute();
    const page = join(folder.path, 'execution.html');
    const { code: exit, out } = await report(model.subject.slice(0, 12), '--execution', '--out', page);
    expect([exit, out.split('\n')[0]]).toEqual([0, `report  ${made.report}`]);
    const { parents, journal } = parseTca(objectOf(made.report), made.report);
    const drawn = readFileSync(page, 'utf8');
    expect(drawn).toContain(`<code>${journal}</code>`);
    for (const { parent, side } of parents) expect(drawn).toContain(`Fills of order ${parent}, a ${side} of`);
    expect(drawn).not.toMatch(/NaN|undefined|Infinity/);
    expect((await report(made.report)).out).toContain('# Transaction costs of test, version 2 on btcusd-perp');
  });

  test('ends with 1 when another version ran than was asked for, and with 0 when nothing was', async () => {
    desk.append(ending('decommission', model));
    const asked = await run('--model', model.subject);
    expect(asked.code).toBe(1);
    expect(asked.out).toMatch(
      /^because {6}The version asked for, .* did not run: ASSAY_DECOMMISSIONED: .* in a test$/m,
    );
    const free = await run('--json');
    expect(free.code).toBe(0);
    expect(JSON.parse(free.out)).toMatchObject({ ran: fallback.subject, fallbackBecause: 'ASSAY_DECOMMISSIONED' });
  });

  test('ends with 1 when nothing ran', async () => {
    desk.append(ending('decommission', model), ending('decommission', fallback));
    const { code: exit, err } = await run();
    expect([exit, /^ASSAY_NO_FALLBACK: .*$/m.exec(err)?.[0]]).toEqual([1, expect.stringContaining('decommissioned')]);
  });
});

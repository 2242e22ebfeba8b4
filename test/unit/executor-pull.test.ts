import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canonicalJson } from '../../core/canonical-json.ts';
import { fixedClock } from '../../core/clock.ts';
import { sha256 } from '../../core/digest.ts';
import { pull } from '../../executor/pull.ts';
import { encodeSchedule } from '../../market/schedule-file.ts';
import type { ScheduleSpec } from '../../market/schedules.ts';
import { openTrusted } from '../../registry/read.ts';
import { objectPath } from '../../registry/store.ts';
import { type Candidate, createHouse, type House, type Made, type Who } from '../support/house.ts';
import { policyBytes } from '../support/policy-files.ts';
import { syntheticProfile } from '../support/recorded-market.ts';

const line = 'btcusd-perp';
const protocol = sha256(
  canonicalJson(JSON.parse(readFileSync(new URL('../../protocol.json', import.meta.url), 'utf8'))),
);
const profileBytes = Buffer.from(canonicalJson(syntheticProfile(2)));
const schedule: ScheduleSpec = {
  ...{ kind: 'schedule', family: 'twap', children: 'passive', slices: 60, lead: 1 },
  ...{ tolerance: 1, participation: 0, urgency: 0, volumeCurve: [0, 1] },
};
const network = (seed: number) => policyBytes(seed, { protocol, profile: sha256(profileBytes) });

let house: House;
beforeEach(async () => {
  house = await createHouse();
});
afterEach(() => house.remove());

const validators: readonly [Who, Who] = ['demo-validator-1', 'demo-validator-2'];
type Change = Parameters<House['approval']>[2];
function approved(kind: 'model' | 'fallback', made: Made, change: Change = {}): Candidate {
  const candidate = house.candidate(kind, 'pass', { profile: profileBytes, ...made });
  const [first, second] = validators.map((who) => house.approval(who, candidate, change));
  house.append(first, second);
  return candidate;
}
const fallback = (lead = 1) => approved('fallback', { subject: encodeSchedule({ ...schedule, lead }) });
const model = (seed = 1, change: Change = {}) => approved('model', { subject: network(seed) }, change);
const open = (nowMs = Date.now()) => openTrusted(house.registry, house.trust, { clock: fixedClock(nowMs) });
const ends = (kind: 'revocation' | 'decommission', { subject }: Candidate) =>
  house.append(house.sign('demo-operator', kind, subject, { line, reason: 'in a test' }));
function changeOneByte({ subject }: Candidate): void {
  const path = join(house.registry, objectPath(subject));
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
}

describe('what is approved and proved', () => {
  test('runs: the newest model, under the task it was validated for and the limits that were signed', async () => {
    fallback();
    model(1);
    const { subject } = model(2, { limits: { maxParentLots: 700, maxParticipation: 0.1 } });
    const pulled = await pull(open(), line);
    expect(pulled).toMatchObject({
      version: { model: subject, number: 3 },
      task: { lots: 1450, horizonMs: 60_000, decisionMs: 1000 },
      costs: { makerFeeBps: 2, takerFeeBps: 5 },
      validationMs: 200_000,
      gate: { limits: { maxParentLots: 700, maxChildLots: 1450, maxParticipation: 0.1, priceCollarBps: 50 } },
    });
    expect(pulled.because).toBeUndefined();
    expect(pulled.policy.name).toBe('test, version 3');
  });

  test('runs when it is asked for, an older model or a fallback, too', async () => {
    const [first, second, third] = [fallback(), model(1), model(2)];
    for (const { subject } of [first, second, third]) {
      const pulled = await pull(open(), line, subject);
      expect([pulled.version.model, pulled.because]).toEqual([subject, undefined]);
    }
  });
});

describe('what cannot be proved does not run: the fallback does, and says why', () => {
  type Spoil = (asked: Candidate) => void;
  test.each<[string, string, Spoil]>([
    ['changed by one byte after approval', 'ASSAY_OBJECT_CORRUPT', changeOneByte],
    ['revoked', 'ASSAY_REVOKED', (asked) => ends('revocation', asked)],
    ['decommissioned', 'ASSAY_DECOMMISSIONED', (asked) => ends('decommission', asked)],
    [
      'refused by a validator afterwards',
      'ASSAY_REFUSED',
      (asked) => house.append(house.refusal('demo-validator-3', asked)),
    ],
  ])('a model that is %s', async (_, code, spoil) => {
    const backup = fallback();
    const asked = model();
    spoil(asked);
    for (const wanted of [undefined, asked.subject]) {
      const { version, because, policy } = await pull(open(), line, wanted);
      expect([version.model, because?.code, policy.name]).toEqual([backup.subject, code, 'TWAP, passive']);
      if (code !== 'ASSAY_REFUSED') expect(because?.message).toContain(asked.subject);
    }
  });

  test.each<[string, string, () => Candidate]>([
    ['expired', 'ASSAY_APPROVAL_EXPIRED', () => model(1, { notAfter: '2021-01-01T00:00:00Z' })],
    ['approved from next century on', 'ASSAY_APPROVAL_NOT_YET', () => model(1, { notBefore: '2099-01-01T00:00:00Z' })],
    ['signed by nobody', 'ASSAY_NOT_APPROVED', () => house.candidate('model', 'pass', { subject: network(1) })],
    ['refused by validation', 'ASSAY_REFUSED', () => house.candidate('model', 'refuse', { subject: network(1) })],
    [
      'approved under a limit that cannot be enforced',
      'ASSAY_CONFIG_UNKNOWN_KEY',
      () => model(1, { limits: { maxLoss: 1 } }),
    ],
    [
      'approved under a limit that is none',
      'ASSAY_CONFIG_OUT_OF_BOUNDS',
      () => model(1, { limits: { maxParticipation: 2 } }),
    ],
    ['no policy file', 'ASSAY_MODEL_INVALID', () => approved('model', { subject: Buffer.from([8, 7, 18, 4]) })],
    [
      'trained under another protocol than it says',
      'ASSAY_MODEL_INVALID',
      () => approved('model', { subject: policyBytes(1) }),
    ],
    [
      'trained in no market we can read',
      'ASSAY_PROFILE_INVALID',
      () => approved('model', { subject: network(1), profile: Buffer.from('{}') }),
    ],
  ])('a model that is %s', async (_, code, make) => {
    const backup = fallback();
    const { subject } = make();
    for (const wanted of [undefined, subject]) {
      const { version, because } = await pull(open(), line, wanted);
      expect([version.model, because?.code]).toEqual([backup.subject, code]);
    }
  });

  test('one of which the log has lost the signatures, and one of another line', async () => {
    const backup = fallback();
    expect(await pull(open(), line)).toMatchObject({
      version: { model: backup.subject },
      because: { code: 'ASSAY_NOT_APPROVED' },
    });
    expect(await pull(open(), line, 'a'.repeat(64))).toMatchObject({ because: { code: 'ASSAY_NOT_FOUND' } });
  });

  test('the reason is that of the model that was at work, not of a later candidate', async () => {
    fallback();
    const worked = model(1);
    const approvals = open().line(line).versions[1].approval.approvals;
    house.append(
      house.sign('demo-execution', 'deployment', worked.subject, { line, executor: 'x', approvals: [...approvals] }),
    );
    house.candidate('model', 'refuse', { subject: network(5) });
    ends('decommission', worked);
    expect((await pull(open(), line)).because?.code).toBe('ASSAY_DECOMMISSIONED');
  });

  test('a fallback that was spoilt gives way to the one before it', async () => {
    const first = fallback(1);
    const second = fallback(0.5);
    const asked = model();
    ends('revocation', asked);
    expect((await pull(open(), line)).version.model).toBe(second.subject);
    changeOneByte(second);
    const { version, because } = await pull(open(), line);
    expect([version.model, because?.code]).toEqual([first.subject, 'ASSAY_REVOKED']);
    const { version: instead, because: why } = await pull(open(), line, second.subject);
    expect([instead.model, why?.code]).toEqual([first.subject, 'ASSAY_OBJECT_CORRUPT']);
  });
});

describe('without a fallback nothing runs', () => {
  test.each<[string, () => void, string]>([
    ['an empty line', () => {}, 'there is none'],
    ['a revoked model', () => ends('revocation', model()), 'was revoked'],
    ['a fallback changed by one byte', () => changeOneByte(fallback()), 'there is none'],
    ['a fallback that is a network', () => approved('fallback', { subject: network(1) }), 'there is none'],
    [
      'a fallback of unsigned limits',
      () => house.candidate('fallback', 'pass', { subject: encodeSchedule(schedule) }),
      'there is none',
    ],
  ])('%s', async (_, make, reason) => {
    make();
    await expect(pull(open(), line)).rejects.toMatchObject({
      code: 'ASSAY_NO_FALLBACK',
      message: expect.stringContaining(reason),
    });
  });
});

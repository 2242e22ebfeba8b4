import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGovernanceActivities } from '../../activities/governance.ts';
import type { GovernanceStages, StageContext } from '../../activities/types.ts';
import { fixedClock } from '../../core/clock.ts';
import type { AssayError } from '../../core/errors.ts';
import { type Candidate, createHouse, type House, type Who } from '../support/house.ts';

const now = Date.parse('2026-06-01T00:00:00Z');
const context: StageContext = { signal: new AbortController().signal, progress: () => {} };
let house: House;
let governance: GovernanceStages;
let candidate: Candidate;

beforeEach(async () => {
  house = await createHouse();
  const { registry, trust, log } = house;
  governance = createGovernanceActivities({ registry, trust, log, clock: fixedClock(now) });
  candidate = house.candidate();
});
afterEach(() => house.remove());

const input = (envelope: string) => ({
  envelope,
  line: candidate.line,
  subject: candidate.subject,
  report: candidate.report,
});
const approve = (who: Who) => governance.recordApproval(input(house.approval(who, candidate)), context);

async function code(result: Promise<unknown>): Promise<string> {
  return result.then(
    () => 'none',
    (error: AssayError) => error.code,
  );
}

describe('an approval', () => {
  test('is in the log when the activity returns, and two of them approve', async () => {
    const first = await approve('demo-validator-1');
    expect(first).toMatchObject({ person: 'demo-validator-1', approvals: 1, approved: false });
    expect(house.entries().at(-1)).toMatchObject({ digest: first.entry, kind: 'approval' });
    expect(await approve('demo-validator-2')).toMatchObject({
      person: 'demo-validator-2',
      approvals: 2,
      approved: true,
    });
  });

  test('recorded again after a cut-off attempt is the same entry', async () => {
    const envelope = house.approval('demo-validator-1', candidate);
    const first = await governance.recordApproval(input(envelope), context);
    const size = house.entries().length;
    expect(await governance.recordApproval(input(envelope), context)).toEqual(first);
    expect(house.entries().length).toBe(size);
  });

  test('that does not count leaves the log as it was', async () => {
    const size = house.entries().length;
    expect(await code(approve('demo-quant'))).toBe('ASSAY_PERSON_IN_LINEAGE');
    expect(await code(approve('demo-operator'))).toBe('ASSAY_ROLE_DENIED');
    expect(await code(approve('demo-training'))).toBe('ASSAY_ROLE_DENIED');
    expect(await code(approve('demo-stranger'))).toBe('ASSAY_KEY_UNKNOWN');
    const other = house.approval('demo-validator-1', { ...candidate, subject: candidate.report });
    expect(await code(governance.recordApproval(input(other), context))).toBe('ASSAY_DIGEST_MISMATCH');
    const expired = house.approval('demo-validator-1', candidate, { notAfter: '2026-05-01T00:00:00Z' });
    expect(await code(governance.recordApproval(input(expired), context))).toBe('ASSAY_APPROVAL_EXPIRED');
    const forged = house
      .approval('demo-validator-1', candidate)
      .replace(/"sig":"./, (text) => `${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`);
    expect(await code(governance.recordApproval(input(forged), context))).toBe('ASSAY_SIGNATURE_INVALID');
    expect(await code(governance.recordApproval(input('{}'), context))).toBe('ASSAY_STATEMENT_INVALID');
    expect(house.entries().length).toBe(size);
  });

  test('by one person counts once, in another spelling of the same terms, too', async () => {
    await approve('demo-validator-1');
    const again = house.approval('demo-validator-1', candidate, { notAfter: '2099-01-01T00:00:00Z' });
    expect(await code(governance.recordApproval(input(again), context))).toBe('ASSAY_ALREADY_SIGNED');
  });

  test('of what validation refused is denied', async () => {
    candidate = house.candidate('model', 'refuse');
    expect(await code(approve('demo-validator-1'))).toBe('ASSAY_REFUSED');
  });

  test('of a fallback needs no comparison', async () => {
    candidate = house.candidate('fallback');
    await approve('demo-validator-1');
    expect(await approve('demo-validator-2')).toMatchObject({ approved: true });
  });

  test('that begins later completes the signatures now', async () => {
    const later = { notBefore: '2027-01-01T00:00:00Z' };
    for (const [who, approved] of [
      ['demo-validator-1', false],
      ['demo-validator-2', true],
    ] as const)
      expect(await governance.recordApproval(input(house.approval(who, candidate, later)), context)).toMatchObject({
        approved,
      });
  });
});

describe('other acts', () => {
  test('a refusal ends it, whoever approved', async () => {
    await approve('demo-validator-1');
    const refusal = house.refusal('demo-validator-2', candidate);
    expect(await governance.recordRefusal(input(refusal), context)).toMatchObject({ person: 'demo-validator-2' });
    expect(await code(approve('demo-validator-3'))).toBe('ASSAY_REFUSED');
  });

  test('only the signer withdraws an approval', async () => {
    const { entry } = await approve('demo-validator-1');
    const withdrawal = (who: Who) =>
      house.sign(who, 'withdrawal', candidate.subject, { line: candidate.line, approval: entry, reason: 'in a test' });
    expect(await code(governance.recordWithdrawal(input(withdrawal('demo-validator-2')), context))).toBe(
      'ASSAY_NOT_FOUND',
    );
    expect(await governance.recordWithdrawal(input(withdrawal('demo-validator-1')), context)).toMatchObject({
      person: 'demo-validator-1',
    });
    expect(await approve('demo-validator-2')).toMatchObject({ approvals: 1, approved: false });
  });

  test('a decommissioned version takes no approval', async () => {
    const { line, subject } = candidate;
    const decommission = house.sign('demo-operator', 'decommission', subject, { line, reason: 'in a test' });
    expect(await governance.decommission({ envelope: decommission, line, subject }, context)).toMatchObject({
      person: 'demo-operator',
    });
    expect(await code(approve('demo-validator-1'))).toBe('ASSAY_DECOMMISSIONED');
  });

  test('one act cannot pass for another', async () => {
    const refusal = house.refusal('demo-validator-1', candidate);
    expect(await code(governance.recordRevocation(input(refusal), context))).toBe('ASSAY_STATEMENT_INVALID');
  });
});

describe('a request', () => {
  const asked = (line = 'btcusd-perp') =>
    ({ line, action: 'run', candidate: 'c', seed: 7, protocol: candidate.report, config: candidate.subject }) as const;
  const request = (who: Who, line?: string) => {
    const envelope = house.sign(who, 'request', candidate.subject, asked(line));
    return governance.recordRequest({ envelope, line: 'btcusd-perp' }, context);
  };

  test('is signed by a quant, for this line', async () => {
    expect(await request('demo-quant')).toMatchObject({ person: 'demo-quant', entry: house.entries().at(-1)?.digest });
    expect(await code(request('demo-validator-1'))).toBe('ASSAY_ROLE_DENIED');
    expect(await code(request('demo-training'))).toBe('ASSAY_ROLE_DENIED');
    expect(await code(request('demo-stranger'))).toBe('ASSAY_KEY_UNKNOWN');
    expect(await code(request('demo-quant', 'other'))).toBe('ASSAY_DIGEST_MISMATCH');
  });

  test('is nothing else', async () => {
    const envelope = house.approval('demo-quant', candidate);
    expect(await code(governance.recordRequest({ envelope, line: 'btcusd-perp' }, context))).toBe(
      'ASSAY_STATEMENT_INVALID',
    );
  });
});

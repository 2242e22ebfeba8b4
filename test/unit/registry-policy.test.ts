import { describe, expect, it } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import type { ErrorCode } from '../../core/errors.ts';
import { type Act, checkAct, checkApproval, checkRequest } from '../../registry/acts.ts';
import type { Envelope } from '../../registry/dsse.ts';
import { subjectOf } from '../../registry/entries.ts';
import { lineState } from '../../registry/line-state.ts';
import { ancestors, descendants, lineagePeople, nearestMaterials } from '../../registry/lineage.ts';
import { approvalState } from '../../registry/policy.ts';
import { parseStatement, type Statement } from '../../registry/statements/statement.ts';
import { parseTrust } from '../../registry/trust.ts';
import {
  approval,
  approvalPredicate,
  day,
  limits,
  line,
  newRegistry,
  type Story,
  sign,
  startMs,
  tell,
  trainingPredicate,
  trust,
  trustFile,
} from './registry.fixture.ts';

const now = startMs + day;

async function stateOf(story: Story, nowMs = now, under = trust) {
  const entries = await story.registry.signedEntries(under);
  return approvalState({ entries, line, model: story.model }, nowMs);
}

async function check(story: Story, envelope: Envelope, nowMs = now) {
  const entries = await story.registry.signedEntries(trust);
  const offer = { report: story.report, limits };
  return checkApproval(envelope, { entries, line, model: story.model, trust, nowMs, offer }).id;
}

async function expectRefused(
  story: Story,
  envelope: Envelope,
  { code, nowMs = now }: { code: ErrorCode; nowMs?: number },
) {
  await expect(check(story, envelope, nowMs)).rejects.toMatchObject({ code });
  const { state, signers } = await stateOf(story);
  await story.registry.append(envelope); // even when a worker lets it in, it counts for nobody
  expect(await stateOf(story)).toMatchObject({ state, signers });
}

const newStory = async (options: Parameters<typeof tell>[1] = {}) => tell(await newRegistry(), options);

describe('four eyes', () => {
  it('waits for two validators outside the lineage, then approves', async () => {
    const story = await newStory();
    expect(await stateOf(story)).toMatchObject({ state: 'waiting', missing: 2, code: 'ASSAY_NOT_APPROVED' });
    expect(await check(story, approval('vera', story))).toBe('vera');
    await story.registry.append(approval('vera', story));
    expect(await stateOf(story)).toMatchObject({ state: 'waiting', missing: 1, signers: ['vera'] });
    expect(await check(story, approval('viktor', story))).toBe('viktor');
    await story.registry.append(approval('viktor', story));
    expect(await stateOf(story)).toMatchObject({ state: 'approved', missing: 0, signers: ['vera', 'viktor'] });
  });

  it('refuses the wrong role', async () => {
    const story = await newStory();
    await expectRefused(story, approval('olga', story), { code: 'ASSAY_ROLE_DENIED' });
  });

  it('refuses a machine, whatever it is called', async () => {
    const story = await newStory();
    await expectRefused(story, approval('tester', story), { code: 'ASSAY_ROLE_DENIED' });
  });

  it('refuses somebody in the lineage who has the role', async () => {
    const story = await newStory();
    await expectRefused(story, approval('quinn', story), { code: 'ASSAY_PERSON_IN_LINEAGE' });
  });

  it('refuses a signature over another digest, report, line, kind or limit', async () => {
    const story = await newStory();
    const other = sha256('another');
    for (const envelope of [
      approval('vera', { ...story, model: other }),
      approval('vera', { ...story, report: other }),
      approval('vera', story, { line: 'other-line' }),
      approval('vera', story, { kind: 'fallback' }),
      approval('vera', story, { limits: { maxParentContracts: 2000 } }),
    ])
      await expect(check(story, envelope)).rejects.toMatchObject({ code: 'ASSAY_DIGEST_MISMATCH' });
  });

  it('does not add up approvals of different reports or limits', async () => {
    const story = await newStory();
    await story.registry.append(approval('vera', story));
    await story.registry.append(approval('viktor', story, { limits: { maxParentContracts: 2000 } }));
    await story.registry.append(approval('vivian', { ...story, report: sha256('another') }));
    expect(await stateOf(story)).toMatchObject({ state: 'waiting', missing: 1 });
  });

  it('counts one person once, with one key or two', async () => {
    const story = await newStory();
    await story.registry.append(approval('vera', story));
    await expectRefused(story, approval('vera', story), { code: 'ASSAY_ALREADY_SIGNED' });
    await expectRefused(story, approval('vera-2', story), { code: 'ASSAY_ALREADY_SIGNED' });
    expect(await stateOf(story)).toMatchObject({ missing: 1 });
  });

  it('refuses a key of nobody', async () => {
    const story = await newStory();
    await expectRefused(story, approval('mallory', story), { code: 'ASSAY_KEY_UNKNOWN' });
  });

  it('refuses a signature that does not verify, and a keyid that lies', async () => {
    const story = await newStory();
    const good = approval('vera', story);
    const forged = approval('mallory', story);
    const lying = { ...forged, signatures: [{ keyid: good.signatures[0].keyid!, sig: forged.signatures[0].sig }] };
    await expectRefused(story, lying, { code: 'ASSAY_SIGNATURE_INVALID' });
  });

  it('refuses an approval that is over before it is given, and a window turned round', async () => {
    const story = await newStory();
    const over = approval('vera', story, { notAfter: new Date(startMs + day / 2).toISOString() });
    await expectRefused(story, over, { code: 'ASSAY_APPROVAL_EXPIRED' });
    const empty = approval('vera', story, { notBefore: new Date(startMs + 50 * day).toISOString() });
    await expectRefused(story, empty, { code: 'ASSAY_STATEMENT_INVALID' });
  });

  it('an envelope of another kind or payload type is no approval', async () => {
    const story = await newStory();
    const refusal = sign('vera', 'refusal', {
      model: story.model,
      predicate: { line, report: story.report, reason: 'no' },
    });
    await expect(check(story, refusal)).rejects.toMatchObject({ code: 'ASSAY_STATEMENT_INVALID' });
    const typed = { ...approval('vera', story), payloadType: 'application/json' };
    await expect(check(story, typed)).rejects.toMatchObject({ code: 'ASSAY_STATEMENT_INVALID' });
  });

  it('a time that is no number denies', async () => {
    const story = await newStory();
    await expect(check(story, approval('vera', story), Number.NaN)).rejects.toMatchObject({ code: 'ASSAY_NOT_FINITE' });
    await expect(stateOf(story, Number.NaN)).rejects.toMatchObject({ code: 'ASSAY_NOT_FINITE' });
  });
});

describe('what ends an approval', () => {
  const approved = async () => {
    const story = await newStory();
    await story.registry.appendAll([approval('vera', story), approval('viktor', story)]);
    expect(await stateOf(story)).toMatchObject({ state: 'approved' });
    return story;
  };

  it('holds in its window only', async () => {
    const story = await approved();
    expect(await stateOf(story, startMs - 1)).toMatchObject({ state: 'early', code: 'ASSAY_APPROVAL_NOT_YET' });
    expect(await stateOf(story, startMs)).toMatchObject({ state: 'approved' });
    expect(await stateOf(story, startMs + 30 * day - 1)).toMatchObject({ state: 'approved' });
    expect(await stateOf(story, startMs + 30 * day)).toMatchObject({
      state: 'expired',
      code: 'ASSAY_APPROVAL_EXPIRED',
    });
  });

  it('can be given again after it expired', async () => {
    const story = await approved();
    const later = startMs + 31 * day;
    const window = { notBefore: new Date(later).toISOString(), notAfter: new Date(later + day).toISOString() };
    for (const name of ['vera', 'viktor']) {
      expect(await check(story, approval(name, story, window), later)).toBe(name);
      await story.registry.append(approval(name, story, window));
    }
    expect(await stateOf(story, later)).toMatchObject({ state: 'approved' });
  });

  it('is the shorter of two windows', async () => {
    const story = await newStory();
    const short = approval('viktor', story, { notAfter: new Date(startMs + 3 * day).toISOString() });
    await story.registry.appendAll([approval('vera', story), short]);
    expect((await stateOf(story)).terms?.notAfterMs).toBe(startMs + 3 * day);
    expect(await stateOf(story, startMs + 3 * day)).toMatchObject({ state: 'expired', signers: ['vera'] });
  });

  it('a withdrawal by the signer, and by nobody else', async () => {
    const story = await approved();
    const [, own] = (await story.registry.entries()).filter(({ kind }) => kind === 'approval');
    const withdraw = (by: string) =>
      sign(by, 'withdrawal', {
        model: story.model,
        predicate: { line, approval: own.digest, reason: 'second thoughts' },
      });
    await story.registry.append(withdraw('vera'));
    expect(await stateOf(story)).toMatchObject({ state: 'approved' });
    await story.registry.append(withdraw('viktor'));
    expect(await stateOf(story)).toMatchObject({ state: 'withdrawn', code: 'ASSAY_NOT_APPROVED', signers: ['vera'] });
    await expect(check(story, approval('viktor', story))).rejects.toMatchObject({ code: 'ASSAY_ALREADY_SIGNED' });
    const again = approval('viktor', story, { notBefore: new Date(startMs + 1000).toISOString() });
    expect(await check(story, again)).toBe('viktor');
    await story.registry.append(approval('vivian', story));
    expect(await stateOf(story)).toMatchObject({ state: 'approved', signers: ['vera', 'vivian'] });
  });

  it.each([
    ['revocation', 'revoked', 'ASSAY_REVOKED'],
    ['decommission', 'decommissioned', 'ASSAY_DECOMMISSIONED'],
  ] as const)('a %s, for good: later approvals do not bring it back', async (kind, state, code) => {
    const story = await approved();
    await story.registry.append(sign('quentin', kind, { model: story.model, predicate: { line, reason: 'no role' } }));
    expect(await stateOf(story)).toMatchObject({ state: 'approved' });
    await story.registry.append(sign('olga', kind, { model: story.model, predicate: { line, reason: 'a defect' } }));
    expect(await stateOf(story)).toMatchObject({ state, code, reason: 'a defect' });
    await expect(check(story, approval('vivian', story))).rejects.toMatchObject({ code });
    await story.registry.append(approval('vivian', story));
    expect(await stateOf(story)).toMatchObject({ state });
  });

  it('a refusal of that report by a validator', async () => {
    const story = await approved();
    const refusal = (by: string) =>
      sign(by, 'refusal', { model: story.model, predicate: { line, report: story.report, reason: 'not shown' } });
    await story.registry.append(refusal('olga'));
    expect(await stateOf(story)).toMatchObject({ state: 'approved' });
    await story.registry.append(refusal('vivian'));
    expect(await stateOf(story)).toMatchObject({
      state: 'refused',
      code: 'ASSAY_REFUSED',
      reason: 'vivian: not shown',
    });
  });

  it('a refusal before anybody signed, which no later signature turns', async () => {
    const story = await newStory();
    const predicate = { line, report: story.report, reason: 'not shown' };
    await story.registry.append(sign('vivian', 'refusal', { model: story.model, predicate }));
    expect(await stateOf(story)).toMatchObject({ state: 'refused', reason: 'vivian: not shown' });
    await expect(check(story, approval('vera', story))).rejects.toMatchObject({ code: 'ASSAY_REFUSED' });
    await story.registry.appendAll([approval('vera', story), approval('viktor', story)]);
    expect(await stateOf(story)).toMatchObject({ state: 'refused' });
  });

  it('a person who leaves the trust file', async () => {
    const story = await approved();
    const file = trustFile();
    const without = parseTrust({ ...file, people: file.people.filter(({ id }) => id !== 'viktor') });
    expect(await stateOf(story, now, without)).toMatchObject({ state: 'waiting', signers: ['vera'] });
  });
});

describe('evidence', () => {
  const signTwice = async (story: Story, changes = {}) => {
    await story.registry.appendAll([approval('vera', story, changes), approval('viktor', story, changes)]);
    return stateOf(story);
  };

  it('a model without a validation is not approved by signatures', async () => {
    const story = await newStory({ validatedBy: null });
    await expect(check(story, approval('vera', story))).rejects.toMatchObject({ code: 'ASSAY_NOT_APPROVED' });
    expect(await signTwice(story)).toMatchObject({ state: 'unvalidated' });
  });

  it('nor one validated by the identity that trained it', async () => {
    expect(await signTwice(await newStory({ validatedBy: 'trainer' }))).toMatchObject({ state: 'unvalidated' });
  });

  it('nor one validated by a person of its lineage, or without the role', async () => {
    expect(await signTwice(await newStory({ validatedBy: 'quinn' }))).toMatchObject({ state: 'unvalidated' });
    expect(await signTwice(await newStory({ validatedBy: 'olga' }))).toMatchObject({ state: 'unvalidated' });
    expect(await signTwice(await newStory({ validatedBy: 'vivian' }))).toMatchObject({ state: 'approved' });
  });

  it('nor one that validation refused, even if another report passes it under the same protocol', async () => {
    const story = await newStory({ verdict: 'refuse' });
    await expect(check(story, approval('vera', story))).rejects.toMatchObject({ code: 'ASSAY_REFUSED' });
    const report = sha256('a kinder report');
    const predicate = { line, candidate: 'ppo', verdict: 'pass', report, protocol: story.protocol, gates: [] } as const;
    await story.registry.append(sign('tester', 'validation', { model: story.model, predicate }));
    expect(await signTwice({ ...story, report })).toMatchObject({ state: 'refused', code: 'ASSAY_REFUSED' });
  });

  it('nor one whose verdict and gates disagree', async () => {
    const story = await newStory({ validatedBy: null });
    const gates = [{ name: 'tail', passed: false, summary: '' }];
    const predicate = {
      line,
      candidate: 'ppo',
      verdict: 'pass',
      report: story.report,
      protocol: story.protocol,
      gates,
    } as const;
    await story.registry.append(sign('tester', 'validation', { model: story.model, predicate }));
    expect(await signTwice(story)).toMatchObject({ state: 'unvalidated' });
  });

  it('a fallback needs two signatures and no comparison; a model cannot pass as one', async () => {
    const fallback = await newStory({ kind: 'fallback', candidate: 'twap', validatedBy: null });
    expect(await signTwice(fallback, { kind: 'fallback' })).toMatchObject({ state: 'approved' });
    const model = await newStory({ validatedBy: null });
    expect(await signTwice(model, { kind: 'fallback' })).toMatchObject({ state: 'unvalidated' });
  });
});

describe('lineage', () => {
  it('is everybody who signed a request or a statement up to training, and nobody of validation', async () => {
    const story = await newStory({ validatedBy: 'vivian' });
    const entries = await story.registry.signedEntries(trust);
    const { people, gaps } = lineagePeople(story.model, entries);
    expect(people.map(({ id }) => id)).toEqual(['quinn']);
    expect(gaps).toEqual([]);
  });

  it('counts who curated the data for somebody else', async () => {
    const registry = await newRegistry();
    await tell(registry, { candidate: 'first', launchedBy: 'vera' });
    const story = await tell(registry, { candidate: 'second', launchedBy: 'quinn' });
    const { people } = lineagePeople(story.model, await registry.signedEntries(trust));
    expect(people.map(({ id }) => id)).toEqual(['vera', 'quinn']);
  });

  it('names what is nearest: what is stated again for another request changes nothing before it', async () => {
    const registry = await newRegistry();
    const [dataset, profile] = [
      await registry.putJson({ name: 'dataset' }),
      await registry.putJson({ name: 'profile' }),
    ];
    const of = async (digest: string) => nearestMaterials(digest, await registry.signedEntries(trust));
    const first = await tell(registry, { candidate: 'first', launchedBy: 'vera' });
    const { request, protocol } = first;
    const before = await of(first.model);
    expect(Object.fromEntries(before)).toMatchObject({ request, profile, protocol, dataset });
    const second = await tell(registry, { candidate: 'second', launchedBy: 'quinn' });
    expect(await of(first.model)).toEqual(before);
    expect((await of(second.model)).get('request')).toBe(second.request);
    expect((await of(profile)).get('request')).toBe(second.request);
    expect(await of(sha256('nobody stated it'))).toEqual(new Map());
  });

  it('a second training statement about the same model adds its people', async () => {
    const story = await newStory();
    await story.registry.append(
      sign('vera', 'training', {
        model: story.model,
        predicate: trainingPredicate({
          candidate: 'ppo',
          kind: 'model',
          config: sha256('c'),
          dependencies: { request: story.request },
        }),
      }),
    );
    const { people } = lineagePeople(story.model, await story.registry.signedEntries(trust));
    expect(people.map(({ id }) => id).sort()).toEqual(['quinn', 'vera']);
  });

  it('with a gap denies: no request, an unknown signer, no profile', async () => {
    const registry = await newRegistry();
    const [model, report] = [sha256('m'), sha256('r')];
    const train = async (by: string, dependencies: Record<string, string>) => {
      const predicate = trainingPredicate({ candidate: 'x', kind: 'fallback', config: sha256('c'), dependencies });
      await registry.append(sign(by, 'training', { model, predicate }));
      await registry.appendAll(
        ['vera', 'viktor'].map((name) => approval(name, { model, report }, { kind: 'fallback' })),
      );
      return approvalState({ entries: await registry.signedEntries(trust), line, model }, now);
    };
    expect(await train('trainer', { request: sha256('nowhere'), profile: sha256('p') })).toMatchObject({
      state: 'untrained',
    });
    expect(await train('mallory', { request: sha256('nowhere'), profile: sha256('p') })).toMatchObject({
      state: 'untrained',
    });
  });

  it('with a machine that names no request denies', async () => {
    const story = await newStory();
    const before = await story.registry.signedEntries(trust);
    const [dataset] = before.filter(({ kind }) => kind === 'dataset').map(subjectOf);
    const predicate = { sources: [{ name: 'capture', digest: { sha256: sha256('c') } }], report: sha256('q') };
    await story.registry.append(sign('trainer', 'dataset', { model: dataset, predicate }));
    const { gaps } = lineagePeople(story.model, await story.registry.signedEntries(trust));
    expect(gaps).toEqual(['the dataset at entry 5 names no request']);
    await expect(check(story, approval('vera', story))).rejects.toMatchObject({ code: 'ASSAY_NOT_APPROVED' });
  });

  it('leads from an artifact to its makers and to what rests on it', async () => {
    const story = await newStory();
    await story.registry.append(approval('vera', story));
    const entries = await story.registry.signedEntries(trust);
    expect(ancestors(story.model, entries).map(({ kind }) => kind)).toEqual([
      'request',
      'dataset',
      'profile',
      'training',
    ]);
    expect(descendants(story.model, entries).map(({ kind }) => kind)).toEqual(['validation', 'approval']);
    expect(descendants(story.request, entries).map(({ kind }) => kind)).toEqual([
      'dataset',
      'profile',
      'training',
      'validation',
      'approval',
    ]);
  });
});

describe('a line', () => {
  it('numbers its versions and knows champion and fallback', async () => {
    const registry = await newRegistry();
    const fallback = await tell(registry, { kind: 'fallback', candidate: 'twap', validatedBy: null });
    const model = await tell(registry, { candidate: 'ppo' });
    const state = async () => lineState(line, await registry.signedEntries(trust), now);
    expect((await state()).versions.map(({ number, candidate }) => [number, candidate])).toEqual([
      [1, 'twap'],
      [2, 'ppo'],
    ]);
    expect(await state()).toMatchObject({ champion: undefined, approved: undefined, fallback: undefined });

    const deploy = async (story: Story, kind: 'model' | 'fallback') => {
      const signed = await registry.appendAll([approval('vera', story, { kind }), approval('viktor', story, { kind })]);
      const approvals = signed.map(({ entryDigest }) => entryDigest);
      await registry.append(
        sign('olga', 'deployment', { model: story.model, predicate: { line, executor: 'paper', approvals } }),
      );
    };
    await deploy(fallback, 'fallback');
    expect(await state()).toMatchObject({ champion: { number: 1 }, approved: undefined, fallback: { number: 1 } });
    await deploy(model, 'model');
    expect(await state()).toMatchObject({ champion: { number: 2 }, approved: { number: 2 }, fallback: { number: 1 } });
    await registry.append(
      sign('olga', 'decommission', { model: model.model, predicate: { line, reason: 'end of life' } }),
    );
    expect(await state()).toMatchObject({ champion: { number: 1 }, approved: undefined, fallback: { number: 1 } });
  });
});

describe('acts of people', () => {
  const predicateOf = (act: Act, story: Story, approvalDigest: string) =>
    act === 'refusal'
      ? { line, report: story.report, reason: 'x' }
      : act === 'withdrawal'
        ? { line, approval: approvalDigest, reason: 'x' }
        : { line, reason: 'x' };

  it.each(['refusal', 'withdrawal', 'revocation', 'decommission'] as const)('%s: role, subject, kind', async (act) => {
    const story = await newStory();
    const { entryDigest } = await story.registry.append(approval('vera', story));
    const entries = await story.registry.signedEntries(trust);
    const judge = (by: string, changes: { model?: string; approval?: string } = {}) => {
      const predicate = predicateOf(act, story, changes.approval ?? entryDigest) as never;
      const envelope = sign(by, act, { model: changes.model ?? story.model, predicate });
      return checkAct(act, envelope, { entries, line, model: story.model, trust });
    };
    expect(judge('vera').id).toBe('vera');
    expect(() => judge('quentin')).toThrow(expect.objectContaining({ code: 'ASSAY_ROLE_DENIED' }));
    expect(() => judge('mallory')).toThrow(expect.objectContaining({ code: 'ASSAY_KEY_UNKNOWN' }));
    expect(() => judge('vera', { model: sha256('other') })).toThrow(
      expect.objectContaining({ code: 'ASSAY_DIGEST_MISMATCH' }),
    );
    expect(() => checkAct(act, approval('vera', story), { entries, line, model: story.model, trust })).toThrow(
      expect.objectContaining({ code: 'ASSAY_STATEMENT_INVALID' }),
    );
    if (act === 'withdrawal')
      expect(() => judge('viktor')).toThrow(expect.objectContaining({ code: 'ASSAY_NOT_FOUND' }));
  });
});

describe('a request', () => {
  it('is signed by a quant', async () => {
    const { registry } = await newStory();
    const [{ envelope }] = await registry.entries();
    expect(checkRequest(envelope, trust).id).toBe('quinn');
    const { predicate } = parseStatement(envelope).statement as Statement<'request'>;
    const by = (name: string) => sign(name, 'request', { model: sha256('c'), predicate });
    expect(checkRequest(by('quentin'), trust).id).toBe('quentin');
    expect(() => checkRequest(by('vera'), trust)).toThrow(expect.objectContaining({ code: 'ASSAY_ROLE_DENIED' }));
    expect(() => checkRequest(by('trainer'), trust)).toThrow(expect.objectContaining({ code: 'ASSAY_ROLE_DENIED' }));
    expect(() => checkRequest(by('mallory'), trust)).toThrow(expect.objectContaining({ code: 'ASSAY_KEY_UNKNOWN' }));
  });
});

describe('approval predicates', () => {
  it('refuse a limit that is not finite and a time that is not UTC', () => {
    const build = (changes: object) =>
      sign('vera', 'approval', { model: sha256('m'), predicate: { ...approvalPredicate(sha256('r')), ...changes } });
    for (const changes of [
      { limits: { a: Number.NaN } },
      { limits: { a: Infinity } },
      { notAfter: '2026-11-02T00:00:00+01:00' },
      { notAfter: 'soon' },
      { extra: 1 },
    ])
      expect(() => build(changes)).toThrow(expect.objectContaining({ code: 'ASSAY_STATEMENT_INVALID' }));
  });
});

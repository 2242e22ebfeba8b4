import { appendFileSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createProgram } from '../../cli/program.ts';
import { assay, type Ran } from '../support/assay.ts';
import { type Candidate, createHouse, type House, type Who } from '../support/house.ts';

const protocol = JSON.parse(readFileSync(join(import.meta.dirname, '../../protocol.json'), 'utf8'));

let house: House;
let candidate: Candidate;
let run: (...args: string[]) => Promise<Ran>;
let as: (who: Who) => string[];

beforeAll(async () => {
  house = await createHouse();
  candidate = house.candidate();
  run = (...args) => assay([...args, '--registry', house.registry, '--trust', house.trustFile]);
  as = (who) => ['--key', house.keyFile(who), '--log-key', house.keyFile('demo-log')];
});
afterAll(() => house.remove());

const parse = (ran: Ran) => JSON.parse(ran.out);

describe('a version, from the command line alone', () => {
  test('waits, is approved by two, is verified, and is decommissioned', async () => {
    const { subject, line } = candidate;
    expect((await run('list')).out).toContain('2 validators outside its lineage');
    const first = await run(
      'approve',
      subject.slice(0, 10),
      ...as('demo-validator-1'),
      '--limit',
      'parent=100',
      '--until',
      '2099-01-01T00:00:00Z',
    );
    expect([first.code, first.err]).toEqual([0, '']);
    expect(first.out).toContain(`demo-validator-1 approves ${subject} on ${line}`);
    expect(first.out).toContain('waiting for 1 signature by validators outside the lineage');

    const quant = await run('approve', subject, ...as('demo-quant'), '--json');
    expect([quant.code, parse(quant).error.code]).toEqual([1, 'ASSAY_PERSON_IN_LINEAGE']);
    const again = await run('approve', subject, ...as('demo-validator-1'), '--limit', 'parent=100');
    expect([again.code, again.out]).toEqual([1, '']);
    expect(again.err).toMatch(
      /^ASSAY_ALREADY_SIGNED: .*\n {2}what to do: Another person has to give the other signature\.\n$/,
    );

    const second = await run('approve', subject, ...as('demo-validator-2'), '--limit', 'parent=100');
    expect(second.out).toContain('it is approved');
    expect(parse(await run('list', '--json')).lines[0].versions[0]).toMatchObject({
      model: subject,
      state: 'approved',
    });
    expect((await run('show', line)).out).toContain('approved by demo-validator-1 and demo-validator-2');
    expect((await run('show', subject)).out).toContain('"parent": 100');
    expect(await run('verify', line)).toMatchObject({ code: 0, err: '' });

    const gone = await run('decommission', subject, '--reason', 'in a test', ...as('demo-operator'));
    expect([gone.code, gone.out.includes('demo-operator decommissions')]).toEqual([0, true]);
    const verified = await run('verify', line, '--json');
    expect([verified.code, parse(verified).error.code]).toEqual([1, 'ASSAY_DECOMMISSIONED']);
  });

  test('is refused, and an approval is withdrawn, by those who may', async () => {
    const { subject, report } = house.candidate();
    await run('approve', subject, ...as('demo-validator-1'));
    const foreign = await run('withdraw', subject, '--reason', 'x', ...as('demo-validator-2'), '--json');
    expect(parse(foreign).error.code).toBe('ASSAY_NOT_FOUND');
    expect((await run('withdraw', subject, '--reason', 'x', ...as('demo-validator-1'))).code).toBe(0);
    const refused = await run(
      'refuse',
      subject,
      '--reason',
      'tail risk',
      '--report',
      report,
      ...as('demo-validator-3'),
    );
    expect(refused.out).toContain('demo-validator-3 refuses');
    const [approval] = house
      .entries()
      .filter(({ kind }) => kind === 'approval')
      .slice(-1);
    expect(approval?.statement.predicate).toMatchObject({ limits: protocol.limits });
    expect((await run('approve', subject, ...as('demo-validator-2'), '--json')).out).toContain('ASSAY_REFUSED');
    expect((await run('show', subject)).out).toContain('tail risk');
  });

  test('opens its line, when it is a fallback', async () => {
    const { subject } = house.candidate('fallback');
    await run('approve', subject, ...as('demo-validator-1'));
    expect((await run('approve', subject, ...as('demo-validator-2'))).out).toContain('it is approved');
  });

  test('is revoked', async () => {
    const { subject } = house.candidate();
    expect((await run('revoke', subject, '--reason', 'in a test', ...as('demo-operator'))).code).toBe(0);
    expect((await run('show', subject)).out).toContain('revoked');
  });

  test('shows its lineage and the people behind it', async () => {
    const { out } = await run('lineage', candidate.subject);
    for (const kind of ['request', 'dataset', 'profile', 'training'])
      expect(out).toMatch(new RegExp(`\\d  ${kind} .* by demo-`));
    expect(out).toContain('people who built it: demo-quant');
  });
});

describe('log verify', () => {
  test('needs trust from outside to say yes', async () => {
    expect(await run('log', 'verify')).toMatchObject({ code: 0, out: expect.stringMatching(/^intact and trusted/) });
    const bare = await assay([
      'log',
      'verify',
      '--registry',
      house.registry,
      '--trust',
      join(house.folder, 'absent.json'),
    ]);
    expect([bare.code, bare.out.includes('intact, not trusted')]).toEqual([1, true]);
  });

  test('finds a stray file and names it', async () => {
    const other = await createHouse();
    try {
      writeFileSync(join(other.registry, 'stray'), 'x');
      appendFileSync(join(other.registry, 'log/checkpoint'), 'x');
      const { code, out } = await assay(['log', 'verify', '--registry', other.registry, '--trust', other.trustFile]);
      expect(code).toBe(1);
      expect(out).toContain('stray');
      expect(out).toContain('log/checkpoint');
    } finally {
      other.remove();
    }
  });
});

describe('keys new', () => {
  test('writes a key for its owner alone, and never over another', async () => {
    const out = join(house.folder, 'mine.pem');
    const made = await assay(['keys', 'new', '--out', out, '--json']);
    expect(parse(made)).toMatchObject({ path: out, keyid: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(statSync(out).mode & 0o777).toBe(0o600);
    const before = readFileSync(out);
    expect(await assay(['keys', 'new', '--out', out])).toMatchObject({ code: 2 });
    expect(readFileSync(out)).toEqual(before);
  });
});

describe('keys new --log', () => {
  test('founds a registry that verifies, and never over another', async () => {
    const [out, registry] = [join(house.folder, 'log.pem'), join(house.folder, 'founded')];
    const found = () =>
      assay(['keys', 'new', '--log', 'desk.example/log', '--out', out, '--registry', registry, '--json']);
    expect(parse(await found())).toMatchObject({
      registry,
      verifierKey: expect.stringMatching(/^desk\.example\/log\+/),
    });
    const { code, out: said } = await assay([
      'log',
      'verify',
      '--registry',
      registry,
      '--trust',
      join(house.folder, 'absent'),
    ]);
    expect([code, said.split('\n').at(-3)]).toEqual([1, 'intact, not trusted: 0 statements, 0 objects']);
    expect((await found()).code).toBe(2);
  });
});

describe('mistakes', () => {
  test.each([
    [['nonsense'], 2, /unknown command/],
    [['show'], 2, /missing required argument/],
    [['list', '--frobnicate'], 2, /unknown option/],
    [['show', 'zzz'], 2, /ASSAY_USAGE: "zzz" is no digest/],
    [['show', 'abcdef012345'], 1, /ASSAY_NOT_FOUND/],
    [['approve', 'abcdef', '--key', 'absent.pem'], 1, /ASSAY_NOT_FOUND/],
  ])('%j ends with exit code %i', async (args, code, said) => {
    const ran = await run(...args);
    expect([ran.code, ran.out]).toEqual([code, '']);
    expect(ran.err).toMatch(said);
  });

  test('a missing key, trust file or registry is named, with what to do', async () => {
    const { subject } = candidate;
    expect((await run('approve', subject, '--key', 'absent.pem')).err).toMatch(/ASSAY_KEY_MISSING.*absent\.pem/);
    expect((await assay(['list', '--registry', house.registry, '--trust', 'absent.json'])).err).toMatch(
      /^ASSAY_TRUST_MISSING/,
    );
    const none = await assay(['list', '--registry', join(house.folder, 'absent'), '--trust', house.trustFile]);
    expect([none.code, none.err.split(':')[0]]).toEqual([2, 'ASSAY_REGISTRY_MISSING']);
  });

  test('no server is an environment error', async () => {
    const ran = await assay(['cancel', 'x'], { TEMPORAL_ADDRESS: '127.0.0.1:1' });
    expect([ran.code, ran.err.split(':')[0]]).toEqual([3, 'ASSAY_TEMPORAL_LOST']);
  });
});

describe('every verb', () => {
  const leaves = (command = createProgram()): { name: string; flags: string[] }[] =>
    command.commands.flatMap((child) =>
      child.commands.length > 0
        ? leaves(child as never)
        : [{ name: child.name(), flags: child.options.map(({ long }) => long ?? '') }],
    );

  test('takes the common options', () => {
    for (const { name, flags } of leaves())
      expect([name, flags]).toEqual([name, expect.arrayContaining(['--registry', '--trust', '--json'])]);
  });
});

describe('doctor', () => {
  test('says what is here, what is absent, and what to do', async () => {
    const good = parse(await run('doctor', '--json'));
    const what = good.findings.map((finding: { what: string }) => finding.what);
    expect(what).toEqual([
      'node',
      'cores',
      'disk',
      'DuckDB',
      'ONNX Runtime',
      'Temporal worker',
      'Temporal server',
      'registry',
      'trust file',
    ]);
    const env = { PATH: '', HOME: house.folder, XDG_CACHE_HOME: '', TEMPORAL_CLI_PATH: '', TEMPORAL_ADDRESS: '' };
    const bad = await assay(['doctor', '--registry', join(house.folder, 'absent')], env);
    expect(bad.code).toBe(3);
    expect(bad.out).toMatch(/^broken {2}Temporal server: no Temporal server: .*\. Set TEMPORAL_ADDRESS/m);
    expect(bad.out).toMatch(/^absent {2}registry: .*Found one with "assay keys new --log <name>"/m);
  });
});

/** Bad input as people give it: each command ends with its stable code and exit code, and the log is as it was. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyRegistry } from '../../registry/verify.ts';
import { assay, assayFile, type Ran } from '../support/assay.ts';
import { type Candidate, createHouse, type House, type Who } from '../support/house.ts';

let house: House;
let candidate: Candidate;

beforeAll(async () => {
  house = await createHouse();
});
afterAll(() => house.remove());
beforeEach(() => {
  candidate = house.candidate();
});

const common = () => ['--registry', house.registry, '--trust', house.trustFile];
const signing = (who: Who) => ['--key', house.keyFile(who), '--log-key', house.keyFile('demo-log')];
const approve = (who: Who, ...more: string[]) =>
  assay(['approve', candidate.subject, ...signing(who), ...common(), '--json', ...more]);

/** Exit code and error code of a command that failed. */
function failure({ code, out }: Ran): [number | null, string] {
  return [code, (JSON.parse(out) as { error: { code: string } }).error.code];
}

/** Runs `work`, after which the log has grown by `growth` entries and verifies. */
async function leavingTheLog<T>(growth: number, work: () => Promise<T>): Promise<T> {
  const before = house.entries().length;
  const result = await work();
  expect(verifyRegistry(house.registry, { trust: house.trust })).toMatchObject({
    trusted: true,
    entries: before + growth,
  });
  return result;
}

describe('assay approve', () => {
  test.each([
    ['the wrong role', 'demo-operator', [], 'ASSAY_ROLE_DENIED'],
    ["a machine's key", 'demo-validation', [], 'ASSAY_ROLE_DENIED'],
    ['somebody in the lineage', 'demo-quant', [], 'ASSAY_PERSON_IN_LINEAGE'],
    ['a key that no trust file names', 'demo-stranger', [], 'ASSAY_KEY_UNKNOWN'],
    ['an approval that is over', 'demo-validator-1', ['--until', '2020-01-02T00:00:00Z'], 'ASSAY_APPROVAL_EXPIRED'],
    ['a report that no validation made', 'demo-validator-1', ['--report', 'f'.repeat(64)], 'ASSAY_NOT_APPROVED'],
  ] as const)('%s', async (...[, who, more, code]) => {
    expect(failure(await leavingTheLog(0, () => approve(who, ...more)))).toEqual([1, code]);
  });

  test('twice by one person', async () => {
    await leavingTheLog(1, () => approve('demo-validator-1'));
    expect(failure(await leavingTheLog(0, () => approve('demo-validator-1')))).toEqual([1, 'ASSAY_ALREADY_SIGNED']);
  });

  test('a missing key, and a file that is none', async () => {
    const noKey = join(house.folder, 'no-key.pem');
    writeFileSync(noKey, 'not a key\n');
    for (const [path, exit, code] of [
      [join(house.folder, 'absent.pem'), 2, 'ASSAY_KEY_MISSING'],
      [noKey, 2, 'ASSAY_KEY_INVALID'],
    ] as const)
      expect(failure(await leavingTheLog(0, () => approve('demo-validator-1', '--key', path)))).toEqual([exit, code]);
  });

  test("a log key that is not this log's", async () => {
    const ran = await leavingTheLog(0, () => approve('demo-validator-1', '--log-key', house.keyFile('demo-stranger')));
    expect(failure(ran)).toEqual([2, 'ASSAY_KEY_INVALID']);
  });

  // Where nothing can be written the kernel says so; the limit on file sizes is the one such wall that needs no rights.
  test('where nothing can be written, and again when it can', async () => {
    const args = ['approve', candidate.subject, ...signing('demo-validator-2'), ...common(), '--json'];
    const { status, stdout } = await leavingTheLog(0, async () =>
      spawnSync('bash', ['-c', 'ulimit -f 0; exec "$@"', 'bash', process.execPath, assayFile, ...args], {
        encoding: 'utf8',
      }),
    );
    expect(failure({ code: status, out: stdout, err: '' })).toEqual([3, 'ASSAY_DISK_FULL']);
    expect((await leavingTheLog(1, () => approve('demo-validator-2'))).code).toBe(0);
  });
});

describe('assay curate', () => {
  const capture = join(import.meta.dirname, '../../examples/data/btcusd_perp_20240808.gz');
  const curate = (path: string, ...more: string[]) =>
    assay([
      ...['curate', 'btcusd-perp', path, ...signing('demo-quant'), '--machine-key', house.keyFile('demo-curation')],
      ...['--scratch', join(house.folder, 'scratch'), ...common(), '--json', ...more],
    ]);
  const file = (name: string, bytes: Buffer | string) => {
    const path = join(house.folder, name);
    writeFileSync(path, bytes);
    return path;
  };

  // The request is in the log, whatever becomes of it: who asked for what is never lost.
  test.each([
    ['truncated', (bytes: Buffer) => bytes.subarray(0, 1e5), 1, 'ASSAY_CAPTURE_TRUNCATED'],
    ['corrupt', (bytes: Buffer) => bytes.fill(0, 5e4, 5e4 + 64), 1, 'ASSAY_CAPTURE_CORRUPT'],
    ['empty', () => Buffer.alloc(0), 1, 'ASSAY_CAPTURE_EMPTY'],
    ['of another format', () => 'time,price\n1,2\n', 1, 'ASSAY_CAPTURE_FORMAT'],
  ] as const)('a capture that is %s', async (...[name, spoilt, exit, code]) => {
    const path = file(`${name.replaceAll(' ', '-')}.gz`, spoilt(readFileSync(capture)));
    expect(failure(await leavingTheLog(1, () => curate(path)))).toEqual([exit, code]);
  });

  test('a capture that is not there, and a protocol with a wrong key or value, ask for nothing', async () => {
    const protocol = JSON.parse(readFileSync(join(import.meta.dirname, '../../protocol.json'), 'utf8')) as object;
    const unknown = file('unknown.json', JSON.stringify({ ...protocol, budget: 1 }));
    const outside = file('outside.json', JSON.stringify({ ...protocol, confidence: 1 }));
    for (const [ran, code] of [
      [curate(join(house.folder, 'absent.gz')), 'ASSAY_INPUT_MISSING'],
      [curate(capture, '--protocol', unknown), 'ASSAY_CONFIG_UNKNOWN_KEY'],
      [curate(capture, '--protocol', outside), 'ASSAY_CONFIG_OUT_OF_BOUNDS'],
    ] as const)
      expect(failure(await leavingTheLog(0, () => ran))).toEqual([2, code]);
  });
});

describe('a registry with one byte flipped', () => {
  const files = () =>
    readdirSync(house.registry, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  /** Flips a byte of every file that `chosen` picks while `work` runs. */
  async function damaged<T>(chosen: (path: string) => boolean, work: () => Promise<T>): Promise<T> {
    const originals = files()
      .filter(chosen)
      .map((path) => [path, readFileSync(path)] as const);
    expect(originals.length).toBeGreaterThan(0);
    for (const [path, bytes] of originals) {
      const other = Buffer.from(bytes);
      other[Math.floor(other.length / 2)] ^= 1;
      writeFileSync(path, other);
    }
    try {
      return await work();
    } finally {
      for (const [path, bytes] of originals) writeFileSync(path, bytes);
    }
  }

  test.each(['log/vkey', 'log/checkpoint', 'log/tile/0/', 'log/tile/entries/', 'objects/'])(
    'in %s: log verify says no and names the file',
    async (where) => {
      let path = '';
      const pick = (candidatePath: string) => {
        if (path !== '' || !candidatePath.includes(where)) return false;
        path = candidatePath;
        return true;
      };
      const { code, out } = await damaged(pick, () => assay(['log', 'verify', ...common()]));
      expect(code).toBe(1);
      expect(out).toContain(path.slice(house.registry.length + 1));
    },
  );

  test('in the last entries: nothing is read from it, and nothing is appended to it', async () => {
    const size = house.entries().length;
    const last = (path: string) => path.endsWith(`log/tile/entries/000.p/${size}`);
    await leavingTheLog(0, () =>
      damaged(last, async () => {
        expect(failure(await assay(['list', ...common(), '--json']))).toEqual([1, 'ASSAY_REGISTRY_CORRUPT']);
        expect(failure(await approve('demo-validator-1'))).toEqual([1, 'ASSAY_REGISTRY_CORRUPT']);
      }),
    );
  });

  test('in the model under review: what is signed is read first', async () => {
    const { subject, line } = candidate;
    for (const who of ['demo-validator-1', 'demo-validator-2'] as const) await approve(who);
    const model = (path: string) => path.endsWith(join(subject.slice(0, 2), subject.slice(2)));
    const ran = await damaged(model, () => assay(['verify', line, ...common(), '--json']));
    expect(failure(ran)).toEqual([1, 'ASSAY_OBJECT_CORRUPT']);
    expect((await assay(['verify', line, ...common()])).code).toBe(0);
  });
});

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
  ] as const)('%s', async (_, who, more, code) => {
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

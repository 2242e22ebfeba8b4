/** The single stages as a person types them, without a server: each needs the digest before it, and the log knows the rest. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256 } from '../../core/digest.ts';
import { assay, type Ran } from '../support/assay.ts';
import { captures } from '../support/captures.ts';
import { createHouse, type House, type Who } from '../support/house.ts';
import { line, smallProtocol } from '../support/stages.ts';

let house: House;
let protocol: string;
beforeAll(async () => {
  house = await createHouse();
  protocol = join(house.folder, 'protocol.json');
  writeFileSync(protocol, JSON.stringify(smallProtocol()));
});
afterAll(() => house.remove());

function run(...args: string[]): Promise<Ran> {
  return assay([...args, '--registry', house.registry, '--trust', house.trustFile, '--json']);
}

function machine(who: Who): string[] {
  const scratch = join(house.folder, 'scratch');
  return ['--machine-key', house.keyFile(who), '--log-key', house.keyFile('demo-log'), '--scratch', scratch];
}

test('from captures to a verdict, one digest after the other', async () => {
  const made: Record<string, string> = {};
  const stage = async (...args: string[]) => {
    const { code, out } = await run(...args);
    Object.assign(made, JSON.parse(out));
    return code;
  };
  const asked = ['--protocol', protocol, '--seed', '11', '--key', house.keyFile('demo-quant')];
  expect(await stage('curate', line, ...captures, ...asked, ...machine('demo-curation'))).toBe(0);
  expect(await stage('calibrate', made.dataset.slice(0, 12), ...machine('demo-curation'))).toBe(0);
  expect(await stage('tune', made.profile.slice(0, 12), ...machine('demo-training'))).toBe(0);
  expect(await stage('train', made.profile.slice(0, 12), ...machine('demo-training'))).toBe(0);
  // Four updates win nothing: refused, and so exit code 1.
  expect(await stage('validate', made.model.slice(0, 12), ...machine('demo-validation'))).toBe(1);
  expect(made.verdict).toBe('refused');

  const lineage = await run('lineage', made.model);
  for (const digest of [made.request, made.dataset, made.profile]) expect(lineage.out).toContain(digest);
  expect((await run('show', made.model)).out).toContain('"seed": 11');
  const validator = ['--key', house.keyFile('demo-validator-1'), '--log-key', house.keyFile('demo-log')];
  const approval = await run('approve', made.model, ...validator);
  expect([approval.code, JSON.parse(approval.out).error.code]).toEqual([1, 'ASSAY_REFUSED']);
});

test('what no statement says has to be given', async () => {
  const orphan = sha256('a profile that nobody asked for');
  const predicate = { dataset: sha256('data'), report: sha256('report') };
  house.append(house.sign('demo-curation', 'profile', orphan, predicate));
  const { code, out } = await run('train', orphan.slice(0, 12), ...machine('demo-training'));
  expect([code, JSON.parse(out).error]).toMatchObject([2, { code: 'ASSAY_USAGE' }]);
  expect(out).toMatch(/no statement says which request [0-9a-f]{12} rests on: give --request/);
});

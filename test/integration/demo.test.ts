/** The demo from start to end on a small protocol: its own server, its own workers, people as processes. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { DemoSummary } from '../../cli/demo/summary.ts';
import { assay, type Ran } from '../support/assay.ts';
import { smallProtocol } from '../support/stages.ts';
import { removeFolder } from '../support/temporary.ts';

const home = mkdtempSync(join(tmpdir(), 'assay-demo-'));
const folder = join(home, 'demo');
afterAll(() => removeFolder(home));

const protocol = join(home, 'protocol.json');
writeFileSync(protocol, JSON.stringify(smallProtocol((small) => (small.training.totalSteps = 2000))));

/** Without a server given to it: the demo brings its own. */
function demo(args: readonly string[], onError: (text: string, end: () => void) => void = () => {}): Promise<Ran> {
  const script = join(import.meta.dirname, '../../cli/demo.ts');
  const child = spawn(process.execPath, [script, '--folder', folder, ...args], {
    env: { ...process.env, TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const { promise, resolve, reject } = Promise.withResolvers<Ran>();
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
    onError(err, () => child.kill('SIGINT'));
  });
  child.on('error', reject);
  child.on('close', (code) => resolve({ code, out, err }));
  return promise;
}

test('plays the whole life of one model, refuses what it must, and leaves a registry that verifies', async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'of-an-earlier-run'), '');
  const { code, out, err } = await demo(['--json', '--seed', '7', '--protocol', protocol]);
  expect([code, err]).toEqual([0, expect.stringContaining('8  Everything verifies')]);
  const summary = JSON.parse(out) as DemoSummary;
  const { candidates, played, approved, executions, refused, places, fallback } = summary;

  expect(candidates.map(({ name, trainedSteps }) => [name, trainedSteps])).toEqual([
    ['ppo-untrained', 0],
    ['ppo-tenth', 200],
    ['ppo', 2000],
  ]);
  expect(candidates[0].verdict).toBe('refused');
  const full = candidates[2];
  expect([played, full.verdict, approved.digest === full.model]).toEqual(
    full.verdict === 'passed' ? ['model', 'passed', true] : ['schedule', 'refused', false],
  );
  for (const { signers } of [fallback, approved]) expect(signers).toEqual(['demo-validator-1', 'demo-validator-2']);

  const ran = executions.map(({ when, because, ran }) => [when, because?.code, ran]);
  expect(ran).toEqual([
    ['approved', undefined, approved.digest],
    ['tampered', 'ASSAY_OBJECT_CORRUPT', fallback.digest],
    ['decommissioned', 'ASSAY_DECOMMISSIONED', fallback.digest],
  ]);
  for (const { bps } of executions) {
    const { total, ...parts } = bps;
    expect(Object.values(parts).reduce((sum, part) => sum + part)).toBeCloseTo(total, 9);
  }
  expect(refused.filter(({ who }) => who !== 'validation').map(({ who, code }) => [who, code])).toEqual([
    ['demo-quant', 'ASSAY_PERSON_IN_LINEAGE'],
    ['assay log verify', 'ASSAY_OBJECT_CORRUPT'],
    ['executor', 'ASSAY_OBJECT_CORRUPT'],
    ['executor', 'ASSAY_DECOMMISSIONED'],
  ]);
  expect(refused.filter(({ who }) => who === 'validation').length).toBe(
    candidates.filter(({ verdict }) => verdict === 'refused').length,
  );
  expect(summary.data).toMatchObject({ gaps: 0, clockOffsetMs: expect.closeTo(-1274, -1) });

  const trusted = ['--registry', places.registry, '--trust', places.trust, '--json'];
  const verified = await assay(['log', 'verify', ...trusted]);
  expect([verified.code, JSON.parse(verified.out)]).toMatchObject([0, { trusted: true, problems: [], ignored: [] }]);
  expect((await assay(['verify', summary.line, ...trusted])).code).toBe(0);
  expect(readFileSync(places.report, 'utf8')).toContain(full.model);
  expect(readFileSync(places.execution, 'utf8')).toContain(approved.digest);
  expect(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))).toEqual(summary);
  expect(readFileSync(join(folder, 'summary.txt'), 'utf8')).toContain('What was refused, and why');
  expect(existsSync(join(places.kept ?? '', 'of-an-earlier-run'))).toBe(true);
});

test('ends cleanly on Ctrl-C, with a code and the place of the logs', async () => {
  const { code, out, err } = await demo(['--json', '--protocol', protocol], (text, end) => {
    if (text.includes('npx assay line open')) end();
  });
  expect([code, JSON.parse(out)]).toMatchObject([1, { error: { code: 'ASSAY_CANCELLED' } }]);
  expect(err).toMatch(/logs: .*logs/);
});

test.each([
  [['--seed', 'x'], 'ASSAY_USAGE', 2],
  [['--protocol', 'nowhere.json'], 'ASSAY_INPUT_MISSING', 2],
  [['--captures', 'nowhere.gz'], 'ASSAY_INPUT_MISSING', 2],
] as const)('refuses %j before anything is moved or started', async (args, expected, exit) => {
  const before = existsSync(folder);
  const { code, out } = await demo(['--json', ...args]);
  expect([code, JSON.parse(out)]).toMatchObject([exit, { error: { code: expected } }]);
  expect(existsSync(folder)).toBe(before);
});

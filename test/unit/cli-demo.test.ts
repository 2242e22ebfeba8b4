import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, test } from 'vitest';
import { createBoard } from '../../cli/demo/board.ts';
import { withoutChosen } from '../../cli/demo/next-protocol.ts';
import { mustBeRefused, type Scene } from '../../cli/demo/scene.ts';
import type { CandidateFacts, DemoSummary, ExecutionFacts } from '../../cli/demo/summary.ts';
import { summaryText } from '../../cli/demo/summary-text.ts';
import { tamperWith } from '../../cli/demo/tamper.ts';
import { sha256 } from '../../core/digest.ts';
import { Files } from '../../registry/files.ts';
import { getObject, objectPath, putObject } from '../../registry/store.ts';
import { type Protocol, parseProtocol } from '../../validation/protocol.ts';
import type { GateRecord } from '../../validation/report/schema.ts';
import type { TuningReport } from '../../validation/report/tuning.ts';
import { removeFolder } from '../support/temporary.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-demo-'));
afterAll(() => removeFolder(folder));

function boardOn(tty: boolean) {
  const stream = new PassThrough() as unknown as NodeJS.WriteStream & PassThrough;
  stream.columns = 60;
  let ms = 0;
  const board = createBoard({ stream, tty, now: () => ms });
  return { board, at: (time: number) => (ms = time), text: () => String(stream.read() ?? '') };
}

const beat = (done: number, what = 'training') => ({ what, done, total: 100, metrics: { kl: 0.0123456 } });

describe('the board, piped', () => {
  test('prints what was begun first first, whoever is done first', () => {
    const { board, text } = boardOn(false);
    const [first, second] = ['first', 'second'].map((name) => board.step(name, { stages: ['train', 'validate'] }));
    second.tell('validate', beat(10));
    second.done('passed');
    board.say('later');
    expect(text()).toBe('');
    first.tell('train');
    first.done('refused');
    expect(text().split('\n')).toEqual([
      ...['   first: train', '   first: validate', '   first: refused'],
      ...['   second: train', '   second: validate', '   second: passed', '   later', ''],
    ]);
  });

  test('prints the same lines however often somebody looked', () => {
    const lines = (looks: readonly number[]) => {
      const { board, text } = boardOn(false);
      const step = board.step('ppo', { stages: ['train', 'validate'], quarters: ['train'] });
      for (const done of looks) step.tell('train', beat(done));
      step.done('passed');
      return text();
    };
    const often = lines(Array.from({ length: 100 }, (_, i) => i));
    expect(lines([])).toBe(often);
    expect(lines([60, 100])).toBe(often);
    const quarters = [25, 50, 75, 100].map((percent) => `train ${percent} %`);
    const all = ['train', ...quarters, 'validate', 'passed'].map((what) => `   ppo: ${what}`);
    expect(often.split('\n')).toEqual([...all, '']);
  });

  test('a stage that is not listed says nothing, and a closed board neither', () => {
    const { board, text } = boardOn(false);
    const step = board.step('ppo', { stages: ['train'] });
    step.tell('request');
    step.tell('train', beat(10));
    board.close();
    board.say('too late');
    step.done('passed');
    expect(text()).toBe('   ppo: train\n');
  });
});

test('the board on a terminal redraws what is under way below what stays', () => {
  const { board, at, text } = boardOn(true);
  const step = board.step('ppo');
  at(1000);
  step.tell('train', beat(1));
  text();
  at(11_000);
  step.tell('train', beat(50));
  const erased = (lines: number) => `\u001b[${lines}A\u001b[0J`;
  const live = ['   ppo: training [==========          ] 50 % 0:10 left', '      kl 0.0123', ''].join('\n');
  expect(text()).toBe(`${erased(2)}${live}`);
  board.say('a line that stays');
  expect(text()).toBe(`${erased(2)}   a line that stays\n${live}`);
  step.tell('validate', { what: 'comparing in the normal market, a market of many words', done: 0, total: 0 });
  expect(text().split('\n')[0]).toHaveLength(59 + erased(2).length);
  step.done('passed');
  expect(text()).toBe(`${erased(1)}   ppo: passed\n`);
});

describe('the next protocol', () => {
  const document = JSON.parse(readFileSync(new URL('../../protocol.json', import.meta.url), 'utf8')) as Protocol;
  const tuned = (won: number, settings: Record<string, number>) => {
    const baselines = document.baselines.map(({ family, children }) => ({ name: `${family}, ${children}` }));
    return { baselines, chosen: { ...baselines[won], settings } } as unknown as TuningReport;
  };

  test.each([
    { won: 0, settings: { slices: 60 }, axis: 'slices' },
    { won: 5, settings: { participation: 0.05, lead: 1, tolerance: 0.1 }, axis: 'participation' },
  ] as const)('cannot choose the same schedule again, by its longest axis $axis', ({ won, settings, axis }) => {
    const next = parseProtocol(withoutChosen(document, tuned(won, settings)));
    expect(next.version).toBe(document.version + 1);
    expect(next.baselines[won].grid[axis]).not.toContain((settings as Record<string, number>)[axis]);
    const others = (protocol: Protocol) => protocol.baselines.filter((_, i) => i !== won);
    expect(others(next)).toEqual(others(parseProtocol(document)));
    expect({ ...next, ...pick(document) }).toEqual(parseProtocol(document));
  });

  const pick = ({ version, history }: Protocol) => ({
    ...{ version, history, baselines: parseProtocol(document).baselines },
  });
});

test('tampering changes one bit, is found, and is undone', () => {
  const files = new Files(join(folder, 'registry'));
  const digest = putObject(files, Buffer.from('a model of some length'));
  const { path, offset, undo } = tamperWith(files.root, digest);
  expect(path).toBe(objectPath(digest));
  const changed = readFileSync(join(files.root, path));
  expect([...changed].filter((byte, i) => byte !== 'a model of some length'.charCodeAt(i)).length).toBe(1);
  expect(changed[offset] ^ 'a model of some length'.charCodeAt(offset)).toBe(1);
  expect(() => getObject(files, digest)).toThrow(/other bytes/);
  undo();
  expect(getObject(files, digest).toString()).toBe('a model of some length');
});

describe('what has to be refused', () => {
  const refusing = (refusal: { code: string; message: string } | undefined) => {
    const scene = { board: boardOn(false).board, notes: { refused: [], executions: [], timings: [], started: [] } };
    const about = { who: 'demo-quant', what: 'approving his own', refusal };
    mustBeRefused(scene as unknown as Scene, 'ASSAY_PERSON_IN_LINEAGE', about);
    return scene.notes.refused;
  };

  test('is noted when it was', () => {
    const refusal = { code: 'ASSAY_PERSON_IN_LINEAGE', message: 'no' };
    expect(refusing(refusal)).toEqual([{ who: 'demo-quant', what: 'approving his own', ...refusal }]);
  });

  test('ends the demo when it was not, or for another reason', () => {
    expect(() => refusing(undefined)).toThrow(/it was done/);
    expect(() => refusing({ code: 'ASSAY_TEMPORAL_LOST', message: 'gone' })).toThrow(/ASSAY_TEMPORAL_LOST/);
  });
});

describe('the summary', () => {
  test.each([
    ['passed', 0.4],
    ['refused', -0.2],
  ] as const)('of a policy that %s', async (verdict, gain) => {
    const summary = summaryOf(gain);
    expect(summary.candidates.at(-1)?.verdict).toBe(verdict);
    await expect(`${summaryText(summary)}\n`).toMatchFileSnapshot(`fixtures/demo-summary-${verdict}.txt`);
  });
});

/** @param gain on the best baseline, bps */
function gatesOf(gain: number): GateRecord[] {
  const gate = (change: Partial<GateRecord>): GateRecord => ({
    ...{ name: 'Mean shortfall', kind: 'superiority', against: 'TWAP, passive', scenario: 'normal', statistic: 'mean' },
    ...{ estimateBps: -gain, lowBps: -gain - 0.05, highBps: -gain + 0.05, marginBps: 0, confidence: 0.95 },
    ...{ minimalDetectableEffectBps: 0.0712, episodes: 10_240, method: 'in a test', passed: gain > 0.05, verdict: '' },
    ...change,
  });
  const none = { estimateBps: null, lowBps: null, highBps: null, marginBps: null, minimalDetectableEffectBps: null };
  return [
    gate({ ...none, name: 'Fidelity', kind: 'fidelity', against: 'the capture', statistic: 'interval', passed: true }),
    gate({ against: 'TWAP, taker', estimateBps: -1.8, lowBps: -1.9, highBps: -1.7, passed: true }),
    gate({}),
    gate({ name: 'Tail', kind: 'non-inferiority', statistic: 'cvar95', marginBps: 1.15, passed: true }),
    gate({ name: 'Stress', kind: 'non-inferiority', scenario: 'volatility x 4', marginBps: 0.6594, passed: true }),
    gate({ name: 'Hand-written rule', kind: 'non-inferiority', against: 'Imbalance rule', marginBps: 0.034 }),
    gate({
      ...{ name: 'Replay', kind: 'veto', scenario: 'replay', estimateBps: 0.84, lowBps: -1.91, highBps: 3.59 },
      ...{ blocks: 2, underpowered: true, passed: true },
    }),
  ];
}

/** A summary of made-up runs. */
function summaryOf(gain: number): DemoSummary {
  const digest = (what: string) => sha256(what);
  const played = gain > 0 ? 'model' : 'schedule';
  const candidate = (name: string, own: number, trainedSteps: number): CandidateFacts => {
    const gates = gatesOf(own);
    const refused = gates.some(({ passed }) => !passed);
    return {
      ...{ name, model: digest(name), report: digest(`report of ${name}`), trainedSteps, gates, reasons: [] },
      ...{ verdict: refused ? 'refused' : 'passed', episodes: 10_240, meanBps: 3.63 - own, cvar95Bps: 11.5 },
      makerShare: 0.98,
      baselines: ['TWAP, taker', 'TWAP, passive'].map((named) => ({ name: named, settingsTried: 25, meanBps: 3.63 })),
    };
  };
  const execution = (when: ExecutionFacts['when'], code?: string): ExecutionFacts => ({
    ...{ when, ran: digest(code ? 'fallback' : 'approved'), policy: code ? 'TWAP, passive' : 'ppo, version 4' },
    ...(code && { because: { code, message: `object ${digest('approved')} is not what it was` } }),
    ...{ orders: 3, lots: 4350, filledLots: 4350, coin: 'BTC', totalCoin: '0.001071204781', makerShare: 0.98 },
    bps: { delay: 0, timing: -0.474, spread: -0.008, impact: 0, fees: 2, opportunity: 0, total: 1.518 },
    gate: '65 limit and 0 market children passed (8820 lots, 4470 of them withdrawn); none was denied',
  });
  const signers = ['demo-validator-1', 'demo-validator-2'];
  const at = (path: string) => join(process.cwd(), '.assay/demo', path);
  return {
    ...{ kind: 'demo-summary', version: 1, seed: 1, line: 'btcusd-perp', played },
    places: {
      ...{ folder: at(''), registry: at('registry'), trust: at('trust.json'), logs: at('logs') },
      ...{ report: at('report.html'), execution: at('execution.html'), kept: join(process.cwd(), '.assay/demo.1') },
    },
    data: {
      ...{ dataset: digest('dataset'), profile: digest('profile'), events: 714_984, gaps: 0, clockOffsetMs: -1274.21 },
      captures: ['20240808', '20240809'].map((day) => ({
        name: `btcusd_perp_${day}.gz`,
        lines: 49_000,
        parseErrors: 0,
      })),
      ...{ silenceMs: 1240, crossedShare: 0.00012, faithful: 17, moments: 17 },
    },
    fallback: { digest: digest('fallback'), name: 'TWAP, passive (lead 0.5, tolerance 1)', signers },
    candidates: [
      candidate('ppo-untrained', -0.6, 0),
      candidate('ppo-tenth', 0.3, 800_000),
      candidate('ppo', gain, 8_000_000),
    ],
    approved: { digest: digest('approved'), name: played === 'model' ? 'ppo' : 'VWAP, passive (lead 0.75)', signers },
    executions: [
      execution('approved'),
      execution('tampered', 'ASSAY_OBJECT_CORRUPT'),
      execution('decommissioned', 'ASSAY_DECOMMISSIONED'),
    ],
    refused: [
      {
        who: 'validation',
        what: 'ppo-untrained, 0 steps',
        code: 'ASSAY_REFUSED',
        message: 'TWAP, passive; POV, passive',
      },
      {
        ...{ who: 'demo-quant', what: 'approving what he asked for himself', code: 'ASSAY_PERSON_IN_LINEAGE' },
        message: `demo-quant is in the lineage of ${digest('approved')} and cannot approve it`,
      },
    ],
    verified: { statements: 22, objects: 33, lineStatements: 7 },
    timings: [
      { what: 'curate', seconds: 10.04 },
      { what: 'train ppo', seconds: 93.2 },
      { what: 'everything', seconds: 240 },
    ],
  };
}

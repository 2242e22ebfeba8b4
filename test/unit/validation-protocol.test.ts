import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { AssayError } from '../../core/errors.ts';
import { loadProtocol, parseProtocol, settingsOf } from '../../validation/protocol.ts';
import { temporaryFolder } from '../support/temporary.ts';

const path = join(import.meta.dirname, '../../protocol.json');
const document = () => JSON.parse(readFileSync(path, 'utf8'));

function refusal(change: (protocol: ReturnType<typeof document>) => void): string {
  const changed = document();
  change(changed);
  try {
    parseProtocol(changed, 'it');
    return 'taken';
  } catch (error) {
    const { code, message } = error as AssayError;
    return `${code}: ${message}`;
  }
}

describe('the protocol in the repository', () => {
  test('is one, and offers every baseline at least 8 settings', () => {
    const { protocol, digest } = loadProtocol(path);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    for (const baseline of protocol.baselines) expect(settingsOf(baseline, [0, 1]).length).toBeGreaterThanOrEqual(8);
  });
});

describe('a protocol is refused', () => {
  test.each<[string, (protocol: ReturnType<typeof document>) => void, RegExp]>([
    ['with an unknown key', (it) => (it.budget = 1), /^ASSAY_CONFIG_UNKNOWN_KEY: it has the unknown key "budget"/],
    [
      'with an unknown key further down',
      (it) => (it.training.stepSize = 1),
      /^ASSAY_CONFIG_UNKNOWN_KEY: .*"training\.stepSize"/,
    ],
    ['without a seed', (it) => delete it.seeds.tuning, /^ASSAY_CONFIG_OUT_OF_BOUNDS: it: seeds\.tuning/],
    [
      'with one seed for two purposes',
      (it) => (it.seeds.tuning = it.seeds.validation),
      /two of its seeds are the same/,
    ],
    ['with a number out of bounds', (it) => (it.confidence = 1), /^ASSAY_CONFIG_OUT_OF_BOUNDS: it: confidence/],
    ['with a grid of 7', (it) => (it.baselines[4].grid = { participation: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7] }), /8/],
    ['with a family missing', (it) => (it.baselines[0].children = 'passive'), /once with taker and once with passive/],
    ['without a history', (it) => (it.version = 6), /its history tells of versions 1, 2, 3, 4, 5, not of 1 to 6/],
    ['without a calm market', (it) => (it.training.stressed[0].share = 0.9), /no calm market/],
    [
      'with a stress nobody defined',
      (it) => (it.training.stressed[0].stress = 'rain'),
      /unknown stress scenario "rain"/,
    ],
    ['with a replay shorter than an order', (it) => (it.split.validationMs = 2000), /shorter than one order/],
  ])('%s', (_, change, expected) => {
    expect(refusal(change)).toMatch(expected);
  });

  test('when a member is there twice, and when the file is not', () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'protocol.json');
    writeFileSync(file, readFileSync(path, 'utf8').replace('"version": 4', '"version": 4, "version": 4'));
    expect(() => loadProtocol(file)).toThrow(/two members named "version"/);
    expect(() => loadProtocol(join(folder.path, 'absent.json'))).toThrow(/absent\.json is not there/);
  });
});

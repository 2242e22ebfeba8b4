/** A profile is read back through its schema; the schemas on disk are those of the code. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../core/canonical-json.ts';
import { parseProfile } from '../../market/profile-schema.ts';
import { artifactSchemas } from '../../scripts/artifact-schemas.ts';
import { syntheticProfile } from '../support/recorded-market.ts';

const profile = syntheticProfile(1);
const bytesOf = (value: unknown) => Buffer.from(canonicalJson(value));

/** The profile with one value put at a path, or taken away. */
function changed(path: string, value: unknown): Buffer {
  const copy = structuredClone(profile) as unknown as Record<string, unknown>;
  const keys = path.split('.');
  const parent = keys.slice(0, -1).reduce((node, key) => node[key] as Record<string, unknown>, copy);
  parent[keys.at(-1) ?? ''] = value;
  return bytesOf(copy);
}

test('a profile reads back as it was written', () => {
  expect(parseProfile(bytesOf(profile))).toEqual(profile);
});

describe('a profile', () => {
  test.each([
    ['version', 2],
    ['seconds', 0],
    ['seconds', '340'],
    ['referenceTicks', 617_000.5],
    ['surplus', 1],
    ['fees.takerBps', 5],
    ['fees.takerBps.source', ''],
    ['instrument.kind', 'spot'],
    ['instrument.tickUsd', '-0.1'],
    ['book.events.bidLots', [1, 2]],
    ['book.events.spreadTicks', [0]],
    ['book.sizeEdges', [100, 50]],
    ['book.reversion.strength', -1],
    ['depth.lots', [0]],
    ['volumeCurve', [0, 0.9, 0.5, 1]],
    ['volumeCurve', [0, 0.5]],
    ['lotsPerSecond', { value: 1, low: 0 }],
    ['moments', { spread: { value: 1, low: 0, high: 2 } }],
    ['laws', [{ name: 'x' }]],
  ])('with %s %j is refused, and says where', (path, value) => {
    expect(() => parseProfile(changed(path, value))).toThrow(
      expect.objectContaining({
        code: 'ASSAY_PROFILE_INVALID',
        message: expect.stringContaining(path === 'surplus' ? 'top' : path.split('.')[0]) as string,
      }),
    );
  });

  test.each(['', 'not JSON', '[]', '{"version":1,"version":1}'])('%j is none', (text) => {
    expect(() => parseProfile(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'ASSAY_PROFILE_INVALID' }));
  });
});

describe.each(Object.entries(artifactSchemas()))('the JSON schemas of %s/', (room, schemas) => {
  test('are those on disk', () => {
    const folder = join(import.meta.dirname, '..', '..', room, 'schemas');
    const onDisk = readdirSync(folder).map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8'))]);
    expect(Object.fromEntries(onDisk)).toEqual(JSON.parse(JSON.stringify(schemas)));
  });
});

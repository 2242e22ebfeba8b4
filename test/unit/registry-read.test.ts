import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { fixedClock } from '../../core/clock.ts';
import { generateKey } from '../../registry/keys.ts';
import { openTrusted, type ReadOptions } from '../../registry/read.ts';
import { createRegistry, openRegistry, type Registry } from '../../registry/registry.ts';
import type { Statement } from '../../registry/statements/statement.ts';
import { objectPath } from '../../registry/store.ts';
import { verifyRegistry } from '../../registry/verify.ts';
import {
  approval,
  day,
  keyOf,
  line,
  newDirectory,
  newRegistry,
  origin,
  type Story,
  sign,
  startMs,
  tell,
  trust,
} from './registry.fixture.ts';

let registry: Registry;
let story: Story;
let remembered: string;
const now = startMs + day;
const open = (directory = registry.directory, options: Partial<ReadOptions> = {}) =>
  openTrusted(directory, trust, { clock: fixedClock(now), remembered, ...options });
const thrown = (code: string) => expect.objectContaining({ code });

beforeEach(async () => {
  remembered = join(mkdtempSync(join(tmpdir(), 'assay-memory-')), 'seen', 'checkpoint.json');
  registry = await newRegistry();
  const fallback = await tell(registry, { kind: 'fallback', candidate: 'twap', validatedBy: null });
  await registry.appendAll(['vera', 'viktor'].map((name) => approval(name, fallback, { kind: 'fallback' })));
  story = await tell(registry, { candidate: 'ppo' });
  const signed = await registry.appendAll([approval('vera', story), approval('viktor', story)]);
  const approvals = signed.map(({ entryDigest }) => entryDigest);
  await registry.append(
    sign('olga', 'deployment', { model: story.model, predicate: { line, executor: 'paper', approvals } }),
  );
});

const copy = (of = registry.directory) => {
  const directory = newDirectory();
  cpSync(of, directory, { recursive: true });
  return directory;
};

describe('an executor that opens a registry', () => {
  it('finds the champion, and gets bytes that are what was approved', () => {
    const trusted = open();
    const { champion, fallback } = trusted.line(line);
    expect(champion).toMatchObject({ number: 2, model: story.model });
    expect(fallback).toMatchObject({ number: 1, candidate: 'twap' });
    expect(JSON.parse(trusted.load(champion!).toString())).toEqual({ name: 'model', candidate: 'ppo' });
    expect(trusted.verifyClosure(line)).toMatchObject({ statements: 14, objects: 10 });
    expect(trusted.verifyClosure(line).elsewhere).toHaveLength(1); // the raw capture
  });

  it('does not take a wholly forged registry that is consistent in itself', async () => {
    const forged = await createRegistry(newDirectory(), { origin, logKey: generateKey(), clock: fixedClock(startMs) });
    for (const { envelope } of await registry.entries()) await forged.append(envelope);
    expect(verifyRegistry(forged.directory).intact).toBe(true);
    expect(verifyRegistry(forged.directory, { trust })).toMatchObject({ trusted: false });
    expect(() => open(forged.directory)).toThrow(thrown('ASSAY_SIGNATURE_INVALID'));
  });

  it('does not take an older copy that un-revokes a model', async () => {
    const before = copy();
    await registry.append(sign('olga', 'revocation', { model: story.model, predicate: { line, reason: 'a defect' } }));
    const trusted = open();
    expect(trusted.line(line).champion).toBeUndefined();
    expect(trusted.line(line).fallback).toMatchObject({ number: 1 });
    const version = trusted.line(line).versions[1];
    expect(() => trusted.load(version)).toThrow(thrown('ASSAY_REVOKED'));
    expect(() => open(before)).toThrow(thrown('ASSAY_LOG_INCONSISTENT'));
    expect(open(before, { remembered: join(before, '..', 'another-memory.json') }).line(line).champion).toMatchObject({
      number: 2,
    });
  });

  it('does not take a log that forked, even when it is longer', async () => {
    const fork = await openRegistry(copy(), { logKey: keyOf('log'), clock: fixedClock(startMs) });
    await registry.append(sign('olga', 'revocation', { model: story.model, predicate: { line, reason: 'a defect' } }));
    open();
    for (const reason of ['a', 'b', 'c'])
      await fork.append(sign('olga', 'revocation', { model: 'a'.repeat(64), predicate: { line, reason } }));
    expect(verifyRegistry(fork.directory, { trust }).trusted).toBe(true);
    expect(() => open(fork.directory)).toThrow(thrown('ASSAY_LOG_INCONSISTENT'));
  });

  it('does not take a checkpoint that is too old, or older than one that was seen', async () => {
    const early = copy();
    expect(() => open(registry.directory, { maxAgeSeconds: 3600 })).toThrow(thrown('ASSAY_LOG_STALE'));
    const later = await openRegistry(registry.directory, { logKey: keyOf('log'), clock: fixedClock(now - 1000) });
    await later.refresh();
    expect(open(registry.directory, { maxAgeSeconds: 3600 }).checkpoint.timeSeconds).toBe(now / 1000 - 1);
    expect(() => open(early)).toThrow(thrown('ASSAY_LOG_INCONSISTENT'));
    expect(verifyRegistry(registry.directory, { trust }).trusted).toBe(true);
  });

  it('does not revive an expired approval when its clock is turned back', async () => {
    const late = await openRegistry(registry.directory, {
      logKey: keyOf('log'),
      clock: fixedClock(startMs + 31 * day),
    });
    await late.refresh();
    const { versions } = open(registry.directory, { clock: fixedClock(startMs + day) }).line(line);
    expect(versions[1].approval).toMatchObject({ state: 'expired', code: 'ASSAY_APPROVAL_EXPIRED' });
    expect(() => open(registry.directory, { clock: fixedClock(Number.NaN) })).toThrow(thrown('ASSAY_NOT_FINITE'));
  });

  it('does not run a model changed by one byte after approval', async () => {
    const path = join(registry.directory, objectPath(story.model));
    const bytes = readFileSync(path);
    bytes[3] ^= 1;
    writeFileSync(path, bytes);
    const trusted = open();
    expect(() => trusted.load(trusted.line(line).champion!)).toThrow(thrown('ASSAY_OBJECT_CORRUPT'));
    expect(() => trusted.verifyClosure(line)).toThrow(thrown('ASSAY_OBJECT_CORRUPT'));
  });

  it('does not run a network that was approved as a fallback, past the comparison', async () => {
    const network = await registry.putObject(Buffer.from([8, 7, 18, 4, 0xff]));
    const [training] = (await registry.entries()).filter(({ kind }) => kind === 'training');
    const { predicate } = training.statement as Statement<'training'>;
    await registry.append(sign('trainer', 'training', { model: network, predicate }));
    const about = { model: network, report: story.report };
    await registry.appendAll(['vera', 'viktor'].map((name) => approval(name, about, { kind: 'fallback' })));
    const { fallback } = open().line(line);
    expect(fallback).toMatchObject({ model: network });
    expect(() => open().load(fallback!)).toThrow(thrown('ASSAY_MODEL_INVALID'));
  });

  it('does not vouch for a line without its report, or for a line that is not there', () => {
    rmSync(join(registry.directory, objectPath(story.report)));
    expect(() => open().verifyClosure(line)).toThrow(thrown('ASSAY_OBJECT_MISSING'));
    expect(() => open().verifyClosure('nowhere')).toThrow(thrown('ASSAY_NOT_FOUND'));
  });

  it('does not go on from a memory it cannot read', () => {
    open();
    writeFileSync(remembered, '{}');
    expect(() => open()).toThrow(thrown('ASSAY_LOG_INCONSISTENT'));
  });

  it('keeps its memory outside, and takes a log that grew', async () => {
    open();
    const seen = JSON.parse(readFileSync(remembered, 'utf8')) as { size: number };
    await registry.append(sign('olga', 'revocation', { model: 'a'.repeat(64), predicate: { line, reason: 'x' } }));
    expect(open().checkpoint.size).toBe(seen.size + 1);
    expect((JSON.parse(readFileSync(remembered, 'utf8')) as { size: number }).size).toBe(seen.size + 1);
  });
});

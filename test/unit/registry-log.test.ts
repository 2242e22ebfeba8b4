import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../core/canonical-json.ts';
import { fixedClock } from '../../core/clock.ts';
import { sha256 } from '../../core/digest.ts';
import { encodeEnvelope, signEnvelope } from '../../registry/dsse.ts';
import { leafHash, verifyInclusion } from '../../registry/merkle.ts';
import { createRegistry, openRegistry, type Registry } from '../../registry/registry.ts';
import { decodeBundle, encodeBundle } from '../../registry/tiles.ts';
import { verdictLine, verifyRegistry } from '../../registry/verify.ts';
import { keyOf, line, newDirectory, newRegistry, origin, sign, startMs, tell, trust } from './registry.fixture.ts';

const note = (i: number) =>
  sign('olga', 'revocation', { model: sha256(`m${i}`), predicate: { line, reason: `r${i}` } });
const notes = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => note(from + i));
const problemsOf = (directory: string) => verifyRegistry(directory, { trust }).problems;

async function expectWhole(registry: Registry, size: number) {
  const result = verifyRegistry(registry.directory, { trust });
  expect(result.problems).toEqual([]);
  expect(result).toMatchObject({ trusted: true, entries: size, ignored: [] });
}

describe('the log', () => {
  it('begins empty and verifies', async () => {
    const registry = await newRegistry();
    await expectWhole(registry, 0);
    expect(verdictLine(verifyRegistry(registry.directory, { trust }))).toBe(
      'intact and trusted: 0 statements, 0 objects',
    );
  });

  it('without a trust file is intact and not trusted', async () => {
    const registry = await newRegistry();
    await tell(registry);
    const result = verifyRegistry(registry.directory);
    expect(result).toMatchObject({ intact: true, trusted: false });
    expect(result.problems).toMatchObject([{ code: 'ASSAY_TRUST_MISSING' }]);
  });

  it.each([
    [1, 1],
    [255, 1],
    [255, 2],
    [256, 1],
    [100, 500],
    [513, 300],
  ])('grows by batches %i and %i over tile borders', async (first, second) => {
    const registry = await newRegistry();
    await registry.appendAll(notes(0, first));
    await registry.appendAll(notes(first, first + second));
    await expectWhole(registry, first + second);
    for (const index of [0, first - 1, first, first + second - 1])
      expect(verifyInclusion(await registry.inclusion(index))).toBe(true);
  });

  it('numbers entries in order, names them by digest, and appends the same envelope once', async () => {
    const registry = await newRegistry();
    const [a, b] = await registry.appendAll([note(1), note(2), note(1)]);
    expect([a.index, b.index]).toEqual([0, 1]);
    expect(a.entryDigest).toBe(sha256(canonicalJson(note(1))));
    const other = await openRegistry(registry.directory, { logKey: keyOf('log'), clock: fixedClock(startMs) });
    expect(await other.append(note(2))).toEqual(b);
    expect((await other.checkpoint()).size).toBe(2);
    expect((await registry.entries()).map(({ digest }) => digest)).toEqual([a.entryDigest, b.entryDigest]);
  });

  it('takes no entry above 65,535 bytes, none that is no statement, and none without the key', async () => {
    const registry = await newRegistry();
    const large = { line, executor: 'x', approvals: Array.from({ length: 900 }, (_, i) => sha256(`${i}`)) };
    const wide = sign('olga', 'deployment', { model: sha256('m'), predicate: large });
    await expect(registry.append(wide)).rejects.toMatchObject({ code: 'ASSAY_ENTRY_TOO_LARGE' });
    const odd = signEnvelope('application/vnd.in-toto+json', Buffer.from('{}'), [keyOf('olga')]);
    await expect(registry.append(odd)).rejects.toMatchObject({ code: 'ASSAY_STATEMENT_INVALID' });
    const reader = await openRegistry(registry.directory);
    await expect(reader.append(note(1))).rejects.toMatchObject({ code: 'ASSAY_KEY_MISSING' });
    await expect(openRegistry(registry.directory, { logKey: keyOf('vera') })).rejects.toMatchObject({
      code: 'ASSAY_KEY_INVALID',
    });
    await expectWhole(registry, 0);
  });

  it('is not made over another log', async () => {
    const registry = await newRegistry();
    const again = createRegistry(registry.directory, { origin: 'other.example/log', logKey: keyOf('log') });
    await expect(again).rejects.toMatchObject({ code: 'ASSAY_REGISTRY_CORRUPT' });
    await expect(openRegistry(newDirectory())).rejects.toMatchObject({ code: 'ASSAY_REGISTRY_MISSING' });
  });

  it('refuses to append to a damaged log', async () => {
    const registry = await newRegistry();
    await registry.appendAll(notes(0, 3));
    const path = join(registry.directory, 'log/tile/entries/000.p/3');
    const bytes = readFileSync(path);
    bytes[40] ^= 1;
    writeFileSync(path, bytes);
    await expect(registry.append(note(9))).rejects.toMatchObject({ code: 'ASSAY_REGISTRY_CORRUPT' });
    await expect(openRegistry(registry.directory).then((r) => r.entries())).rejects.toMatchObject({
      code: 'ASSAY_REGISTRY_CORRUPT',
    });
  });

  it('returns no entry of a tile inside the tree that was changed together with its bundle', async () => {
    const registry = await newRegistry();
    await registry.appendAll(notes(0, 300));
    const bundlePath = join(registry.directory, 'log/tile/entries/000');
    const entries = decodeBundle(readFileSync(bundlePath)) as Buffer[];
    entries[5] = encodeEnvelope(note(1000));
    writeFileSync(bundlePath, encodeBundle(entries));
    writeFileSync(join(registry.directory, 'log/tile/0/000'), Buffer.concat(entries.map(leafHash)));
    const reader = await openRegistry(registry.directory);
    await expect(reader.entries()).rejects.toMatchObject({ code: 'ASSAY_REGISTRY_CORRUPT' });
    expect(problemsOf(registry.directory)).not.toEqual([]);
  });

  it('a disk that is full says so, and nothing written is lost', async () => {
    const directory = newDirectory();
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    let isFull = false;
    const beforeStep = () => {
      if (isFull) throw full;
    };
    const registry = await createRegistry(directory, {
      origin,
      logKey: keyOf('log'),
      clock: fixedClock(startMs),
      beforeStep,
    });
    await registry.append(note(1));
    isFull = true;
    await expect(registry.append(note(2))).rejects.toMatchObject({ code: 'ASSAY_DISK_FULL' });
    await expect(registry.putJson({ a: 1 })).rejects.toMatchObject({ code: 'ASSAY_DISK_FULL' });
    isFull = false;
    await expectWhole(registry, 1);
    await registry.append(note(2));
    await expectWhole(registry, 2);
  });
});

describe('many writers', () => {
  it('eight processes that append at once lose nothing', async () => {
    const registry = await newRegistry();
    await registry.appendAll(notes(0, 200)); // so that they cross the border of a tile
    let reads = 0;
    const reader = setInterval(() => {
      void openRegistry(registry.directory).then((open) => open.entries());
      expect(verifyRegistry(registry.directory, { trust }).problems).toEqual([]);
      reads += 1;
    }, 20);
    const codes = await Promise.all(
      Array.from({ length: 8 }, (_, i) => run(registry.directory, `writer-${i}`, { count: 12 })),
    );
    clearInterval(reader);
    expect(codes).toEqual(Array(8).fill(0));
    expect(reads).toBeGreaterThan(3);
    await expectWhole(registry, 200 + 96);
    const models = (await registry.entries()).slice(200).map(({ statement }) => statement.subject[0].digest.sha256);
    const expected = Array.from({ length: 96 }, (_, k) =>
      sha256(canonicalJson({ name: `writer-${k % 8}`, i: Math.floor(k / 8) })),
    );
    expect(new Set(models)).toEqual(new Set(expected));
  });

  it('a writer killed at any step leaves a log that verifies and that the next writer continues', async () => {
    const base = await newRegistry();
    await base.appendAll(notes(0, 255));
    let left = 0;
    // Put an object, then an entry that fills a tile: bundle, two tiles, checkpoint (3 steps each), two superseded files.
    const steps = 3 + 4 * 3 + 2;
    for (let dieAt = 1; dieAt <= steps + 1; dieAt += 1) {
      const directory = newDirectory();
      cpSync(base.directory, directory, { recursive: true });
      expect(await run(directory, 'victim', { dieAt })).toBe(dieAt <= steps ? 'SIGKILL' : 0);
      const { problems, entries, ignored } = verifyRegistry(directory, { trust });
      expect(problems).toEqual([]);
      const published = dieAt > 3 + 4 * 3;
      expect(entries).toBe(published ? 256 : 255);
      left += ignored.length;
      const next = await openRegistry(directory, { logKey: keyOf('log'), clock: fixedClock(startMs) });
      await next.append(note(1000));
      await expectWhole(next, entries + 1);
      expect(existsSync(`${directory}.tmp`) ? readdirSync(`${directory}.tmp`) : []).toEqual([]);
    }
    expect(left).toBeGreaterThan(5);
  });

  it('leftovers of a longer batch are replaced, not mistaken for the log', async () => {
    const directory = newDirectory();
    let budget = Infinity;
    const beforeStep = (step: string) => {
      if (step.startsWith('create log/checkpoint') && budget-- <= 0) throw new Error('killed before the checkpoint');
    };
    const registry = await createRegistry(directory, {
      origin,
      logKey: keyOf('log'),
      clock: fixedClock(startMs),
      beforeStep,
    });
    await registry.appendAll(notes(0, 18));
    budget = 0;
    await expect(registry.appendAll(notes(100, 620))).rejects.toThrow('killed');
    const { problems, ignored } = verifyRegistry(directory, { trust });
    expect(problems).toEqual([]);
    expect(ignored).toEqual(
      expect.arrayContaining(['log/tile/0/000', 'log/tile/entries/002.p/26', 'log/tile/1/000.p/2']),
    );
    budget = Infinity;
    await registry.append(note(18));
    await expectWhole(registry, 19);
    await registry.appendAll(notes(19, 600));
    await expectWhole(registry, 600);
  });
});

describe('what does not belong', () => {
  const plant = (directory: string, path: string, content: string | Buffer) => {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  };

  it.each([
    'README',
    'log/tile/0/000.p/9.tmp',
    'objects/sha256/ab/short',
    'log/tile/00/000',
    'log/tile/0/x000/001',
    'objects/index',
  ])('an unknown file: %s', async (path) => {
    const registry = await newRegistry();
    await registry.append(note(1));
    plant(registry.directory, path, 'x');
    expect(problemsOf(registry.directory)).toMatchObject([{ code: 'ASSAY_REGISTRY_CORRUPT', path }]);
  });

  it('a link instead of a file', async () => {
    const registry = await newRegistry();
    const digest = await registry.putJson({ a: 1 });
    const path = `objects/sha256/${digest.slice(0, 2)}/${digest.slice(2)}`;
    const elsewhere = join(dirname(registry.directory), 'elsewhere');
    writeFileSync(elsewhere, readFileSync(join(registry.directory, path)));
    rmSync(join(registry.directory, path));
    symlinkSync(elsewhere, join(registry.directory, path));
    expect(problemsOf(registry.directory)).toMatchObject([{ path, reason: 'not a plain file' }]);
  });

  it('an object that nothing names, with other bytes', async () => {
    const registry = await newRegistry();
    const path = `objects/sha256/ab/${'c'.repeat(62)}`;
    plant(registry.directory, path, 'x');
    expect(problemsOf(registry.directory)).toMatchObject([{ code: 'ASSAY_OBJECT_CORRUPT', path }]);
    await expect(registry.getObject(`ab${'c'.repeat(62)}`)).rejects.toMatchObject({ code: 'ASSAY_OBJECT_CORRUPT' });
    await expect(registry.getObject(sha256('absent'))).rejects.toMatchObject({ code: 'ASSAY_OBJECT_MISSING' });
    await expect(registry.getObject('../../log/vkey')).rejects.toMatchObject({ code: 'ASSAY_OBJECT_MISSING' });
  });

  it('a superseded partial tile that was changed, and one that is missing where it is needed', async () => {
    const registry = await newRegistry();
    for (let i = 0; i < 3; i += 1) await registry.append(note(i));
    plant(registry.directory, 'log/tile/0/000.p/1', Buffer.alloc(32));
    plant(registry.directory, 'log/tile/entries/000.p/2', Buffer.alloc(2));
    rmSync(join(registry.directory, 'log/tile/0/000.p/3'));
    expect(
      problemsOf(registry.directory)
        .map(({ path }) => path)
        .sort(),
    ).toEqual(['log/tile/0/000.p/1', 'log/tile/0/000.p/3', 'log/tile/entries/000.p/2']);
  });

  it('a directory that is none', () => {
    expect(verifyRegistry(newDirectory(), { trust })).toMatchObject({ intact: false, trusted: false });
  });
});

describe('one flipped byte', () => {
  it('anywhere in any file is found', { timeout: 120_000 }, async () => {
    const registry = await newRegistry();
    await registry.append(note(1));
    await registry.append(note(2));
    await registry.putObject(Buffer.from('an object that no statement names'));
    const { directory } = registry;
    const files = (
      readdirSync(directory, { recursive: true, withFileTypes: true }) as unknown as {
        parentPath: string;
        name: string;
        isFile(): boolean;
      }[]
    )
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBe(2 + 4 + 1);
    let flips = 0;
    for (const file of files) {
      const original = readFileSync(file);
      for (let at = 0; at < original.length; at += 1) {
        const damaged = Buffer.from(original);
        damaged[at] ^= 1 << (at % 8);
        writeFileSync(file, damaged);
        flips += 1;
        if (verifyRegistry(directory, { trust }).intact) throw new Error(`byte ${at} of ${file} flipped unseen`);
      }
      writeFileSync(file, original);
    }
    expect(flips).toBeGreaterThan(2000);
    await expectWhole(registry, 2);
  });
});

/** Exit code or signal of a process that appends. */
function run(directory: string, name: string, { count = 1, dieAt = 0 }): Promise<number | string | null> {
  const script = join(import.meta.dirname, 'registry-appender.ts');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, directory, name, String(count), String(dieAt)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ?? code));
  });
}

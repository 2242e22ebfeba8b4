/** The two captures of the repository, and small ones cut out of the first for tests that break them. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { removeFolder } from './temporary.ts';

export const captures: readonly [string, string] = ['20240808', '20240809'].map((day) =>
  fileURLToPath(new URL(`../../examples/data/btcusd_perp_${day}.gz`, import.meta.url)),
) as [string, string];

/** Larger captures that lie beside the repository on some machines; undefined, and a line that says so, elsewhere. */
export function sharedCapture(path: string): string | undefined {
  const file = fileURLToPath(new URL(`../../../shared/data/market/${path}`, import.meta.url));
  if (existsSync(file)) return file;
  console.log(`not here, so not curated: ${path}`);
  return undefined;
}

/** Lines of a capture, unpacked. */
export function linesOf(path: string): string[] {
  return gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n');
}

/** A line's JSON, as far as tests look into it. */
export interface Message {
  readonly data?: RawDepth | RawQuote | RawTrade;
  /** Of a snapshot only. */
  readonly lastUpdateId?: number;
  readonly T?: number;
  readonly bids?: string[][];
  readonly asks?: string[][];
}
interface RawDepth {
  readonly e: 'depthUpdate';
  readonly T: number;
  readonly u: number;
  readonly b: string[][];
  readonly a: string[][];
}
interface RawQuote {
  readonly e: 'bookTicker';
  readonly T: number;
  readonly u: number;
  readonly b: string;
  readonly a: string;
}
interface RawTrade {
  readonly e: 'trade';
}

export function messageOf(line: string): Message {
  return JSON.parse(line.slice(line.indexOf(' ') + 1)) as Message;
}

/** Packs lines as the recorder does. */
export function pack(lines: readonly string[]): Buffer {
  return gzipSync(lines.map((line) => `${line}\n`).join(''));
}

export interface Bench {
  readonly folder: string;
  /** Writes a file and returns its path. */
  write(name: string, bytes: Uint8Array | string): string;
  /** An empty folder. */
  work(): string;
  remove(): void;
}

export function createBench(): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'assay-captures-'));
  return {
    folder,
    write(name, bytes) {
      const path = join(folder, name);
      writeFileSync(path, bytes);
      return path;
    },
    work: () => mkdtempSync(join(folder, 'work-')),
    remove: () => removeFolder(folder),
  };
}

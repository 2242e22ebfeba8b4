/**
 * The first look at a capture: bytes to lines. Digests the file as it is, unpacks it into a plain text file for DuckDB, and
 * makes sure that every line is framed as `<receive time, ns since 1970> {...}`, so that a wrong file is named before
 * anything is read out of it.
 */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import { diskFull } from './disk-full.ts';

/** A capture on this machine and what to call it: names reach artifacts, paths never do. */
export interface CaptureFile {
  readonly name: string;
  readonly path: string;
}

export interface Unpacked {
  /** Of the file as it was given. */
  readonly sha256: Sha256;
  readonly lines: number;
}

const format = 'hftbacktest';
const newline = 0x0a;
/** Receive times from 2001 to 2065; text without control characters, which JSON does not admit unescaped. Bytes as Latin-1. */
const frame = /^[12]\d{18} \{[ -\xff]*\}$/;
const prefix = /^[12]\d{18} \{/;

/**
 * @param target where the plain lines go; replaced when it is there
 * @throws ASSAY_INPUT_MISSING, ASSAY_CAPTURE_EMPTY, ASSAY_CAPTURE_TRUNCATED, ASSAY_CAPTURE_CORRUPT, ASSAY_CAPTURE_FORMAT,
 * ASSAY_DISK_FULL
 */
export async function unpack({ name, path }: CaptureFile, target: string): Promise<Unpacked> {
  const packed = isGzip(name, path);
  const hash = createHash('sha256');
  const lines = new LineCheck(name);
  const file = await open(target, 'w');
  const digest = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  const write = async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      lines.take(chunk);
      await file.writeFile(chunk);
    }
    lines.end();
    // DuckDB must meet a last line like any other.
    if (lines.open) await file.writeFile('\n');
  };
  try {
    const source = createReadStream(path);
    await (packed ? pipeline(source, digest, createGunzip(), write) : pipeline(source, digest, write));
    return { sha256: hash.digest('hex'), lines: lines.count };
  } catch (error) {
    throw inflateError(error, { file: name, line: lines.count + 1 }) ?? diskFull(error, target) ?? error;
  } finally {
    await file.close();
  }
}

/** Counts lines and refuses the first that is not framed as one. */
class LineCheck {
  count = 0;
  readonly #file: string;
  #rest: Buffer = Buffer.alloc(0);

  constructor(file: string) {
    this.#file = file;
  }

  /** Whether the last line has no line break. */
  get open(): boolean {
    return this.#rest.length > 0;
  }

  take(chunk: Buffer): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let start = 0;
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, start)) {
      this.#check(bytes.subarray(start, end));
      start = end + 1;
    }
    this.#rest = Buffer.from(bytes.subarray(start));
  }

  end(): void {
    if (this.open) {
      const text = this.#rest.toString('latin1');
      if (this.count > 0 && !frame.test(text)) throw this.#truncated('its last line is cut off');
      this.#check(this.#rest);
    }
    if (this.count === 0) throw new AssayError('ASSAY_CAPTURE_EMPTY', { file: this.#file });
  }

  #check(line: Buffer): void {
    const file = this.#file;
    const number = this.count + 1;
    const text = line.toString('latin1');
    if (!frame.test(text)) {
      if (number === 1) {
        const reason = 'its first line is not "<receive time in ns> {...}"';
        throw new AssayError('ASSAY_CAPTURE_FORMAT', { file, expected: format, reason });
      }
      const reason = prefix.test(text) ? 'the message is cut off' : 'it is not "<receive time in ns> {...}"';
      throw new AssayError('ASSAY_CAPTURE_CORRUPT', { file, line: number, reason });
    }
    if (!isUtf8(line))
      throw new AssayError('ASSAY_CAPTURE_CORRUPT', { file, line: number, reason: 'it is not UTF-8 text' });
    this.count = number;
  }

  #truncated(reason: string): AssayError {
    return new AssayError('ASSAY_CAPTURE_TRUNCATED', { file: this.#file, reason: `${reason}, line ${this.count + 1}` });
  }
}

function isGzip(name: string, path: string): boolean {
  try {
    const file = openSync(path, 'r');
    try {
      const magic = Buffer.alloc(2);
      if (readSync(file, magic) === 0) throw new AssayError('ASSAY_CAPTURE_EMPTY', { file: name });
      return magic[0] === 0x1f && magic[1] === 0x8b;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES')
      throw new AssayError('ASSAY_INPUT_MISSING', { what: 'capture', path }, { cause: error });
    throw error;
  }
}

function inflateError(error: unknown, { file, line }: { file: string; line: number }): AssayError | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (code === 'Z_BUF_ERROR')
    return new AssayError('ASSAY_CAPTURE_TRUNCATED', { file, reason: `the packed data end in line ${line}` });
  if (code.startsWith('Z_'))
    return new AssayError('ASSAY_CAPTURE_CORRUPT', { file, line, reason: `cannot be unpacked (${code})` });
  return undefined;
}

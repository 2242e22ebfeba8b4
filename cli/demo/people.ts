/** People act through the command line: each command a process of its own, with that person's key, as users would. */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { AssayError, type ErrorCode } from '../../core/errors.ts';
import type { LocalHouse } from '../local-house.ts';
import type { Identity } from '../throwaway.ts';
import type { Board } from './board.ts';

const script = join(import.meta.dirname, '../assay.ts');

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

export interface People {
  /** @returns what the command answers with --json. @throws the AssayError that it ended with */
  ask<T>(who: Identity, args: readonly string[]): Promise<T>;
  /** Asks for what must be refused. @returns the refusal, undefined when it was done */
  tryTo(who: Identity, args: readonly string[]): Promise<Refusal | undefined>;
  /** The answer of a command that looks for something to object to, whether it did or not. */
  look<T>(args: readonly string[]): Promise<T>;
}

export interface PeopleOptions {
  readonly board: Board;
  /** Takes every command and what it printed. */
  readonly logFile: string;
  /** Ends a command that is under way. */
  readonly signal: AbortSignal;
}

export function peopleOf(house: LocalHouse, { board, logFile, signal }: PeopleOptions): People {
  const env = {
    ...process.env,
    TEMPORAL_ADDRESS: house.server.address,
    TEMPORAL_NAMESPACE: house.server.namespace,
    ASSAY_REGISTRY: house.registry,
    ASSAY_TRUST: house.trustFile,
  };

  /** Runs one command, shown as its person would type it. */
  async function run(who: Identity | undefined, args: readonly string[]): Promise<Ran> {
    const shown = `${who ?? ''}$ npx assay ${args.map(shownArgument).join(' ')}`;
    board.say(shown);
    const child = spawn(process.execPath, [script, ...args, '--json'], {
      env,
      signal,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { promise, resolve, reject } = Promise.withResolvers<number | null>();
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.on('error', reject);
    child.on('close', resolve);
    const exit = await promise.catch((cause: unknown) => {
      throw new AssayError('ASSAY_CANCELLED', { what: shown }, { cause });
    });
    appendFileSync(logFile, `${shown}\n${err}${out.slice(0, 4000)}\nexit code ${exit}\n\n`);
    return read(shown, out, exit);
  }

  const signing = (who: Identity, args: readonly string[]) => run(who, [...args, '--key', house.keyFile(who)]);
  return {
    async ask<T>(who: Identity, args: readonly string[]) {
      const { value, error } = await signing(who, args);
      if (error !== undefined) throw error;
      return value as T;
    },
    async tryTo(who, args) {
      const { error } = await signing(who, args);
      return error && { code: error.code, message: error.message };
    },
    async look<T>(args: readonly string[]) {
      const { value, error } = await run(undefined, args);
      if (error !== undefined) throw error;
      return value as T;
    },
  };
}

interface Ran {
  readonly value: unknown;
  /** What the command ended with, when it ended with an error. */
  readonly error?: AssayError;
}

function read(shown: string, out: string, exit: number | null): Ran {
  let value: unknown;
  try {
    value = JSON.parse(out);
  } catch (cause) {
    throw new AssayError('ASSAY_INTERNAL', { reason: `"${shown}" ended with ${exit} and no answer` }, { cause });
  }
  const { error } = value as { error?: { code: ErrorCode; message: string; remedy: string } };
  if (error === undefined) return { value };
  const { code, message: _message, remedy: _remedy, ...params } = error;
  return { value, error: new AssayError(code, params) };
}

/** Digests by their first characters, paths from where we are. */
function shownArgument(text: string): string {
  if (/^[0-9a-f]{64}$/.test(text)) return text.slice(0, 12);
  if (text.startsWith('/')) return relative(process.cwd(), text) || '.';
  return /^[\w./:=,-]+$/.test(text) ? text : `"${text}"`;
}

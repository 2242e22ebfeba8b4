/**
 * One function gives demo, tests and `assay dev` a real Temporal server: the one that TEMPORAL_ADDRESS names, or an own one
 * whose database is a file, so that a server killed and started again on that file has forgotten nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { AssayError } from '../core/errors.ts';
import { type FoundBinary, findTemporalBinary } from './temporal-binary.ts';

export const defaultAddress = '127.0.0.1:7233';
const startWithinMs = 60_000;
const stopWithinMs = 10_000;
const startAttempts = 5;

export interface TemporalOptions {
  /** SQLite file that keeps every workflow; its folder is made. Not used when TEMPORAL_ADDRESS is set. */
  readonly dbFile: string;
  /** @default a free one */
  readonly port?: number;
  /** Serve Temporal's own UI on this port. @default no UI */
  readonly uiPort?: number;
  /** All that the server says is appended here. */
  readonly logFile?: string;
  /** Told, one line at a time, what takes long. */
  readonly log?: (line: string) => void;
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
}

export interface TemporalServer {
  /** `host:port` of the gRPC front end. */
  readonly address: string;
  readonly namespace: string;
  /** Where the server came from, in words. */
  readonly origin: string;
  readonly uiUrl?: string;
  /** Undefined for a server that was running already. */
  readonly pid?: number;
  /** When an own server has ended, for whatever reason. */
  readonly ended?: Promise<void>;
  /** Ends an own server and waits until it is gone; leaves one that was running already alone. */
  stop(): Promise<void>;
}

/** @throws ASSAY_TEMPORAL_UNAVAILABLE saying what was tried; ASSAY_TEMPORAL_LOST when TEMPORAL_ADDRESS does not answer */
export async function startTemporal(options: TemporalOptions): Promise<TemporalServer> {
  const env = options.env ?? process.env;
  const namespace = env.TEMPORAL_NAMESPACE || 'default';
  if (env.TEMPORAL_ADDRESS) {
    await waitUntilItAnswers({ address: env.TEMPORAL_ADDRESS, namespace, withinMs: 5_000 });
    return { address: env.TEMPORAL_ADDRESS, namespace, origin: 'TEMPORAL_ADDRESS', stop: async () => {} };
  }
  const binary = await findTemporalBinary({ env, ...(options.log && { log: options.log }) });
  mkdirSync(dirname(options.dbFile), { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    const started = await launch(binary, options, { port, namespace });
    if ('server' in started) return started.server;
    const { output, cause } = started;
    // The server looks for free ports of its own, and another process may take one before it does.
    const taken = output.includes('address already in use');
    const asked = [options.port, options.uiPort].some((given) => output.includes(`:${given}: bind`));
    if (taken && !asked && attempt < startAttempts) continue;
    const said = output.trim().split('\n').at(-1)?.slice(0, 300) || 'it said nothing';
    throw new AssayError('ASSAY_TEMPORAL_UNAVAILABLE', { tried: `${binary.path} did not start (${said})` }, { cause });
  }
}

type Started = { readonly server: TemporalServer } | { readonly output: string; readonly cause: unknown };

/** One process; the end of what it said when it did not come up. */
async function launch(binary: FoundBinary, options: TemporalOptions, at: Place): Promise<Started> {
  const child = spawn(binary.path, serverArguments(options, at), { stdio: ['ignore', 'pipe', 'pipe'] });
  const endWithUs = () => child.kill('SIGKILL');
  process.once('exit', endWithUs);
  let output = '';
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-2000);
    if (options.logFile !== undefined) appendFileSync(options.logFile, chunk);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const gone = new AbortController();
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.once('error', () => gone.abort());
  child.once('close', () => {
    gone.abort();
    process.off('exit', endWithUs);
  });
  const { port, namespace } = at;
  const address = `127.0.0.1:${port}`;
  try {
    await waitUntilItAnswers({ address, namespace, withinMs: startWithinMs, gone: gone.signal });
  } catch (cause) {
    await end(child);
    return { output, cause };
  }
  const server = {
    address,
    namespace,
    origin: binary.origin,
    ...(options.uiPort && { uiUrl: `http://127.0.0.1:${options.uiPort}` }),
    ...(child.pid && { pid: child.pid, ended }),
    stop: () => end(child),
  };
  return { server };
}

interface Place {
  readonly port: number;
  readonly namespace: string;
}

function serverArguments(options: TemporalOptions, at: Place): string[] {
  const ui = options.uiPort ? ['--ui-port', String(options.uiPort)] : ['--headless'];
  const place = ['--ip', '127.0.0.1', '--port', String(at.port), '--namespace', at.namespace];
  const quiet = ['--log-level', 'error', '--log-format', 'json'];
  return ['server', 'start-dev', ...place, '--db-filename', options.dbFile, ...quiet, ...ui];
}

export interface AnswerOptions {
  readonly address: string;
  readonly namespace: string;
  readonly withinMs: number;
  /** Give up at once when this fires: the process has ended. */
  readonly gone?: AbortSignal;
}

/** Until the namespace can be described. @throws ASSAY_TEMPORAL_LOST */
export async function waitUntilItAnswers({ address, namespace, withinMs, gone }: AnswerOptions): Promise<void> {
  const deadline = Date.now() + withinMs;
  let cause: unknown;
  while (Date.now() < deadline && !gone?.aborted) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1000 });
      try {
        await connection.withDeadline(Date.now() + 2000, () =>
          connection.workflowService.describeNamespace({ namespace }),
        );
        return;
      } finally {
        await connection.close();
      }
    } catch (error) {
      cause = error;
      await sleep(100);
    }
  }
  throw new AssayError('ASSAY_TEMPORAL_LOST', { address }, { cause });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await closed;
  clearTimeout(hard);
}

export function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    server.close(() => resolve(port));
  });
  return promise;
}

/**
 * Where the Temporal server's program is, or how it comes here: given by the user, on the PATH, in the user's cache,
 * downloaded by the SDK, or built with Go. Each way that does not work leaves a sentence that says why.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssayError } from '../core/errors.ts';

const goModule = 'github.com/temporalio/cli/cmd/temporal@v1.5.1';
const goAtLeast = { major: 1, minor: 25 };
/** A download that has brought nothing new for this long is given up. */
const downloadStallMs = 15_000;

export interface FindOptions {
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Told, one line at a time, what takes long. */
  readonly log?: (line: string) => void;
  /** Look only; neither download nor build. */
  readonly lookOnly?: boolean;
}

export interface FoundBinary {
  readonly path: string;
  /** In words, for `assay doctor`. */
  readonly origin: string;
}

/** @throws ASSAY_TEMPORAL_UNAVAILABLE naming every way that was tried */
export async function findTemporalBinary(options: FindOptions = {}): Promise<FoundBinary> {
  const env = options.env ?? process.env;
  const log = options.log ?? (() => {});
  const tried: string[] = [];
  const ways = options.lookOnly ? [given, onPath, cached] : [given, onPath, cached, download, buildWithGo];
  for (const way of ways) {
    const result = await way(env, log);
    if (typeof result !== 'string') return result;
    tried.push(result);
  }
  throw new AssayError('ASSAY_TEMPORAL_UNAVAILABLE', { tried: tried.join('; ') });
}

/** Folder of the user's cache that keeps programs. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'assay', 'bin');
}

/** One way to a binary: the binary, or why it is not there. */
type Way = (
  env: NodeJS.ProcessEnv,
  log: (line: string) => void,
) => FoundBinary | string | Promise<FoundBinary | string>;

const given: Way = (env) => {
  const path = env.TEMPORAL_CLI_PATH;
  if (!path) return 'TEMPORAL_CLI_PATH is not set';
  return isExecutable(path)
    ? { path, origin: 'TEMPORAL_CLI_PATH' }
    : `TEMPORAL_CLI_PATH names ${path}, which cannot be run`;
};

const onPath: Way = (env) => {
  const found = searchPath('temporal', env);
  return found ? { path: found, origin: 'PATH' } : 'no temporal on the PATH';
};

const cached: Way = (env) => {
  const path = join(cacheFolder(env), 'temporal');
  return isExecutable(path) ? { path, origin: 'the user cache' } : `no temporal in ${cacheFolder(env)}`;
};

const download: Way = async (env, log) => {
  const folder = join(cacheFolder(env), 'download');
  mkdirSync(folder, { recursive: true });
  log('no Temporal server here yet: asking the SDK to download one');
  const child = spawn(process.execPath, [fileURLToPath(new URL('./temporal-download.ts', import.meta.url)), folder], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  let [bytes, since] = [0, Date.now()];
  const watch = setInterval(() => {
    const now = folderBytes(folder);
    if (now > bytes) [bytes, since] = [now, Date.now()];
    else if (Date.now() - since > downloadStallMs) child.kill('SIGKILL');
  }, 500);
  const code = await exitOf(child);
  clearInterval(watch);
  const file = readdirSync(folder).find((name) => code === 0 && isExecutable(join(folder, name)));
  const path = join(cacheFolder(env), 'temporal');
  if (file) renameSync(join(folder, file), path);
  rmSync(folder, { recursive: true, force: true });
  if (file) return { path, origin: 'the SDK download' };
  return `the SDK's download failed (${lastLine(complaint) || 'no answer'})`;
};

const buildWithGo: Way = async (env, log) => {
  const go = searchPath('go', env);
  if (!go) return 'no go on the PATH to build it with';
  const version = await outputOf(go, ['env', 'GOVERSION'], env);
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(version) ?? [];
  if (Number(major) !== goAtLeast.major || Number(minor) < goAtLeast.minor)
    return `${version.trim() || 'the go on the PATH'} is older than Go ${goAtLeast.major}.${goAtLeast.minor}`;
  const folder = cacheFolder(env);
  mkdirSync(folder, { recursive: true });
  log('building the Temporal server with Go, once: about 4 minutes on 2 cores');
  const child = spawn(go, ['install', goModule], {
    env: { ...process.env, ...env, GOBIN: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const start = Date.now();
  const ticker = setInterval(() => log(`building the Temporal server: ${elapsed(Date.now() - start)}`), 15_000);
  const code = await exitOf(child);
  clearInterval(ticker);
  const path = join(folder, 'temporal');
  if (code === 0 && isExecutable(path)) return { path, origin: 'built with Go' };
  return `go install ${goModule} failed (${lastLine(complaint) || `exit code ${code}`})`;
};

export function searchPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function folderBytes(folder: string): number {
  return readdirSync(folder).reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}

async function outputOf(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await exitOf(child);
  return text;
}

function exitOf(child: ReturnType<typeof spawn>): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  child.on('error', () => resolve(null));
  child.on('close', (code) => resolve(code));
  return promise;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 200) ?? '';
}

function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} elapsed`;
}

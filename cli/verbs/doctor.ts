/** `assay doctor`: what this machine has, what is missing, and what to do about it. Starts nothing and downloads nothing. */
import { existsSync, statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { fromFailure } from '../../activities/failures.ts';
import { act, addVerb, type Common } from '../command.ts';
import { findTemporalBinary, searchPath } from '../temporal-binary.ts';
import { waitUntilItAnswers } from '../temporal-server.ts';

interface Finding {
  readonly what: string;
  /** `absent`: something that is only needed for some verbs. */
  readonly state: 'ok' | 'absent' | 'broken';
  readonly detail: string;
  readonly remedy?: string;
}

export function addDoctor(program: Command): void {
  const verb = addVerb(program, 'doctor', 'look whether this machine can run everything');
  act(verb, async (_args, options) => {
    const findings = await examine(options);
    const broken = findings.filter(({ state }) => state === 'broken').length;
    const last = broken === 0 ? 'everything needed is here' : `${broken} of ${findings.length} broken`;
    return { text: [...findings.map(line), last].join('\n'), value: { findings }, exit: broken === 0 ? 0 : 3 };
  });
}

export async function examine(options: Pick<Common, 'registry' | 'trust'>): Promise<Finding[]> {
  return [
    { what: 'node', state: 'ok', detail: process.version },
    { what: 'cores', state: 'ok', detail: String(availableParallelism()) },
    freeSpace(options.registry),
    await addon('DuckDB', async () => (await import('@duckdb/node-api')).version()),
    await addon('ONNX Runtime', async () => (await import('onnxruntime-node')).env.versions.node ?? 'loaded'),
    await addon('Temporal worker', async () => {
      await import('@temporalio/worker');
      return 'loaded';
    }),
    await temporal(),
    place('registry', options.registry, 'Found one with "assay keys new --log <name>", or name one with --registry.'),
    place('trust file', options.trust, 'Without it nothing is trusted; name one with --trust.'),
  ];
}

function line({ what, state, detail, remedy }: Finding): string {
  return `${state.padEnd(6)}  ${what}: ${detail}${state !== 'ok' && remedy ? `. ${remedy}` : ''}`;
}

function freeSpace(path: string): Finding {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  const detail = `${(free / 2 ** 30).toFixed(1)} GiB free`;
  return {
    what: 'disk',
    state: free < 2 ** 30 ? 'broken' : 'ok',
    detail,
    remedy: 'Free at least 1 GiB where the registry is.',
  };
}

async function addon(what: string, load: () => Promise<string>): Promise<Finding> {
  try {
    return { what, state: 'ok', detail: await load() };
  } catch (error) {
    const detail = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { what, state: 'broken', detail, remedy: 'Run "npm ci" again; is this platform supported?' };
  }
}

async function temporal(): Promise<Finding> {
  const what = 'Temporal server';
  const address = process.env.TEMPORAL_ADDRESS;
  try {
    if (address) {
      await waitUntilItAnswers({ address, namespace: process.env.TEMPORAL_NAMESPACE || 'default', withinMs: 3000 });
      return { what, state: 'ok', detail: `answers at ${address}` };
    }
    const { path, origin } = await findTemporalBinary({ lookOnly: true });
    return { what, state: 'ok', detail: `${path} (${origin})` };
  } catch (error) {
    const { message, remedy } = fromFailure(error);
    if (address || !searchPath('go', process.env)) return { what, state: 'broken', detail: message, remedy };
    return {
      what,
      state: 'absent',
      detail: message,
      remedy: 'It is downloaded, or built with the Go that is here, when first needed.',
    };
  }
}

function place(what: string, path: string, remedy: string): Finding {
  return { what, state: existsSync(path) ? 'ok' : 'absent', detail: path, remedy };
}

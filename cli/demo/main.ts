/** The demo as a command: a fresh folder, a house in it, the story, the summary; whatever happens, nothing is left running. */
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { WorkflowHandle } from '@temporalio/client';
import { Command, CommanderError } from 'commander';
import { AssayError } from '../../core/errors.ts';
import { type LoadedProtocol, loadProtocol } from '../../validation/protocol.ts';
import { showError, usage } from '../command.ts';
import { startHouse } from '../local-house.ts';
import { withClient } from '../temporal-client.ts';
import { type Board, createBoard } from './board.ts';
import { peopleOf } from './people.ts';
import { play } from './story.ts';
import type { DemoSummary, Places } from './summary.ts';
import { summaryText } from './summary-text.ts';

const root = join(import.meta.dirname, '../..');
const defaultCaptures = ['btcusd_perp_20240808.gz', 'btcusd_perp_20240809.gz'].map((name) =>
  join(root, 'examples/data', name),
);

interface Options {
  readonly seed: string;
  readonly folder: string;
  readonly protocol?: string;
  readonly captures?: readonly string[];
  readonly json: boolean;
}

function createCommand(): Command {
  return new Command('npm run demo --')
    .description('plays the whole life of one model on real market captures, with throw-away identities')
    .option('--seed <number>', 'of the training', '1')
    .option('--folder <folder>', 'registry, keys, logs and server database; what is there is kept aside', '.assay/demo')
    .option('--protocol <file>', "what is fixed beforehand; default: the repository's protocol.json")
    .option('--captures <files...>', 'in the order of the stream; default: the two in examples/data')
    .option('--json', 'print the summary as one JSON value; what happens goes to stderr', false)
    .exitOverride();
}

/** Sets the exit code: 0 played to its end, 1 refused or does not verify, 2 usage, 3 environment. */
export async function demo(argv: readonly string[]): Promise<void> {
  const command = createCommand();
  try {
    command.parse(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  const options = command.opts<Options>();
  const board = createBoard({ stream: options.json ? process.stderr : process.stdout });
  let logs: string | undefined;
  try {
    const play = prepare(options);
    logs = play.places.logs;
    const summary = await run(play, board);
    board.close();
    process.stdout.write(options.json ? `${JSON.stringify(summary, null, 2)}\n` : `\n${summaryText(summary)}\n`);
    process.exitCode = 0;
  } catch (error) {
    board.close();
    process.exitCode = showError(error, options.json);
    if (logs !== undefined) process.stderr.write(`  logs: ${here(logs)} of server, workers and commands\n`);
  }
  // Whatever still waits for a server that is gone must not keep us.
  process.exit();
}

interface Prepared {
  readonly begun: number;
  readonly seed: number;
  readonly captures: readonly string[];
  readonly protocolFile: string;
  readonly protocol: LoadedProtocol;
  readonly places: Places;
}

/** Everything that can be wrong with what was asked is found before anything is moved or started. */
function prepare(options: Options): Prepared {
  const begun = Date.now();
  const seed = Number(options.seed);
  if (!(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32))
    usage(`--seed takes a whole number from 0 to 2^32 - 1, not "${options.seed}"`);
  const protocolFile = resolve(options.protocol ?? join(root, 'protocol.json'));
  const protocol = loadProtocol(protocolFile);
  const captures = (options.captures ?? defaultCaptures).map((file) => resolve(file));
  for (const path of captures)
    if (!existsSync(path)) throw new AssayError('ASSAY_INPUT_MISSING', { what: 'capture', path });
  const folder = resolve(options.folder);
  holdAlone(folder);
  const kept = keepAside(folder);
  const places: Places = {
    ...{ folder, registry: join(folder, 'registry'), trust: join(folder, 'trust.json') },
    ...{ logs: join(folder, 'logs'), report: join(folder, 'report.html') },
    ...{ execution: join(folder, 'execution.html'), ...(kept && { kept }) },
  };
  return { begun, seed, captures, protocolFile, protocol, places };
}

async function run({ begun, places, ...asked }: Prepared, board: Board): Promise<DemoSummary> {
  const { folder, kept } = places;
  board.heading('Assay: the whole life of one model, on real captures and paper orders');
  board.say(
    'People and machines are throw-away identities in processes of their own: nobody should trust what they sign.',
  );
  board.say(`in ${here(folder)}${kept ? `; the run before is kept at ${here(kept)}` : ''}`);

  const stop = new AbortController();
  const interrupted = untilInterrupted(stop);
  const starting = startHouse({ folder, logs: places.logs, log: (line) => board.say(line) });
  const house = await Promise.race([starting, interrupted]);
  const logFile = join(places.logs, 'commands.log');
  const people = peopleOf(house, { board, logFile, signal: stop.signal });
  const notes = { refused: [], executions: [], timings: [], started: [] };
  const given = { ...asked, house, board, people, pages: places, notes };
  try {
    const played = await withClient(house.server, async (client) => {
      const story = play({ ...given, client });
      // When it is left alone, nobody asks how it ended.
      story.catch(() => {});
      try {
        return await Promise.race([story, interrupted, house.lost]);
      } finally {
        stop.abort();
        if (house.server.pid === undefined) await forget(notes.started);
      }
    });
    const timings = [...played.timings, { what: 'everything', seconds: (Date.now() - begun) / 1000 }];
    const summary = { ...played, timings, places };
    writeFileSync(join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`);
    writeFileSync(join(folder, 'summary.txt'), `${summaryText(summary)}\n`);
    return summary;
  } finally {
    await house.stop();
  }
}

/** On a server that goes on without us, nothing of ours waits for workers that are gone. */
async function forget(started: readonly WorkflowHandle[]): Promise<void> {
  await Promise.allSettled(started.map((handle) => handle.terminate('the demo is over')));
}

/** For as long as this process lives. */
let held: DatabaseSync | undefined;

/** @throws ASSAY_USAGE when another demo plays in this folder; the kernel gives it free when its process ends, however it ends */
function holdAlone(folder: string): void {
  mkdirSync(dirname(folder), { recursive: true });
  try {
    held = new DatabaseSync(`${folder}.lock`, { timeout: 0 });
    held.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch {
    usage(`another demo plays in ${folder}; wait for it, or choose another --folder`);
  }
}

/** Moves what an earlier run left to the next free number. @returns where it is now */
function keepAside(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const numbers = readdirSync(dirname(folder)).map(
    (name) => Number(name.match(/\.(\d+)$/)?.[1] ?? 0) * Number(name.startsWith(`${basename(folder)}.`)),
  );
  const kept = `${folder}.${Math.max(0, ...numbers) + 1}`;
  renameSync(folder, kept);
  return kept;
}

/** Rejects on Ctrl-C or SIGTERM; at the second one we go at once. */
function untilInterrupted(stop: AbortController): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const interrupt = () => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort();
    reject(new AssayError('ASSAY_CANCELLED', { what: 'the demo' }));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return promise;
}

function here(path: string): string {
  return relative(process.cwd(), path) || '.';
}

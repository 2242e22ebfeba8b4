/** `assay dev`: a Temporal server with its own UI, a worker a queue, and throw-away identities, until Ctrl-C. */
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { QueueName } from '../../workflows/queues.ts';
import { act, addVerb, usage } from '../command.ts';
import { workingQueues } from '../stages.ts';
import { freePort, startTemporal, type TemporalServer } from '../temporal-server.ts';
import { openThrowaway, type Throwaway } from '../throwaway.ts';
import { startWorker, type WorkerProcess } from '../worker-process.ts';

interface Options {
  readonly folder: string;
  readonly port: string;
  readonly uiPort: string;
}

export function addDev(program: Command): void {
  const verb = addVerb(program, 'dev', 'server, workers and Temporal UI with throw-away identities, until Ctrl-C')
    .option('--folder <folder>', 'keys, trust file, registry and server database', '.assay/dev')
    .option('--port <number>', 'of the server', '7233')
    .option('--ui-port <number>', "of Temporal's UI", '8233');
  act<Options>(verb, async (_args, options) => {
    const log = (line: string) => process.stderr.write(`${line}\n`);
    const house = await openThrowaway(resolve(options.folder));
    const [port, uiPort] = [await freeOrOther(options.port, log), await freeOrOther(options.uiPort, log)];
    const server = await startTemporal({ dbFile: join(house.folder, 'temporal.db'), port, uiPort, log });
    const workers: WorkerProcess[] = [];
    try {
      for (const queue of workingQueues) workers.push(await startWorker(workerOptions(queue, house, server)));
      const value = { address: server.address, ui: server.uiUrl, registry: house.registry, trust: house.trustFile };
      process.stdout.write(`${options.json ? JSON.stringify(value) : welcome(house, server).join('\n')}\n`);
      await Promise.race([interrupted(), ...workers.map(({ ended }) => ended)]);
    } finally {
      await Promise.all(workers.map((worker) => worker.stop()));
      await server.stop();
    }
    return { text: 'stopped; the same folder goes on where it was', value: { stopped: true } };
  });
}

function workerOptions(queue: QueueName, house: Throwaway, { address, namespace }: TemporalServer) {
  const { registry, trustFile: trust, folder } = house;
  const [key, logKey] = [house.keyFile(`demo-${queue}`), house.keyFile('demo-log')];
  return { queues: [queue], address, namespace, registry, trust, key, logKey, scratch: join(folder, 'scratch') };
}

function welcome(house: Throwaway, server: TemporalServer): string[] {
  return [
    `Temporal     ${server.address} (${server.origin})`,
    ...(server.uiUrl ? [`Temporal UI  ${server.uiUrl}`] : []),
    `workers      ${workingQueues.join(', ')}`,
    `identities   ${join(house.folder, 'keys')} (throw-away: nobody should trust what they sign)`,
    'In another terminal:',
    `  export TEMPORAL_ADDRESS=${server.address} ASSAY_REGISTRY=${house.registry} ASSAY_TRUST=${house.trustFile}`,
    '  npx assay list',
    'Ctrl-C ends it all.',
  ];
}

function interrupted(): Promise<void> {
  const { promise, resolve: stop } = Promise.withResolvers<void>();
  process.once('SIGINT', () => stop());
  process.once('SIGTERM', () => stop());
  return promise;
}

/** The port asked for, or a free one when something else has it. */
async function freeOrOther(text: string, log: (line: string) => void): Promise<number> {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) usage(`"${text}" is no port`);
  const { promise, resolve: answer } = Promise.withResolvers<boolean>();
  const probe = createServer();
  probe.once('error', () => answer(false));
  probe.listen(port, '127.0.0.1', () => probe.close(() => answer(true)));
  if (await promise) return port;
  const other = await freePort();
  log(`port ${port} is taken; using ${other}`);
  return other;
}

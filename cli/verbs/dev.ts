/** `assay dev`: a Temporal server with its own UI, a worker a queue, and throw-away identities, until Ctrl-C. */
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { act, addVerb, usage } from '../command.ts';
import { type LocalHouse, startHouse } from '../local-house.ts';
import { queueNames } from '../stages.ts';
import { freePort } from '../temporal-server.ts';

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
    const [port, uiPort] = [await freeOrOther(options.port, log), await freeOrOther(options.uiPort, log)];
    const house = await startHouse({ folder: resolve(options.folder), port, uiPort, log });
    const stop = interrupted();
    try {
      const begun = await Promise.race([house.ready.then(() => true), house.lost, stop]);
      if (begun) {
        const { server, registry, trustFile: trust } = house;
        const value = { address: server.address, ui: server.uiUrl, registry, trust };
        process.stdout.write(`${options.json ? JSON.stringify(value) : welcome(house).join('\n')}\n`);
        await Promise.race([house.lost, stop]);
      }
    } finally {
      await house.stop();
    }
    return { text: 'stopped; the same folder goes on where it was', value: { stopped: true } };
  });
}

function welcome({ server, folder, registry, trustFile }: LocalHouse): string[] {
  return [
    `Temporal     ${server.address} (${server.origin})`,
    ...(server.uiUrl ? [`Temporal UI  ${server.uiUrl}`] : []),
    `workers      ${queueNames.join(', ')}`,
    `identities   ${join(folder, 'keys')} (throw-away: nobody should trust what they sign)`,
    'In another terminal:',
    `  export TEMPORAL_ADDRESS=${server.address} ASSAY_REGISTRY=${registry} ASSAY_TRUST=${trustFile}`,
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

/**
 * Everything that one machine needs to play all parts: throw-away identities, a Temporal server, and for each queue that has
 * stages a worker process under its own machine identity. `assay dev` and the demo live in one.
 */
import { mkdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { AssayError } from '../core/errors.ts';
import type { QueueName } from '../workflows/queues.ts';
import { queueNames } from './stages.ts';
import { startTemporal, type TemporalOptions, type TemporalServer } from './temporal-server.ts';
import { openThrowaway, type Throwaway } from './throwaway.ts';
import { startWorker, type WorkerProcess } from './worker-process.ts';

export interface HouseOptions extends Omit<TemporalOptions, 'dbFile' | 'logFile'> {
  /** Keys, trust file, registry, server database and scratch. */
  readonly folder: string;
  /** Folder that takes what server and workers write. @default this process's stderr */
  readonly logs?: string;
}

export interface LocalHouse extends Throwaway {
  readonly server: TemporalServer;
  /** Resolves when every worker polls. @throws ASSAY_WORKER_LOST */
  readonly ready: Promise<void>;
  /** Rejects when the server, or a worker time and again, ends without being stopped. */
  readonly lost: Promise<never>;
  stop(): Promise<void>;
}

/** A worker that ends by itself is started again so many times: what it was doing goes on from its last checkpoint. */
const secondChances = 3;

/** The workers are still on their way when it returns: what is asked of them before waits in their queues. */
export async function startHouse({ folder, logs, ...temporal }: HouseOptions): Promise<LocalHouse> {
  if (logs !== undefined) mkdirSync(logs, { recursive: true });
  const logFile = (name: string) => (logs === undefined ? {} : { logFile: join(logs, `${name}.log`) });
  const made = await openThrowaway(folder);
  const server = await startTemporal({ ...temporal, dbFile: join(folder, 'temporal.db'), ...logFile('temporal') });
  let stopping = false;
  const { promise: lost, reject } = Promise.withResolvers<never>();
  lost.catch(() => {});
  const whenNotStopping = (tell: () => void) => () => (stopping ? undefined : tell());
  void server.ended?.then(
    whenNotStopping(() => reject(new AssayError('ASSAY_TEMPORAL_LOST', { address: server.address }))),
  );

  const workers = new Map<QueueName, Promise<WorkerProcess>>();
  const keep = (queue: QueueName, chances: number): Promise<WorkerProcess> => {
    const worker = startWorker({ ...workerOptions(queue, made, server), ...logFile(`worker-${queue}`) });
    workers.set(queue, worker);
    const again = whenNotStopping(() => {
      if (chances === 0) return reject(new AssayError('ASSAY_WORKER_LOST', { stage: queue, how: 'again and again' }));
      temporal.log?.(`the worker of the queue ${queue} ended; starting it again`);
      void keep(queue, chances - 1);
    });
    worker.then(({ pid, ended }) => {
      if (queue === 'validation') giveWay(pid);
      return ended.then(again);
    }, reject);
    return worker;
  };
  const ready = Promise.all(queueNames.map((queue) => keep(queue, secondChances))).then(() => {});
  ready.catch(() => {});
  return {
    ...made,
    ...{ server, ready, lost },
    async stop() {
      stopping = true;
      // One that did not start has nothing to stop.
      await Promise.allSettled([...workers.values()].map(async (worker) => (await worker).stop()));
      await server.stop();
    },
  };
}

/**
 * Training computes on one core and everything waits for it; validation takes all there are. Where both run at once on a small
 * machine, validation gives way. Its processes inherit it; where it is not allowed, nothing is lost but time.
 */
function giveWay(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not this user's to say.
  }
}

function workerOptions(queue: QueueName, house: Throwaway, { address, namespace }: TemporalServer) {
  const { registry, trustFile: trust, folder } = house;
  const [key, logKey] = [house.keyFile(`demo-${queue}`), house.keyFile('demo-log')];
  return { queues: [queue], address, namespace, registry, trust, key, logKey, scratch: join(folder, 'scratch') };
}

/** The stages of each queue, built under one machine identity: for a worker, its child processes, and verbs that need no server. */
import { createCurationActivities } from '../activities/curation.ts';
import { createExecutionActivities } from '../activities/execute.ts';
import { createGovernanceActivities } from '../activities/governance.ts';
import type { MachineDeps } from '../activities/machine.ts';
import { createTrainingActivities } from '../activities/training.ts';
import type { StageContext } from '../activities/types.ts';
import { createValidationActivities } from '../activities/validate.ts';
import { systemClock } from '../core/clock.ts';
import { AssayError } from '../core/errors.ts';
import { loadKey } from '../registry/keys.ts';
import { loadTrust, type Trust } from '../registry/trust.ts';
import type { LogSigner } from '../registry/writer.ts';
import type { QueueName } from '../workflows/queues.ts';

/** Paths only: a child process gets them by message and reads the keys itself. */
export interface StageConfig {
  readonly registry: string;
  readonly trust: string;
  /** Private key file of this machine identity. */
  readonly key: string;
  /** Private key file of the log. */
  readonly logKey: string;
  /** Folder for checkpoints and other files that may be lost. */
  readonly scratch: string;
  /** File in which an executor remembers the log it has accepted. @default beside its key, by the name of the log */
  readonly remembered?: string;
  /** Oldest checkpoint that an executor accepts. */
  readonly maxLogAgeSeconds?: number;
}

export type Stage = (input: never, context: StageContext) => Promise<unknown>;

/** Queues whose stages compute for long, and so run in child processes. */
export const computing: ReadonlySet<QueueName> = new Set<QueueName>([
  'curation',
  'training',
  'validation',
  'execution',
]);

/** What a stage that computes is built on. @throws ASSAY_TRUST_MISSING, ASSAY_TRUST_INVALID, ASSAY_KEY_MISSING, ASSAY_KEY_INVALID */
function machine({ registry, trust: path, key, logKey, scratch }: StageConfig): MachineDeps {
  const trust = loadTrust(path);
  return { registry, trust, key: loadKey(key), log: logSigner(trust, logKey), scratch, clock: systemClock };
}

const builders: Partial<Record<QueueName, (config: StageConfig) => object>> = {
  governance({ registry, trust: path, logKey }) {
    const trust = loadTrust(path);
    return createGovernanceActivities({ registry, trust, log: logSigner(trust, logKey), clock: systemClock });
  },
  curation: (config) => createCurationActivities(machine(config)),
  training: (config) => createTrainingActivities(machine(config)),
  validation: (config) => createValidationActivities(machine(config)),
  execution(config) {
    const deps = machine(config);
    const beside = `${config.key}.seen-${deps.log.origin.replace(/[^a-z0-9.-]/gi, '_')}.json`;
    const { remembered = beside, maxLogAgeSeconds } = config;
    return createExecutionActivities({
      ...deps,
      remembered,
      ...(maxLogAgeSeconds !== undefined && { maxAgeSeconds: maxLogAgeSeconds }),
    });
  },
};

/** Queues that have stages. */
export const workingQueues = Object.keys(builders) as QueueName[];

/** Stages by name; none for a queue whose room has none yet. */
export function buildStages(queue: QueueName, config: StageConfig): Readonly<Record<string, Stage>> {
  return (builders[queue]?.(config) ?? {}) as Record<string, Stage>;
}

/** Signs checkpoints as the log that the trust file names. @throws ASSAY_KEY_MISSING, ASSAY_KEY_INVALID */
export function logSigner(trust: Trust, path: string): LogSigner {
  const key = loadKey(path);
  if (key.keyid !== trust.log.key.keyid)
    throw new AssayError('ASSAY_KEY_INVALID', {
      path,
      reason: `not the key of the log ${trust.log.name} in the trust file`,
    });
  return { origin: trust.log.name, key, nowSeconds: () => Math.floor(systemClock.now() / 1000) };
}

/** The stages of each queue, built under one machine identity: for a worker, its child processes, and verbs that need no server. */
import type { MachineDeps } from '../activities/machine.ts';
import type { StageContext } from '../activities/types.ts';
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

/** Each queue's room is loaded when it is asked for: most commands need none of them. */
const builders: Record<QueueName, (config: StageConfig) => Promise<object>> = {
  async governance({ registry, trust: path, logKey }) {
    const { createGovernanceActivities } = await import('../activities/governance.ts');
    const trust = loadTrust(path);
    return createGovernanceActivities({ registry, trust, log: logSigner(trust, logKey), clock: systemClock });
  },
  async curation(config) {
    const { createCurationActivities } = await import('../activities/curation.ts');
    return createCurationActivities(machine(config));
  },
  async training(config) {
    const { createTrainingActivities } = await import('../activities/training.ts');
    return createTrainingActivities(machine(config));
  },
  async validation(config) {
    const { createValidationActivities } = await import('../activities/validate.ts');
    return createValidationActivities(machine(config));
  },
  async execution(config) {
    const { createExecutionActivities } = await import('../activities/execute.ts');
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

export const queueNames = Object.keys(builders) as QueueName[];

/** Stages of a queue by name. */
export async function buildStages(queue: QueueName, config: StageConfig): Promise<Readonly<Record<string, Stage>>> {
  return (await builders[queue](config)) as Record<string, Stage>;
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

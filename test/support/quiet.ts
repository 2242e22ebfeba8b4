/** Temporal's own log, errors only: refusals and retries are what these tests provoke. */
import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

export const logger = new DefaultLogger('ERROR');

/** Once a process, before the first worker. */
export function quietRuntime(): void {
  const filter = makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' });
  Runtime.install({ logger, telemetryOptions: { logging: { filter, forward: {} } } });
}

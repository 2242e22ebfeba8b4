/** Stages as Temporal activities: the context heartbeats and hears of a cancel, errors cross as ApplicationFailures. */
import { CancelledFailure, Context } from '@temporalio/activity';
import { AssayError, isAssayError } from '../core/errors.ts';
import { toFailure } from './failures.ts';
import { inChild } from './in-child.ts';
import type { AsActivities, StageContext } from './types.ts';

/** A stage may say nothing for longer than its heartbeat timeout; its worker is alive none the less. */
const heartbeatEveryMs = 2000;

type Stage = (input: never, context: StageContext) => Promise<unknown>;
type Stages<S> = { readonly [Name in keyof S]: Stage };

/** Stages that run in the worker's own process: short ones, and those that only wait. */
export function asActivities<S extends Stages<S>>(stages: S): AsActivities<S> {
  return wrap(Object.keys(stages), (name, input, context) =>
    stages[name as keyof S](input as never, context),
  ) as AsActivities<S>;
}

export interface ChildStages {
  readonly script: string;
  readonly config: unknown;
}

/** Stages that compute: each call in a child process of its own. */
export function asChildActivities<S>(
  names: readonly (keyof S & string)[],
  { script, config }: ChildStages,
): AsActivities<S> {
  return wrap(names, (stage, input, context) => inChild({ script, config, stage, input }, context)) as AsActivities<S>;
}

function wrap(
  names: readonly string[],
  perform: (name: string, input: unknown, context: StageContext) => Promise<unknown>,
) {
  return Object.fromEntries(
    names.map((name) => [name, (input: unknown) => attempt((context) => perform(name, input, context))]),
  );
}

async function attempt(stage: (context: StageContext) => Promise<unknown>): Promise<unknown> {
  const activity = Context.current();
  let latest: unknown = activity.info.heartbeatDetails;
  const beat = setInterval(() => activity.heartbeat(latest), heartbeatEveryMs);
  try {
    return await stage({
      signal: activity.cancellationSignal,
      progress: (report) => activity.heartbeat((latest = report)),
    });
  } catch (error) {
    // Only a cancel that somebody asked for ends the activity; a worker that shuts down hands it to the next one.
    if (activity.cancellationSignal.aborted && isAssayError(error, 'ASSAY_CANCELLED'))
      throw activity.cancellationDetails?.cancelRequested
        ? new CancelledFailure(error.message)
        : toFailure(new AssayError('ASSAY_WORKER_LOST', { stage: activity.info.activityType, how: 'shutting down' }));
    throw toFailure(error);
  } finally {
    clearInterval(beat);
  }
}

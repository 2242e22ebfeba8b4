/** AssayError and Temporal's ApplicationFailure, one into the other: `type` is the code, the first detail its parameters. */
import { ActivityFailure, ApplicationFailure, CancelledFailure, ChildWorkflowFailure } from '@temporalio/common';
import { errorTable } from '../core/error-table.ts';
import { AssayError, type ErrorCode } from '../core/errors.ts';

type Params = Readonly<Record<string, string | number>>;

/** What an activity throws. Whether it is tried again is the table's say. */
export function toFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const known = error instanceof AssayError ? error : fromSystemError(error);
  return ApplicationFailure.create({
    message: known.message,
    type: known.code,
    nonRetryable: !errorTable[known.code].retryable,
    details: [known.params],
    ...(error instanceof Error && { cause: error }),
  });
}

/** The AssayError inside whatever Temporal's client, or a stage run in this process, threw. */
export function fromFailure(error: unknown): AssayError {
  if (error instanceof AssayError) return error;
  if (error instanceof ApplicationFailure && isCode(error.type))
    return new AssayError(error.type, paramsOf(error), { cause: error });
  if (error instanceof CancelledFailure)
    return new AssayError('ASSAY_CANCELLED', { what: 'the workflow' }, { cause: error });
  const cause = error instanceof Error ? error.cause : undefined;
  const wraps = error instanceof ActivityFailure || error instanceof ChildWorkflowFailure || isClientError(error);
  return wraps && cause !== undefined ? fromFailure(cause) : fromSystemError(error);
}

/** Operating-system errors that the table knows by name. */
function fromSystemError(error: unknown): AssayError {
  const system = error as NodeJS.ErrnoException | undefined;
  if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(system?.code ?? ''))
    return new AssayError('ASSAY_DISK_FULL', { path: system?.path ?? 'a file' }, { cause: error });
  const reason = error instanceof Error ? error.message : String(error);
  return new AssayError('ASSAY_INTERNAL', { reason }, { cause: error });
}

/** By name: `@temporalio/client` need not be loaded here. */
function isClientError(error: unknown): boolean {
  return error instanceof Error && /^Workflow(Failed|UpdateFailed)Error$/.test(error.name);
}

function paramsOf(failure: ApplicationFailure): Params {
  const first: unknown = failure.details?.[0];
  return typeof first === 'object' && first !== null ? (first as Params) : {};
}

function isCode(text: string | undefined | null): text is ErrorCode {
  return typeof text === 'string' && Object.hasOwn(errorTable, text);
}

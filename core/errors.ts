/**
 * The one error. Every failure that a person or a program may meet has a stable code; the table beside it
 * (`error-table.ts`) says what it means, what to do, and how each surface shows it. Pure: workflows may import it.
 */
import { type ErrorCode, errorTable } from './error-table.ts';

export type { ErrorCode } from './error-table.ts';

export class AssayError extends Error {
  readonly code: ErrorCode;
  /** Values for the message's placeholders; numbers and strings only, never secrets. */
  readonly params: Readonly<Record<string, string | number>>;

  constructor(code: ErrorCode, params: Readonly<Record<string, string | number>> = {}, options?: { cause?: unknown }) {
    super(fill(errorTable[code].message, params), options);
    this.name = 'AssayError';
    this.code = code;
    this.params = params;
  }

  /** What to do next, in one sentence. */
  get remedy(): string {
    return fill(errorTable[this.code].remedy, this.params);
  }

  /** Exit code of a command that ends with this error: 1 refused, 2 usage, 3 environment. */
  get exitCode(): 1 | 2 | 3 {
    return errorTable[this.code].exit;
  }
}

export function isAssayError(error: unknown, code?: ErrorCode): error is AssayError {
  return error instanceof AssayError && (code === undefined || error.code === code);
}

function fill(template: string, params: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, key: string) => (key in params ? String(params[key]) : whole));
}

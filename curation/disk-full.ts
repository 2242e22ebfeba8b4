/** A full disk by whichever name it comes: Node's error codes, or the words of DuckDB, which has no codes. */
import { AssayError } from '../core/errors.ts';

/** @returns undefined when the error is another one */
export function diskFull(error: unknown, path: string): AssayError | undefined {
  const { code, message = '' } = (error ?? {}) as { code?: string; message?: string };
  const full =
    code === 'ENOSPC' ||
    code === 'EDQUOT' ||
    code === 'EFBIG' ||
    /no space left on device|disk quota exceeded|file too large/i.test(message);
  return full ? new AssayError('ASSAY_DISK_FULL', { path }, { cause: error }) : undefined;
}

import { ActivityFailure, type ApplicationFailure, CancelledFailure, RetryState } from '@temporalio/common';
import { describe, expect, test } from 'vitest';
import { fromFailure, toFailure } from '../../activities/failures.ts';
import { type ErrorCode, errorTable } from '../../core/error-table.ts';
import { AssayError } from '../../core/errors.ts';

describe('errors across Temporal', () => {
  test('every code goes out and comes back with its parameters, wrapped in an activity failure or not', () => {
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      const sent = toFailure(new AssayError(code, { reason: 'r', n: 1 }));
      const wrapped = new ActivityFailure('failed', 'train', '1', RetryState.MAXIMUM_ATTEMPTS_REACHED, 'worker', sent);
      for (const received of [sent, wrapped])
        expect(fromFailure(received)).toMatchObject({ code, params: { reason: 'r', n: 1 } });
    }
  });

  test('only what can get better by itself is tried again', () => {
    const retried = Object.keys(errorTable).filter(
      (code) => !(toFailure(new AssayError(code as ErrorCode)) as ApplicationFailure).nonRetryable,
    );
    expect(retried).toEqual(expect.arrayContaining(['ASSAY_DISK_FULL', 'ASSAY_WORKER_LOST', 'ASSAY_REGISTRY_LOCKED']));
    expect(retried).not.toContain('ASSAY_SIGNATURE_INVALID');
    expect(retried).not.toContain('ASSAY_INTERNAL');
  });

  test('a full disk is told apart from a defect', () => {
    const full = Object.assign(new Error('write'), { code: 'ENOSPC', path: 'a.parquet' });
    expect(fromFailure(toFailure(full))).toMatchObject({ code: 'ASSAY_DISK_FULL', params: { path: 'a.parquet' } });
    expect(fromFailure(toFailure(new TypeError('x')))).toMatchObject({ code: 'ASSAY_INTERNAL' });
    expect(fromFailure(toFailure(undefined))).toMatchObject({ code: 'ASSAY_INTERNAL' });
  });

  test('a cancel is not an error of the stage', () => {
    const cancelled = new CancelledFailure('cancelled');
    expect(toFailure(cancelled)).toBe(cancelled);
    expect(fromFailure(cancelled)).toMatchObject({ code: 'ASSAY_CANCELLED' });
  });
});

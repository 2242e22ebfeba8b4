/**
 * One writer at a time. The lock is SQLite's exclusive lock on an empty database `<directory>.lock` beside the registry: the
 * kernel holds it for the process and lets it go when the process dies, however it dies, so there is no stale lock to judge.
 */
import { DatabaseSync } from 'node:sqlite';
import { AssayError } from '../core/errors.ts';

/** Runs `work` while holding the lock of `directory`. @throws ASSAY_REGISTRY_LOCKED when it stays taken for `timeoutMs` */
export function withLock<T>(directory: string, work: () => T, timeoutMs = 30_000): T {
  const database = acquire(directory, timeoutMs);
  try {
    return work();
  } finally {
    database.exec('ROLLBACK');
    database.close();
  }
}

function acquire(path: string, timeout: number): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(`${path}.lock`, { timeout });
    // A journal in memory: the lock writes nothing, so that it can be taken on a full disk and the real failure be told.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (cause) {
    database?.close();
    const busy = /locked|busy/.test(String(cause));
    const reason = busy ? `another process has been writing for ${timeout} ms` : `${path}.lock: ${cause}`;
    throw new AssayError('ASSAY_REGISTRY_LOCKED', { path, reason }, { cause });
  }
}

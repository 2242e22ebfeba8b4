/** DuckDB as curation uses it: one thread, rows in order, statements from the `.sql` files beside this one. */
import { readFileSync } from 'node:fs';
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue, version } from '@duckdb/node-api';
import { AssayError } from '../core/errors.ts';
import { diskFull } from './disk-full.ts';

/** Part of a dataset's identity: another version may pack the same rows into other bytes. */
export const engine = `duckdb/${version().replace(/^v/, '')}`;

export interface Duck {
  /** Runs SQL; rows as objects, in order. @throws ASSAY_DISK_FULL, ASSAY_CANCELLED */
  query(sql: string, values?: Readonly<Record<string, DuckDBValue>>): Promise<Record<string, DuckDBValue>[]>;
  /** The same for a file of this room's `sql` folder, which may hold several statements when it takes no values. */
  file(name: string, values?: Readonly<Record<string, DuckDBValue>>): Promise<Record<string, DuckDBValue>[]>;
  readonly connection: DuckDBConnection;
}

/**
 * A database in memory that spills into `folder`, for the time of `work`. One thread: more would reorder what is read and
 * written, and the same rows must always be the same bytes.
 */
export async function withDuck<T>(
  { folder, signal }: { readonly folder: string; readonly signal?: AbortSignal | undefined },
  work: (duck: Duck) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    preserve_insertion_order: 'true',
    temp_directory: folder,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const interrupt = () => connection.interrupt();
  signal?.addEventListener('abort', interrupt);
  const query: Duck['query'] = async (sql, values) => {
    refuseWhenCancelled(signal);
    try {
      return (await connection.runAndReadAll(sql, values && { ...values })).getRowObjects();
    } catch (error) {
      refuseWhenCancelled(signal);
      throw diskFull(error, folder) ?? error;
    }
  };
  try {
    return await work({ connection, query, file: (name, values) => query(sqlText(name), values) });
  } finally {
    signal?.removeEventListener('abort', interrupt);
    connection.closeSync();
    instance.closeSync();
  }
}

/** Text of a file in `sql/`. */
export function sqlText(name: string): string {
  return readFileSync(new URL(`./sql/${name}`, import.meta.url), 'utf8');
}

export function refuseWhenCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AssayError('ASSAY_CANCELLED', { what: 'curation' });
}

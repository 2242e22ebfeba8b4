/** A client of the Temporal server that the verbs talk to: TEMPORAL_ADDRESS, else where `assay dev` puts its own. */
import { Client, Connection } from '@temporalio/client';
import { AssayError } from '../core/errors.ts';
import { defaultAddress } from './temporal-server.ts';

/** Runs `use` with a connected client. @throws ASSAY_TEMPORAL_LOST when nothing answers */
export async function withTemporal<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const address = process.env.TEMPORAL_ADDRESS || defaultAddress;
  const connection = await Connection.connect({ address, connectTimeout: 3000 }).catch((cause: unknown) => {
    throw new AssayError('ASSAY_TEMPORAL_LOST', { address }, { cause });
  });
  try {
    return await use(new Client({ connection, namespace: process.env.TEMPORAL_NAMESPACE || 'default' }));
  } finally {
    await connection.close();
  }
}

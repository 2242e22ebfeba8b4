/** A client of the Temporal server that the verbs talk to: TEMPORAL_ADDRESS, else where `assay dev` puts its own. */
import { Client, Connection, isGrpcServiceError, ServiceError } from '@temporalio/client';
import { AssayError } from '../core/errors.ts';
import { defaultAddress } from './temporal-server.ts';

/** gRPC status codes DEADLINE_EXCEEDED and UNAVAILABLE. */
const noAnswer: ReadonlySet<number> = new Set([4, 14]);

/** Runs `use` with a client connected to the server that the environment names. @throws ASSAY_TEMPORAL_LOST */
export function withTemporal<T>(use: (client: Client) => Promise<T>): Promise<T> {
  const address = process.env.TEMPORAL_ADDRESS || defaultAddress;
  return withClient({ address, namespace: process.env.TEMPORAL_NAMESPACE || 'default' }, use);
}

/** Runs `use` with a connected client. @throws ASSAY_TEMPORAL_LOST when nothing answers, or nothing more */
export async function withClient<T>(
  { address, namespace }: { readonly address: string; readonly namespace: string },
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address, connectTimeout: 3000 }).catch((cause: unknown) => {
    throw new AssayError('ASSAY_TEMPORAL_LOST', { address }, { cause });
  });
  try {
    return await use(new Client({ connection, namespace }));
  } catch (error) {
    const call = error instanceof ServiceError ? error.cause : error;
    if (isGrpcServiceError(call) && noAnswer.has(call.code))
      throw new AssayError('ASSAY_TEMPORAL_LOST', { address }, { cause: error });
    throw error;
  } finally {
    await connection.close();
  }
}

/** What a person asks for: the configuration as an object, and a signed request that names it. */

import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AssayError } from '../core/errors.ts';
import { encodeEnvelope } from '../registry/dsse.ts';
import { loadKey } from '../registry/keys.ts';
import { openRegistry } from '../registry/registry.ts';
import { buildStatement, signStatement } from '../registry/statements/statement.ts';
import { loadProtocol } from '../validation/protocol.ts';
import { type Common, usage } from './command.ts';
import { look, resolveDigest } from './look.ts';

export interface RequestOptions extends Common {
  readonly key: string;
  readonly protocol: string;
  readonly seed: string;
  readonly steps?: string;
  readonly candidate: string;
  readonly dataset?: string;
  readonly profile?: string;
}

export interface Asked {
  readonly line: string;
  readonly action: 'run' | 'open';
  /** Capture files in the order of the stream. */
  readonly files: readonly string[];
}

export interface SignedRequest {
  /** The envelope as JSON text. */
  readonly envelope: string;
  /** Absolute paths, in the order given. */
  readonly captures: readonly string[];
  /** Digest of the protocol's object. */
  readonly protocol: string;
  readonly seed: number;
  readonly steps?: number;
  /** Digests of what an earlier run made. */
  readonly dataset?: string;
  readonly profile?: string;
}

/**
 * Puts protocol and configuration into the registry and signs the request for them.
 * @throws ASSAY_INPUT_MISSING, ASSAY_USAGE, ASSAY_KEY_MISSING, ASSAY_REGISTRY_MISSING, and what `loadProtocol` throws
 */
export async function signRequest({ line, action, files }: Asked, options: RequestOptions): Promise<SignedRequest> {
  const key = loadKey(options.key);
  const seed = wholeNumber('--seed', options.seed);
  const steps = options.steps === undefined ? {} : { steps: wholeNumber('--steps', options.steps) };
  const made = earlier(options);
  const { document } = loadProtocol(options.protocol);
  const captures = files.map((file) => resolve(file));
  for (const path of captures)
    if (!existsSync(path)) throw new AssayError('ASSAY_INPUT_MISSING', { what: 'capture', path });
  const named = await Promise.all(
    captures.map(async (path) => ({ name: basename(path), sha256: await fileDigest(path) })),
  );
  const registry = await openRegistry(options.registry);
  const protocol = await registry.putJson(document);
  const { candidate } = options;
  const config = await registry.putJson({ line, candidate, seed, protocol, captures: named, ...steps, ...made });
  const predicate = { line, action, candidate, seed, protocol, config } as const;
  const statement = buildStatement('request', { name: 'config', sha256: config }, predicate);
  return {
    envelope: encodeEnvelope(signStatement(statement, key)).toString(),
    captures,
    protocol,
    seed,
    ...steps,
    ...made,
  };
}

/** Artifacts that need not be made again, by their first characters. */
function earlier(options: RequestOptions): Pick<SignedRequest, 'dataset' | 'profile'> {
  const { dataset, profile } = options;
  if (dataset === undefined && profile === undefined) return {};
  const { entries } = look(options);
  return {
    ...(dataset !== undefined && { dataset: resolveDigest(dataset, entries) }),
    ...(profile !== undefined && { profile: resolveDigest(profile, entries) }),
  };
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  return text.trim() !== '' && Number.isSafeInteger(value) && value >= 0
    ? value
    : usage(`${option} takes a whole number, not "${text}"`);
}

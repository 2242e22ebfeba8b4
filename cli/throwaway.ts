/**
 * A folder with throw-away identities for demo, `assay dev` and tests: people, machines and a log with their keys in files,
 * the trust file that names them, and an empty registry. For looking around; nobody should trust what they sign.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../core/canonical-json.ts';
import { generateKey, loadKey, publicText, type SigningKey, saveKey } from '../registry/keys.ts';
import { formatVerifierKey, noteVerifier } from '../registry/note.ts';
import { createRegistry } from '../registry/registry.ts';
import { parseTrust, type TrustFile } from '../registry/trust.ts';

/** The quant may validate other people's models: what keeps him from his own is the lineage, not a missing role. */
const people = {
  'demo-quant': ['quant', 'validator'],
  'demo-validator-1': ['validator'],
  'demo-validator-2': ['validator'],
  'demo-validator-3': ['validator'],
  'demo-operator': ['operator'],
} as const satisfies Record<string, TrustFile['people'][number]['roles']>;

const machines = {
  'demo-curation': 'worker',
  'demo-training': 'worker',
  'demo-validation': 'worker',
  'demo-governance': 'worker',
  'demo-execution': 'executor',
  'demo-log': 'log',
} as const;

export type Identity = keyof typeof people | keyof typeof machines;

export interface Throwaway {
  readonly folder: string;
  readonly registry: string;
  readonly trustFile: string;
  /** Private key file of an identity. */
  keyFile(who: Identity): string;
}

/** Makes what is not there yet; a folder made before is opened as it is. */
export async function openThrowaway(folder: string, origin = 'demo.example/log'): Promise<Throwaway> {
  const keyFile = (who: Identity) => join(folder, 'keys', `${who}.pem`);
  const [registry, trustFile] = [join(folder, 'registry'), join(folder, 'trust.json')];
  mkdirSync(join(folder, 'keys'), { recursive: true, mode: 0o700 });
  const names = [...Object.keys(people), ...Object.keys(machines)] as Identity[];
  const keys = Object.fromEntries(names.map((who) => [who, loadOrMake(keyFile(who))])) as Record<Identity, SigningKey>;
  if (!existsSync(trustFile)) {
    const trust = trustOf(keys, origin);
    parseTrust(trust, trustFile);
    writeFileSync(trustFile, `${canonicalJson(trust)}\n`);
  }
  await createRegistry(registry, { origin, logKey: keys['demo-log'] });
  return { folder, registry, trustFile, keyFile };
}

function loadOrMake(path: string): SigningKey {
  if (!existsSync(path)) saveKey(path, generateKey());
  return loadKey(path);
}

function trustOf(keys: Record<Identity, SigningKey>, origin: string): TrustFile {
  const keysOf = (who: string) => [publicText(keys[who as Identity])];
  return {
    version: 1,
    log: { verifierKey: formatVerifierKey(noteVerifier(origin, keys['demo-log'])) },
    people: Object.entries(people).map(([id, roles]) => ({
      id,
      name: `${id} (throw-away)`,
      roles: [...roles],
      keys: keysOf(id),
    })),
    machines: Object.entries(machines).map(([id, role]) => ({ id, role, keys: keysOf(id) })),
  };
}

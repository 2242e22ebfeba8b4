/** A small registry and the people around it, for tests: throw-away identities with keys from fixed seeds. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalJson } from '../../core/canonical-json.ts';
import { fixedClock } from '../../core/clock.ts';
import { type Sha256, sha256 } from '../../core/digest.ts';
import type { Envelope } from '../../registry/dsse.ts';
import { keyFromSeed, publicText, type SigningKey } from '../../registry/keys.ts';
import { formatVerifierKey, noteVerifier } from '../../registry/note.ts';
import { createRegistry, type Registry } from '../../registry/registry.ts';
import type { Kind, Predicate } from '../../registry/statements/kinds.ts';
import { buildStatement, signStatement } from '../../registry/statements/statement.ts';
import { parseTrust, type Trust, type TrustFile } from '../../registry/trust.ts';

export const origin = 'test.example/registry';
export const line = 'btcusd-perp';
export const startMs = Date.parse('2026-11-01T00:00:00Z');
export const day = 86_400_000;

export const keyOf = (name: string): SigningKey => keyFromSeed(Buffer.from(sha256(`test identity ${name}`), 'hex'));

/** quinn launches; vera, viktor and vivian validate (vera has two keys); olga operates. */
export function trustFile(): TrustFile {
  const keys = (...names: string[]) => names.map((name) => publicText(keyOf(name)));
  return {
    version: 1,
    log: { verifierKey: formatVerifierKey(noteVerifier(origin, keyOf('log'))) },
    people: [
      { id: 'quinn', name: 'Quinn (test)', roles: ['quant', 'validator'], keys: keys('quinn') },
      { id: 'vera', name: 'Vera (test)', roles: ['validator'], keys: keys('vera', 'vera-2') },
      { id: 'viktor', name: 'Viktor (test)', roles: ['validator'], keys: keys('viktor') },
      { id: 'vivian', name: 'Vivian (test)', roles: ['validator'], keys: keys('vivian') },
      { id: 'olga', name: 'Olga (test)', roles: ['operator'], keys: keys('olga') },
      { id: 'quentin', name: 'Quentin (test)', roles: ['quant'], keys: keys('quentin') },
    ],
    machines: [
      { id: 'trainer', role: 'worker', keys: keys('trainer') },
      { id: 'tester', role: 'worker', keys: keys('tester') },
      { id: 'ledger', role: 'log', keys: keys('log') },
    ],
  };
}

export const trust: Trust = parseTrust(trustFile());

export const newDirectory = () => join(mkdtempSync(join(tmpdir(), 'assay-registry-')), 'registry');

export async function newRegistry(directory = newDirectory()): Promise<Registry> {
  return createRegistry(directory, { origin, logKey: keyOf('log'), clock: fixedClock(startMs) });
}

export function sign<K extends Kind>(by: string, kind: K, about: { model: Sha256; predicate: Predicate<K> }): Envelope {
  return signStatement(buildStatement(kind, { name: kind, sha256: about.model }, about.predicate), keyOf(by));
}

export interface Story {
  readonly registry: Registry;
  readonly model: Sha256;
  readonly report: Sha256;
  readonly request: Sha256;
  readonly protocol: Sha256;
}

export interface StoryOptions {
  readonly candidate?: string;
  readonly kind?: 'model' | 'fallback';
  readonly launchedBy?: string;
  readonly validatedBy?: string | null;
  readonly verdict?: 'pass' | 'refuse';
}

/** Request, dataset, profile, training and validation of one candidate, each about an object that the registry holds. */
export async function tell(registry: Registry, options: StoryOptions = {}): Promise<Story> {
  const { candidate = 'ppo', kind = 'model', launchedBy = 'quinn', validatedBy = 'tester', verdict = 'pass' } = options;
  const put = (name: string) => registry.putObject(Buffer.from(canonicalJson({ name, candidate })));
  const [config, dataset, profile, model, report] = [
    await put('config'),
    await registry.putJson({ name: 'dataset' }),
    await registry.putJson({ name: 'profile' }),
    await put('model'),
    await put('report'),
  ];
  const protocol = await registry.putJson({ name: 'protocol' });
  const quality = await registry.putJson({ name: 'quality' });
  const append = async (envelope: Envelope) => (await registry.append(envelope)).entryDigest;
  const asked = { line, action: kind === 'model' ? 'run' : 'open', candidate, seed: 1, protocol, config } as const;
  const request = await append(sign(launchedBy, 'request', { model: config, predicate: asked }));
  const sources = [{ name: 'capture', digest: { sha256: sha256('capture') } }];
  await append(sign('trainer', 'dataset', { model: dataset, predicate: { request, sources, report: quality } }));
  await append(sign('trainer', 'profile', { model: profile, predicate: { request, dataset, report: quality } }));
  const training = trainingPredicate({ candidate, kind, config, dependencies: { request, profile, protocol } });
  await append(sign('trainer', 'training', { model, predicate: training }));
  if (validatedBy !== null) {
    const gates = [{ name: 'superiority', passed: verdict === 'pass', summary: 'as measured' }];
    const predicate = { line, candidate, verdict, report, protocol, gates };
    await append(sign(validatedBy, 'validation', { model, predicate }));
  }
  return { registry, model, report, request, protocol };
}

export function trainingPredicate(given: {
  candidate: string;
  kind: 'model' | 'fallback';
  config: Sha256;
  dependencies: Readonly<Record<string, Sha256>>;
}): Predicate<'training'> {
  const { candidate, kind, config, dependencies } = given;
  return {
    buildDefinition: {
      buildType: 'https://assay.dev/training/ppo/v1',
      externalParameters: { line, candidate, kind, seed: 1, steps: 1000, config },
      resolvedDependencies: Object.entries(dependencies).map(([name, digest]) => ({
        name,
        digest: { sha256: digest },
      })),
    },
    runDetails: { builder: { id: 'https://assay.dev/worker/trainer' } },
  };
}

export const limits = { maxParentContracts: 1000 };

export function approvalPredicate(report: Sha256, changes: Partial<Predicate<'approval'>> = {}): Predicate<'approval'> {
  const [notBefore, notAfter] = [new Date(startMs).toISOString(), new Date(startMs + 30 * day).toISOString()];
  return { line, kind: 'model', report, limits, notBefore, notAfter, ...changes };
}

export function approval(
  by: string,
  { model, report }: Pick<Story, 'model' | 'report'>,
  changes: Partial<Predicate<'approval'>> = {},
): Envelope {
  return sign(by, 'approval', { model, predicate: approvalPredicate(report, changes) });
}

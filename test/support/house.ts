/**
 * A registry with throw-away identities for tests: a quant, three validators, an operator, machines and a log, their keys in
 * files and a trust file beside the registry; and candidates whose statements are all there up to the validation.
 */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Identity, openThrowaway } from '../../cli/throwaway.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { sha256 } from '../../core/digest.ts';
import { type Envelope, encodeEnvelope } from '../../registry/dsse.ts';
import { attribute, parseEntry, type SignedEntry } from '../../registry/entries.ts';
import { Files } from '../../registry/files.ts';
import { generateKey, loadKey, saveKey } from '../../registry/keys.ts';
import { LogView, readCheckpoint } from '../../registry/log.ts';
import type { Kind, Predicate } from '../../registry/statements/kinds.ts';
import { buildStatement, signStatement } from '../../registry/statements/statement.ts';
import { putObject } from '../../registry/store.ts';
import { loadTrust, type Trust } from '../../registry/trust.ts';
import { appendEntries, type LogSigner } from '../../registry/writer.ts';
import { removeFolder } from './temporary.ts';

/** `demo-stranger` has a key and is in no trust file. */
export type Who = Identity | 'demo-stranger';

export interface Candidate {
  readonly line: string;
  readonly kind: 'model' | 'fallback';
  readonly subject: string;
  readonly report: string;
  readonly dataset: string;
  readonly profile: string;
  /** Digest of the request's entry. */
  readonly request: string;
  readonly requestEnvelope: string;
}

export interface Made {
  readonly subject?: Uint8Array;
  readonly profile?: Uint8Array;
  readonly dataset?: Uint8Array;
}

export interface House {
  readonly folder: string;
  readonly registry: string;
  readonly trustFile: string;
  readonly trust: Trust;
  readonly log: LogSigner;
  keyFile(who: Who): string;
  /** Statements of a person or machine, signed, as the envelope's JSON text. */
  sign<K extends Kind>(who: Who, kind: K, subject: string, predicate: Predicate<K>): string;
  approval(who: Who, candidate: Candidate, change?: Partial<Predicate<'approval'>>): string;
  refusal(who: Who, candidate: Candidate): string;
  /** Appends statements as a worker would, under one checkpoint. @returns the digest of the first one's entry */
  append(envelope: string, ...more: string[]): string;
  /** @param made objects that are not just any: bytes of the model or schedule, of the profile, of the dataset's manifest */
  candidate(kind?: 'model' | 'fallback', verdict?: 'pass' | 'refuse', made?: Made): Candidate;
  entries(): SignedEntry[];
  remove(): void;
}

export async function createHouse(): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'assay-house-'));
  const made = await openThrowaway(folder, 'test.example/log');
  const { registry, trustFile } = made;
  const stranger = join(folder, 'stranger.pem');
  saveKey(stranger, generateKey());
  const keyFile = (who: Who) => (who === 'demo-stranger' ? stranger : made.keyFile(who));
  const trust = loadTrust(trustFile);
  const log = {
    origin: trust.log.name,
    key: loadKey(keyFile('demo-log')),
    nowSeconds: () => Math.floor(Date.now() / 1000),
  };
  const files = new Files(registry);
  let number = 0;

  const sign: House['sign'] = (...[who, kind, subject, predicate]) =>
    textOf(signStatement(buildStatement(kind, { name: kind, sha256: subject }, predicate), loadKey(keyFile(who))));
  const append: House['append'] = (...envelopes) => {
    appendEntries(files, log, () => envelopes.map((envelope) => Buffer.from(envelope)));
    return sha256(envelopes[0]);
  };
  const protocolText = canonicalJson(JSON.parse(readFileSync(new URL('../../protocol.json', import.meta.url), 'utf8')));
  const object = (what: string, bytes: Uint8Array = Buffer.from(canonicalJson({ test: what, number }))) =>
    putObject(files, bytes);

  return {
    ...{ folder, registry, trustFile, trust, log, keyFile, sign, append },
    approval: (who, { line, kind, subject, report }, change = {}) =>
      sign(who, 'approval', subject, {
        ...{ line, kind, report, limits: {} },
        ...{ notBefore: '2020-01-01T00:00:00Z', notAfter: '2100-01-01T00:00:00Z', ...change },
      }),
    refusal: (who, { line, subject, report }) => sign(who, 'refusal', subject, { line, report, reason: 'in a test' }),
    candidate(...[kind = 'model', verdict = 'pass', made = {}]) {
      number++;
      const line = 'btcusd-perp';
      const [config, protocol, subject, report] = [
        object('config'),
        putObject(files, Buffer.from(protocolText)),
        object(kind, made.subject),
        object('report'),
      ];
      const [dataset, profile] = [object('dataset', made.dataset), object('profile', made.profile)];
      const asked = { line, action: 'run', candidate: 'test', seed: number, protocol, config } as const;
      const requestEnvelope = sign('demo-quant', 'request', config, asked);
      const request = sha256(requestEnvelope);
      const sources = [{ name: 'capture', digest: { sha256: object('capture') } }];
      const gates = [{ name: 'superiority', passed: verdict === 'pass', summary: 'in a test' }];
      const validation = { line, candidate: 'test', verdict, report, protocol, gates };
      const trained = training({ line, kind, config, request, profile, protocol, report });
      append(
        requestEnvelope,
        sign('demo-training', 'dataset', dataset, { request, sources, report: object('quality') }),
        sign('demo-training', 'profile', profile, { request, dataset, report: object('fit') }),
        sign('demo-training', 'training', subject, trained),
        ...(kind === 'model' ? [sign('demo-validation', 'validation', subject, validation)] : []),
      );
      return { line, kind, subject, report, dataset, profile, request, requestEnvelope };
    },
    entries: () => attribute(new LogView(files, readCheckpoint(files, trust.log)).entries().map(parseEntry), trust),
    remove: () => removeFolder(folder),
  };
}

function textOf(envelope: Envelope): string {
  return encodeEnvelope(envelope).toString();
}

function training(
  of: { line: string; kind: 'model' | 'fallback'; config: string } & Record<
    'request' | 'profile' | 'protocol' | 'report',
    string
  >,
) {
  const { line, kind, config, request, profile, protocol, report } = of;
  const named = Object.entries({ request, profile, protocol });
  return {
    buildDefinition: {
      buildType: 'https://example.org/test/v1',
      externalParameters: { line, candidate: 'test', kind, seed: 1, steps: 0, config },
      resolvedDependencies: named.map(([name, digest]) => ({ name, digest: { sha256: digest } })),
    },
    runDetails: {
      builder: { id: 'https://example.org/test' },
      // A fallback's report is of its tuning, a model's of its validation.
      ...(kind === 'fallback' && { byproducts: [{ name: 'report', digest: { sha256: report } }] }),
    },
  };
}

/** in-toto Statement v1 for our kinds: building, parsing, JSON schemas. */
import { z } from 'zod';
import { canonicalJson } from '../../core/canonical-json.ts';
import type { Sha256 } from '../../core/digest.ts';
import { AssayError } from '../../core/errors.ts';
import { type Envelope, parseJsonBytes, payloadOf, signEnvelope } from '../dsse.ts';
import type { SigningKey } from '../keys.ts';
import { type Descriptor, descriptor, type Kind, kindNames, kinds, type Predicate } from './kinds.ts';

export const statementType = 'https://in-toto.io/Statement/v1';
export const payloadType = 'application/vnd.in-toto+json';

export interface Statement<K extends Kind = Kind> {
  readonly _type: typeof statementType;
  /** Exactly one: every statement of ours is about one thing. */
  readonly subject: readonly [Descriptor];
  readonly predicateType: string;
  readonly predicate: Predicate<K>;
}

/** A statement with its kind, so that `switch (kind)` narrows the predicate. */
export type KindOf<K extends Kind = Kind> = { [P in K]: { readonly kind: P; readonly statement: Statement<P> } }[K];

/** A statement about `subject`. @throws ASSAY_STATEMENT_INVALID */
export function buildStatement<K extends Kind>(kind: K, subject: Subject, predicate: Predicate<K>): Statement<K> {
  const descriptor = { name: subject.name, digest: { sha256: subject.sha256 } };
  const { predicateType } = kinds[kind];
  return check(kind, { _type: statementType, subject: [descriptor], predicateType, predicate });
}

export interface Subject {
  readonly name: string;
  readonly sha256: Sha256;
}

/** The statement's bytes: what is signed. */
export function statementBytes(statement: Statement): Buffer {
  return Buffer.from(canonicalJson(statement));
}

/** One envelope, one signer. */
export function signStatement(statement: Statement, key: SigningKey): Envelope {
  return signEnvelope(payloadType, statementBytes(statement), [key]);
}

/** The statement inside an envelope, by schema; says nothing about who signed. @throws ASSAY_STATEMENT_INVALID */
export function parseStatement(envelope: Envelope): KindOf {
  if (envelope.payloadType !== payloadType) throw invalid(`its payload type is ${envelope.payloadType}`);
  const body = payloadOf(envelope);
  if (body === undefined) throw invalid('its payload is no base64');
  const value = parseJsonBytes(body, 'the payload') as { predicateType?: unknown } | null;
  const kind = kindNames.find((name) => kinds[name].predicateType === value?.predicateType);
  if (kind === undefined) throw invalid(`unknown predicate type ${JSON.stringify(value?.predicateType)}`);
  return { kind, statement: check<Kind>(kind, value) };
}

/** JSON schemas (draft 2020-12) by file name, generated from the table of kinds. */
export function jsonSchemas(): Readonly<Record<string, object>> {
  const named = kindNames.map((kind): [string, object] => {
    const { $schema, ...schema } = z.toJSONSchema(schemaOf(kind));
    const $id = `https://assay.dev/schemas/${kind}.v1.json`;
    return [`${kind}.v1.json`, { $schema, $id, title: `${kind} statement`, ...schema }];
  });
  return Object.fromEntries(named);
}

function schemaOf(kind: Kind) {
  const { predicateType, predicate } = kinds[kind];
  return z.strictObject({
    _type: z.literal(statementType),
    subject: z.array(descriptor).length(1),
    predicateType: z.literal(predicateType),
    predicate,
  });
}

const schemas = new Map(kindNames.map((kind) => [kind, schemaOf(kind)]));

function check<K extends Kind>(kind: K, value: unknown): Statement<K> {
  const parsed = schemas.get(kind)?.safeParse(value);
  if (!parsed?.success) throw invalid(`${kind}: ${parsed ? z.prettifyError(parsed.error) : 'unknown kind'}`);
  return parsed.data as unknown as Statement<K>;
}

function invalid(reason: string): AssayError {
  return new AssayError('ASSAY_STATEMENT_INVALID', { reason });
}

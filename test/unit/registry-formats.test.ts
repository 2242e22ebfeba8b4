import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../core/canonical-json.ts';
import { sha256 } from '../../core/digest.ts';
import { encodeEnvelope, parseEnvelope, signEnvelope, verifyThreshold } from '../../registry/dsse.ts';
import { parseEntry } from '../../registry/entries.ts';
import { generateKey, keyFromSeed, loadKey, publicText, saveKey } from '../../registry/keys.ts';
import { kindNames } from '../../registry/statements/kinds.ts';
import {
  buildStatement,
  jsonSchemas,
  payloadType,
  signStatement,
  statementBytes,
} from '../../registry/statements/statement.ts';
import { loadTrust, parseTrust } from '../../registry/trust.ts';
import { keyOf, line, sign, trust, trustFile } from './registry.fixture.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'assay-formats-'));
const thrown = (code: string) => expect.objectContaining({ code });
const revocation = sign('olga', 'revocation', { model: sha256('m'), predicate: { line, reason: 'x' } });

describe('key files', () => {
  it('come back as they were saved, readable by their owner alone', () => {
    const path = join(folder(), 'key.pem');
    const key = generateKey();
    saveKey(path, key);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(loadKey(path).keyid).toBe(key.keyid);
    expect(() => saveKey(path, generateKey())).toThrow(thrown('ASSAY_KEY_INVALID'));
    expect(loadKey(path).keyid).toBe(key.keyid);
  });

  it('are refused when missing, open to others, or no Ed25519 key', () => {
    const path = join(folder(), 'key.pem');
    expect(() => loadKey(path)).toThrow(thrown('ASSAY_KEY_MISSING'));
    saveKey(path, generateKey());
    chmodSync(path, 0o644);
    expect(() => loadKey(path)).toThrow('chmod 600');
    const text = join(folder(), 'text.pem');
    writeFileSync(text, 'not a key', { mode: 0o600 });
    expect(() => loadKey(text)).toThrow(thrown('ASSAY_KEY_INVALID'));
    expect(() => keyFromSeed(Buffer.alloc(31))).toThrow(thrown('ASSAY_KEY_INVALID'));
  });

  it('have a keyid that is the SHA-256 of the public key in DER', () => {
    expect(sha256(Buffer.from(publicText(keyOf('vera')), 'base64'))).toBe(keyOf('vera').keyid);
  });
});

describe('a trust file', () => {
  const refuse = (change: (file: ReturnType<typeof trustFile>) => object) =>
    expect(() => parseTrust(change(trustFile()))).toThrow(thrown('ASSAY_TRUST_INVALID'));

  it('names people and machines by key', () => {
    expect(trust.keys.get(keyOf('vera-2').keyid)?.owner).toMatchObject({ type: 'person', id: 'vera' });
    expect(trust.keys.get(keyOf('trainer').keyid)?.owner).toMatchObject({ type: 'machine', role: 'worker' });
    expect(trust.keys.has(keyOf('mallory').keyid)).toBe(false);
  });

  it('gives a key to one identity, a name to one identity, and the log key to no person', () => {
    const someKey = publicText(keyOf('vera'));
    refuse((file) => ({ ...file, machines: [{ id: 'robot', role: 'worker', keys: [someKey] }] }));
    refuse((file) => ({ ...file, people: [...file.people, { id: 'twin', name: 'Twin', roles: [], keys: [someKey] }] }));
    refuse((file) => ({ ...file, machines: [{ id: 'vera', role: 'worker', keys: [publicText(generateKey())] }] }));
    refuse((file) => ({ ...file, machines: [], people: [{ ...file.people[0], keys: [publicText(keyOf('log'))] }] }));
  });

  it('has no unknown member, role or key form', () => {
    refuse((file) => ({ ...file, extra: 1 }));
    refuse((file) => ({ ...file, people: [{ ...file.people[0], roles: ['king'] }] }));
    refuse((file) => ({ ...file, people: [{ ...file.people[0], keys: ['AAAA'] }] }));
    refuse((file) => ({ ...file, log: { verifierKey: 'x+00000000+AAAA' } }));
  });

  it('is read strictly from a file', () => {
    const path = join(folder(), 'trust.json');
    expect(() => loadTrust(path)).toThrow(thrown('ASSAY_TRUST_MISSING'));
    writeFileSync(path, '{"version":1,"version":1}');
    expect(() => loadTrust(path)).toThrow(thrown('ASSAY_TRUST_INVALID'));
    writeFileSync(path, JSON.stringify(trustFile(), null, 2));
    expect(loadTrust(path).people).toHaveLength(6);
  });
});

describe('an entry', () => {
  const refuse = (bytes: Uint8Array | string) =>
    expect(() => parseEntry(Buffer.from(bytes), 0)).toThrow(thrown('ASSAY_STATEMENT_INVALID'));

  it('comes back from its bytes', () => {
    const entry = parseEntry(encodeEnvelope(revocation), 7);
    expect(entry).toMatchObject({ kind: 'revocation', index: 7, keyid: keyOf('olga').keyid });
    expect(encodeEnvelope(entry.envelope)).toEqual(encodeEnvelope(revocation));
  });

  it('has one spelling: no white space, other order, duplicate or extra member', () => {
    const text = canonicalJson(revocation);
    refuse(JSON.stringify(revocation, null, 1));
    refuse(`{"payloadType":${JSON.stringify(payloadType)},"payload":"${revocation.payload}","signatures":[]}`);
    refuse(text.replace('"payload":', '"payload":"","payload":'));
    refuse(canonicalJson({ ...revocation, extra: 1 }));
    refuse(`${text}\n`);
    refuse(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]));
    refuse(Buffer.from([0xff, 0xfe]));
  });

  it('has strict base64 and exactly one signature', () => {
    const [signature] = revocation.signatures;
    refuse(canonicalJson({ ...revocation, payload: revocation.payload.replace(/=*$/, ' ') }));
    refuse(canonicalJson({ ...revocation, signatures: [] }));
    refuse(canonicalJson({ ...revocation, signatures: [signature, signature] }));
    refuse(canonicalJson({ ...revocation, signatures: [{ ...signature, sig: `${signature.sig}=` }] }));
    refuse(canonicalJson({ ...revocation, signatures: [{ sig: signature.sig }] }));
    const base64url = signature.sig.replaceAll('+', '-').replaceAll('/', '_');
    if (base64url !== signature.sig)
      refuse(canonicalJson({ ...revocation, signatures: [{ ...signature, sig: base64url }] }));
  });

  it('carries a payload of our type, canonical, of a known kind, without a second meaning', () => {
    const signed = (body: string, type = payloadType) =>
      encodeEnvelope(signEnvelope(type, Buffer.from(body), [keyOf('olga')]));
    const statement = buildStatement('revocation', { name: 'm', sha256: sha256('m') }, { line, reason: 'x' });
    const text = statementBytes(statement).toString();
    expect(parseEntry(signed(text), 0).kind).toBe('revocation');
    refuse(signed(text, 'application/json'));
    refuse(signed(`${text} `));
    refuse(signed(text.replace('"reason":"x"', '"reason":"x","reason":"y"')));
    refuse(signed(text.replace('revocation/v1', 'revocation/v2')));
    refuse(signed(text.replace('revocation/v1', 'decommission/v1').replace('"reason":"x"', '"reason":""')));
    refuse(signed('null'));
    refuse(signed('[]'));
    refuse(signed(canonicalJson({ ...statement, subject: [...statement.subject, ...statement.subject] })));
    refuse(signed(canonicalJson({ ...statement, _type: 'https://in-toto.io/Statement/v0.1' })));
  });
});

describe('a threshold', () => {
  const envelope = signEnvelope('t', Buffer.from('b'), [keyOf('vera'), keyOf('vera-2'), keyOf('viktor')]);
  const personOf = (keyid: string) => trust.keys.get(keyid)?.owner.id;

  it('counts keys and persons apart', () => {
    const trusted = [keyOf('vera'), keyOf('vera-2')];
    const result = verifyThreshold(envelope, { threshold: 2, trusted, personOf });
    expect(result).toMatchObject({ valid: true, approved: false, persons: ['vera'] });
    const both = verifyThreshold(envelope, { threshold: 2, trusted: [keyOf('vera'), keyOf('viktor')], personOf });
    expect(both).toMatchObject({ valid: true, approved: true, persons: ['vera', 'viktor'] });
  });

  it('counts a key that is listed twice once, and is never met at zero', () => {
    const trusted = [keyOf('vera'), keyOf('vera')];
    expect(verifyThreshold(envelope, { threshold: 2, trusted, personOf }).valid).toBe(false);
    for (const threshold of [0, -1, Number.NaN])
      expect(verifyThreshold(envelope, { threshold, trusted, personOf })).toMatchObject({
        valid: false,
        approved: false,
      });
  });
});

describe('the JSON schemas', () => {
  it('in the repository are those of the table of kinds', () => {
    const directory = join(import.meta.dirname, '../../registry/schemas');
    const onDisk = readdirSync(directory).map((name) => [
      name,
      JSON.parse(readFileSync(join(directory, name), 'utf8')) as unknown,
    ]);
    expect(Object.fromEntries(onDisk)).toEqual(JSON.parse(JSON.stringify(jsonSchemas())));
    expect(onDisk).toHaveLength(kindNames.length);
  });
});

it('an envelope with DSSE members only is read back as it was signed', () => {
  const statement = buildStatement('revocation', { name: 'm', sha256: sha256('m') }, { line, reason: 'x' });
  const envelope = signStatement(statement, keyOf('olga'));
  expect(parseEnvelope(encodeEnvelope(envelope))).toEqual(envelope);
});

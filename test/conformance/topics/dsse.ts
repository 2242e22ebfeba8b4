import { sha256 } from '../../../core/digest.ts';
import { type Envelope, isSignedBy, pae, payloadOf, signEnvelope, verifyThreshold } from '../../../registry/dsse.ts';
import { keyFromRawPublic, keyFromSeed, parseSpki, rawPublicKey } from '../../../registry/keys.ts';
import type { Problems } from '../handler.ts';

interface Body {
  readonly payloadType: string;
  readonly bodyUtf8?: string;
  readonly bodyBase64?: string;
}

const hex = (text: string) => Buffer.from(text, 'hex');
const paeOf = ({ payloadType, bodyUtf8, bodyBase64 }: Body) =>
  pae(payloadType, bodyUtf8 === undefined ? Buffer.from(bodyBase64 ?? '', 'base64') : Buffer.from(bodyUtf8));

export const problems = {
  pae: (given: Body) => {
    const bytes = paeOf(given);
    return {
      paeUtf8: bytes.toString(),
      paeHex: bytes.toString('hex'),
      length: bytes.length,
      sha256Hex: sha256(bytes),
    };
  },

  'pae-pair': ({ first, second }: { first: Body; second: Body }) => ({
    equal: paeOf(first).equals(paeOf(second)),
    firstSha256Hex: sha256(paeOf(first)),
    secondSha256Hex: sha256(paeOf(second)),
  }),

  'dsse-verify-p256': ({ publicKeySpkiBase64, envelope }: { publicKeySpkiBase64: string; envelope: Envelope }) => ({
    valid: isSignedBy(envelope, parseSpki(Buffer.from(publicKeySpkiBase64, 'base64'))),
  }),

  'dsse-sign-ed25519': (given: { seedHex: string; payloadType: string; payloadBase64: string }) => {
    const key = keyFromSeed(hex(given.seedHex));
    const envelope = signEnvelope(given.payloadType, Buffer.from(given.payloadBase64, 'base64'), [key]);
    if (payloadOf(envelope)?.toString('base64') !== given.payloadBase64) throw new Error('the payload changed');
    return { publicKeyHex: rawPublicKey(key).toString('hex'), signatureBase64: envelope.signatures[0]?.sig };
  },

  'dsse-threshold': (given: {
    threshold: number;
    envelope: Envelope;
    trustedKeysHex: Record<string, string>;
    roster: Record<string, string>;
  }) => {
    const names = new Map(
      Object.entries(given.trustedKeysHex).map(([name, key]) => [keyFromRawPublic(hex(key)).keyid, name]),
    );
    const trusted = Object.values(given.trustedKeysHex).map((key) => keyFromRawPublic(hex(key)));
    const personOf = (keyid: string) => given.roster[names.get(keyid) ?? ''];
    const result = verifyThreshold(given.envelope, { threshold: given.threshold, trusted, personOf });
    const { keys, persons, valid, approved } = result;
    return { validKeys: keys.length, valid, validPersons: persons.length, approved };
  },
} satisfies Problems;

/** What training and validation are given, read from the registry by digest and held against what the log says about it. */
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import type { MarketProfile } from '../market/profile.ts';
import { parseProfile } from '../market/profile-schema.ts';
import { isKind, type SignedEntry, subjectOf } from '../registry/entries.ts';
import { isPersonWith } from '../registry/policy.ts';
import type { Registry } from '../registry/registry.ts';
import type { Predicate } from '../registry/statements/kinds.ts';
import { type LoadedProtocol, parseProtocol } from '../validation/protocol.ts';

export interface MarketInputs {
  readonly profile: MarketProfile;
  readonly protocol: LoadedProtocol;
  /** What the profile was measured on. */
  readonly dataset: Sha256;
}

export interface Named {
  readonly line: string;
  readonly profile: Sha256;
  readonly protocol: Sha256;
}

/**
 * @param entries of the log, with their proved signers
 * @throws ASSAY_NOT_FOUND for a profile nobody trusted stated, ASSAY_DIGEST_MISMATCH where artifacts and log disagree,
 * ASSAY_PROFILE_INVALID, ASSAY_CONFIG_UNKNOWN_KEY, ASSAY_CONFIG_OUT_OF_BOUNDS, ASSAY_OBJECT_MISSING, ASSAY_OBJECT_CORRUPT
 */
export async function marketInputs(
  registry: Registry,
  entries: readonly SignedEntry[],
  { line, profile: profileDigest, protocol: protocolDigest }: Named,
): Promise<MarketInputs> {
  const document = await registry.getJson(protocolDigest);
  const protocol = parseProtocol(document, `protocol ${protocolDigest}`);
  requireSame(`line ${line}`, `line ${protocol.line}`);
  const stated = entries
    .filter(isKind('profile'))
    .find((entry) => entry.by !== undefined && subjectOf(entry) === profileDigest);
  if (stated === undefined)
    throw new AssayError('ASSAY_NOT_FOUND', { what: `a statement about profile ${profileDigest}` });
  const { dataset } = stated.statement.predicate;
  const profile = parseProfile(await registry.getObject(profileDigest));
  requireSame(`dataset ${profile.dataset}`, `dataset ${dataset}`);
  requireInputs(profile, protocol);
  return { profile, protocol: { protocol, document, digest: protocolDigest }, dataset };
}

/** What is not measured is the protocol's: a profile of another protocol would change the fees unseen. */
function requireInputs({ fees, impact }: MarketProfile, protocol: LoadedProtocol['protocol']): void {
  const pairs = [
    ['maker fee', fees.makerBps.value, protocol.fees.makerBps.value],
    ['taker fee', fees.takerBps.value, protocol.fees.takerBps.value],
    ['permanent impact', impact.permanentTicksPerLot.value, protocol.permanentTicksPerLot.value],
  ] as const;
  for (const [what, got, expected] of pairs)
    if (got !== expected)
      throw new AssayError('ASSAY_PROFILE_INVALID', { reason: `its ${what} is ${got}, the protocol's is ${expected}` });
}

/**
 * The signed request that a stage works for, when it is a person's and about the same line and protocol.
 * @throws ASSAY_NOT_FOUND, ASSAY_ROLE_DENIED, ASSAY_DIGEST_MISMATCH
 */
export function requestFor(
  entries: readonly SignedEntry[],
  digest: Sha256,
  { line, protocol }: Pick<Named, 'line' | 'protocol'>,
): Predicate<'request'> {
  const entry = entries.filter(isKind('request')).find((request) => request.digest === digest);
  if (entry === undefined) throw new AssayError('ASSAY_NOT_FOUND', { what: `request ${digest}` });
  if (!isPersonWith(entry.by, 'quant'))
    throw new AssayError('ASSAY_ROLE_DENIED', { person: entry.by?.id ?? `key ${entry.keyid}`, role: 'quant' });
  const { predicate } = entry.statement;
  requireSame(`line ${line}`, `line ${predicate.line}`);
  requireSame(`protocol ${protocol}`, `protocol ${predicate.protocol}`);
  return predicate;
}

/** @throws ASSAY_DIGEST_MISMATCH */
export function requireSame(got: string, expected: string): void {
  if (got !== expected) throw new AssayError('ASSAY_DIGEST_MISMATCH', { got, expected });
}

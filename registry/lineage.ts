/** The graph of the statements: what each consumed, what it produced, and so who stands behind an artifact. */
import type { Sha256 } from '../core/digest.ts';
import { type SignedEntry, subjectOf } from './entries.ts';
import type { Kind } from './statements/kinds.ts';
import type { Person } from './trust.ts';

export interface Material {
  readonly name: string;
  readonly digest: Sha256;
}

/** What a statement rests on, by digest: artifacts, and entries of the log. */
export function materialsOf(entry: SignedEntry): Material[] {
  const on = (name: string, digest: Sha256 | undefined): Material[] => (digest === undefined ? [] : [{ name, digest }]);
  const subject = on('subject', subjectOf(entry));
  switch (entry.kind) {
    case 'request': {
      const { protocol, config } = entry.statement.predicate;
      return [...on('protocol', protocol), ...on('config', config)];
    }
    case 'dataset': {
      const { request, sources } = entry.statement.predicate;
      return [...on('request', request), ...sources.flatMap(({ name, digest }) => on(name, digest.sha256))];
    }
    case 'profile': {
      const { request, dataset } = entry.statement.predicate;
      return [...on('request', request), ...on('dataset', dataset)];
    }
    case 'training': {
      const { externalParameters, resolvedDependencies } = entry.statement.predicate.buildDefinition;
      return [
        ...on('config', externalParameters.config),
        ...resolvedDependencies.flatMap(({ name, digest }) => on(name, digest.sha256)),
      ];
    }
    case 'validation':
      return [...subject, ...on('protocol', entry.statement.predicate.protocol)];
    case 'approval':
    case 'refusal':
      return [...subject, ...on('report', entry.statement.predicate.report)];
    case 'withdrawal':
      return [...subject, ...on('approval', entry.statement.predicate.approval)];
    case 'deployment':
      return [...subject, ...entry.statement.predicate.approvals.flatMap((digest) => on('approval', digest))];
    case 'execution': {
      const { deployment, dataset } = entry.statement.predicate;
      return [...subject, ...on('deployment', deployment), ...on('dataset', dataset)];
    }
    case 'revocation':
    case 'decommission':
      return subject;
  }
}

/** What a statement brought forth, by digest: itself as an entry, and its artifacts. */
export function productsOf(entry: SignedEntry): Sha256[] {
  switch (entry.kind) {
    case 'dataset':
    case 'profile':
      return [entry.digest, subjectOf(entry), entry.statement.predicate.report];
    case 'training': {
      const { byproducts = [] } = entry.statement.predicate.runDetails;
      return [entry.digest, subjectOf(entry), ...byproducts.map(({ digest }) => digest.sha256)];
    }
    case 'validation':
      return [entry.digest, entry.statement.predicate.report];
    case 'execution':
      return [entry.digest, entry.statement.predicate.journal, entry.statement.predicate.report];
    default:
      return [entry.digest];
  }
}

/** Statements up to and including training: who signed one of these has built the artifact. */
const building: ReadonlySet<Kind> = new Set<Kind>(['request', 'dataset', 'profile', 'training']);

export interface LineagePeople {
  /** Everybody who signed a request or a statement in the artifact's making. */
  readonly people: readonly Person[];
  /** Why this may not be everybody; empty when the chain is whole. */
  readonly gaps: readonly string[];
}

/**
 * Who built `subject`: every person who signed a request or a statement up to and including its training. Every statement
 * about a digest counts, so a second one cannot hide the first. The chain has a gap, and independence is then undecided,
 * when no training statement is there, a signer is unproved, or a machine's statement leads to no person's request.
 */
export function lineagePeople(subject: Sha256, entries: readonly SignedEntry[]): LineagePeople {
  const chain = ancestors(
    subject,
    entries.filter(({ kind }) => building.has(kind)),
  );
  const people = new Map<string, Person>();
  const gaps: string[] = [];
  if (!chain.some((entry) => entry.kind === 'training' && subjectOf(entry) === subject))
    gaps.push('no training statement');
  const requests = new Set(chain.filter(({ kind }) => kind === 'request').map(({ digest }) => digest));
  for (const entry of chain) {
    const name = `${entry.kind} at entry ${entry.index}`;
    if (entry.by?.type === 'person') people.set(entry.by.id, entry.by);
    else if (entry.by === undefined) gaps.push(`the signer of the ${name} is not in the trust file`);
    else if (entry.kind === 'request') gaps.push(`the ${name} is signed by a machine`);
    else if (!materialsOf(entry).some(({ digest }) => requests.has(digest))) gaps.push(`the ${name} names no request`);
    if (entry.kind === 'training') gaps.push(...missingMaterials(entry, chain));
  }
  return { people: [...people.values()], gaps };
}

/** A training statement has to lead to the profile's statement; what else it names are inputs without makers here. */
function missingMaterials(training: SignedEntry, chain: readonly SignedEntry[]): string[] {
  const made = new Set(chain.flatMap(productsOf));
  const named = new Map(materialsOf(training).map(({ name, digest }) => [name, digest]));
  return ['request', 'profile'].flatMap((name) => {
    const digest = named.get(name);
    if (digest !== undefined && made.has(digest)) return [];
    return [`the training at entry ${training.index} rests on no stated ${name}`];
  });
}

/** Every statement that led to `digest`, oldest first. */
export function ancestors(digest: Sha256, entries: readonly SignedEntry[]): SignedEntry[] {
  return towardsSources(digest, entries).sort(byIndex);
}

/** Every statement that rests on `digest`, oldest first. */
export function descendants(digest: Sha256, entries: readonly SignedEntry[]): SignedEntry[] {
  const users = new Map<Sha256, SignedEntry[]>();
  for (const entry of entries) for (const { digest: used } of materialsOf(entry)) push(users, used, entry);
  return reach(digest, (node) => users.get(node) ?? [], productsOf).sort(byIndex);
}

/**
 * What `digest` rests on, by the name under which a statement names it (`request`, `protocol`, `profile`, `dataset`): of each
 * the one fewest statements away, so that what is stated again for another request does not count; of equals the newest.
 */
export function nearestMaterials(digest: Sha256, entries: readonly SignedEntry[]): ReadonlyMap<string, Sha256> {
  const nearest = new Map<string, Sha256>();
  for (const entry of towardsSources(digest, entries.toReversed()))
    for (const { name, digest: material } of materialsOf(entry)) if (!nearest.has(name)) nearest.set(name, material);
  return nearest;
}

/** Every statement that led to `digest`, nearest first; equals in the order of `entries`. */
function towardsSources(digest: Sha256, entries: readonly SignedEntry[]): SignedEntry[] {
  const makers = new Map<Sha256, SignedEntry[]>();
  for (const entry of entries) for (const product of productsOf(entry)) push(makers, product, entry);
  return reach(
    digest,
    (node) => makers.get(node) ?? [],
    (entry) => materialsOf(entry).map((material) => material.digest),
  );
}

/** Breadth first. */
function reach(
  start: Sha256,
  entriesAt: (node: Sha256) => readonly SignedEntry[],
  onward: (entry: SignedEntry) => readonly Sha256[],
): SignedEntry[] {
  const nodes = new Set([start]);
  const found = new Set<SignedEntry>();
  for (const node of nodes) {
    for (const entry of entriesAt(node)) {
      if (found.has(entry)) continue;
      found.add(entry);
      for (const next of onward(entry)) nodes.add(next);
    }
  }
  return [...found];
}

function byIndex(a: SignedEntry, b: SignedEntry): number {
  return a.index - b.index;
}

function push(map: Map<Sha256, SignedEntry[]>, key: Sha256, entry: SignedEntry): void {
  const list = map.get(key);
  if (list) list.push(entry);
  else map.set(key, [entry]);
}

/**
 * Chooses what runs on a line, offline and from what is proved alone: the version asked for, or the line's newest approved
 * model; where that cannot be proved, an approved fallback, with the reason; else nothing.
 */
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import type { Policy } from '../market/policy.ts';
import { describePolicy } from '../market/policy-file.ts';
import { loadPolicy } from '../market/policy-onnx.ts';
import { parseSchedule } from '../market/schedule-file.ts';
import { schedulePolicy } from '../market/schedules.ts';
import type { LineState, Version } from '../registry/line-state.ts';
import { stateError } from '../registry/policy.ts';
import type { TrustedRegistry } from '../registry/read.ts';
import { Gate } from '../risk/gate.ts';
import { limitsOf } from './limits.ts';
import { type Terms, termsOf } from './task.ts';

export interface Pulled extends Terms {
  readonly version: Version;
  readonly policy: Policy;
  /** Closed, and with the limits in force. */
  readonly gate: Gate;
  /** Why this fallback runs and not what was wanted; absent when it is what was wanted. */
  readonly because?: AssayError;
}

/**
 * @param model the version asked for; left out: the line's newest approved model
 * @throws ASSAY_NO_FALLBACK when nothing can be proved, with the reason of what was wanted
 */
export async function pull(registry: TrustedRegistry, line: string, model?: Sha256): Promise<Pulled> {
  const state = registry.line(line);
  const wanted = model === undefined ? state.approved : state.versions.find((version) => version.model === model);
  let because = wanted === undefined ? absence(state, model) : undefined;
  for (const version of new Set([...(wanted ? [wanted] : []), ...fallbacksOf(state)])) {
    try {
      const pulled = await prove(registry, line, version);
      return because === undefined ? pulled : { ...pulled, because };
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      because ??= error;
    }
  }
  const reason = because?.message ?? 'nothing was approved';
  throw new AssayError('ASSAY_NO_FALLBACK', { line, reason }, { cause: because });
}

/** Newest first: after one that cannot be proved, the one before it. */
function fallbacksOf({ versions }: LineState): Version[] {
  return versions.filter(({ kind, approval }) => kind === 'fallback' && approval.state === 'approved').toReversed();
}

/** What was wanted is not there at all: why. */
function absence({ line, versions }: LineState, model: Sha256 | undefined): AssayError {
  if (model !== undefined) return new AssayError('ASSAY_NOT_FOUND', { what: `version ${model} of line ${line}` });
  const models = versions.filter(({ kind }) => kind === 'model');
  const deployed = models.filter(({ deployedAt }) => deployedAt !== undefined);
  const last = deployed.sort((a, b) => (a.deployedAt ?? 0) - (b.deployedAt ?? 0)).at(-1) ?? models.at(-1);
  if (last !== undefined) return stateError(last.model, last.approval);
  return new AssayError('ASSAY_NOT_APPROVED', { subject: `a model of line ${line}`, reason: 'there is none' });
}

/** Everything that has to hold before this version decides anything. @throws the AssayError that says what does not */
async function prove(registry: TrustedRegistry, line: string, version: Version): Promise<Pulled> {
  const bytes = registry.load(version);
  const terms = termsOf(registry, line, version);
  const policy = isJson(bytes)
    ? schedulePolicy(parseSchedule(bytes))
    : await serve(bytes, `${version.candidate}, version ${version.number}`, { version, terms });
  const gate = new Gate(limitsOf(version.approval.terms?.limits ?? {}, terms.task));
  return { ...terms, version, policy, gate };
}

/** A network says itself what it was trained under; a statement that says otherwise is about something else. */
async function serve(
  bytes: Buffer,
  name: string,
  { version, terms }: { readonly version: Version; readonly terms: Terms },
): Promise<Policy> {
  const said = describePolicy(bytes);
  for (const what of ['protocol', 'profile'] as const)
    if (said[what] !== terms[what])
      throw new AssayError('ASSAY_MODEL_INVALID', {
        digest: version.model,
        reason: `it names another ${what} than its training statement`,
      });
  return loadPolicy(bytes, name);
}

/** A schedule is a JSON object; an ONNX file begins with a field tag. */
function isJson(bytes: Buffer): boolean {
  return bytes[0] === 0x7b;
}

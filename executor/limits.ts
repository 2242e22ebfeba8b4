/** What the gate enforces: the limits that the approvals carry, and for what they leave out the house's own. */
import { AssayError } from '../core/errors.ts';
import type { GateLimits } from '../risk/gate.ts';

/**
 * - A parent may be as large as the task that was validated, a child as large as its parent.
 * - 25 % of the volume in 5 min is where a desk halts; a tenth of a parent may be taken however quiet the market is.
 * - A book that changes many times a second and has been silent for 2 s is a broken feed.
 */
export function defaultLimits(task: { readonly lots: number }): GateLimits {
  return {
    maxChildLots: task.lots,
    maxParentLots: task.lots,
    priceCollarBps: 50,
    maxParticipation: 0.25,
    participationWindowMs: 300_000,
    participationFreeLots: Math.ceil(task.lots / 10),
    maxDataAgeMs: 2000,
  };
}

/**
 * The limits in force under an approval.
 * @throws ASSAY_CONFIG_UNKNOWN_KEY for a limit that this gate cannot enforce: what was signed as a condition must not be ignored
 */
export function limitsOf(approved: Readonly<Record<string, number>>, task: { readonly lots: number }): GateLimits {
  const limits = defaultLimits(task);
  const unknown = Object.keys(approved).find((name) => !Object.hasOwn(limits, name));
  if (unknown !== undefined)
    throw new AssayError('ASSAY_CONFIG_UNKNOWN_KEY', { where: 'the limits of the approval', key: unknown });
  return { ...limits, ...approved };
}

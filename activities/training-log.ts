/** The log of a training, as an object that its statement names: everything that decided the result, and every update's metrics. */
import { z } from 'zod';
import type { Sha256 } from '../core/digest.ts';
import { AssayError } from '../core/errors.ts';
import type { PpoResult } from '../models/ppo.ts';
import type { SignedEntry } from '../registry/entries.ts';
import type { Registry } from '../registry/registry.ts';
import type { ValidationReport } from '../validation/report/schema.ts';

/** What a training statement calls it among its byproducts. */
export const trainingLogName = 'training-log';

/** Nothing in it depends on the clock. */
export function trainingLogOf({ config, runDigest, thetaDigest, updates, steps, history }: PpoResult) {
  return { kind: 'training-log', version: 1, config, runDigest, thetaDigest, updates, steps, history };
}

const figure = z.number().nullable().optional();
/** What is drawn; the rest is for people and programs that look closer. */
const schema = z.object({
  kind: z.literal('training-log'),
  version: z.literal(1),
  steps: z.int().min(0),
  updates: z.int().min(0),
  history: z.array(
    z.object({
      'charts/episodic_return': figure,
      'charts/cost_bps': figure,
      'losses/approx_kl': figure,
      'losses/entropy': figure,
    }),
  ),
});

/**
 * The curve of a training, as far as its figures are defined; none where the statement names no log.
 * @throws ASSAY_OBJECT_MISSING, ASSAY_OBJECT_CORRUPT, ASSAY_STATEMENT_INVALID
 */
export async function trainingCurve(
  registry: Registry,
  training: SignedEntry<'training'>,
): Promise<ValidationReport['training']> {
  const { byproducts = [] } = training.statement.predicate.runDetails;
  const log: Sha256 | undefined = byproducts.find(({ name }) => name === trainingLogName)?.digest.sha256;
  if (log === undefined) return [];
  const parsed = schema.safeParse(await registry.getJson(log));
  if (!parsed.success) throw new AssayError('ASSAY_STATEMENT_INVALID', { reason: `the training log ${log} is none` });
  const { steps, updates, history } = parsed.data;
  return history.flatMap((row, i) => {
    const [value, kl, entropy] = [row['charts/episodic_return'], row['losses/approx_kl'], row['losses/entropy']];
    if (typeof value !== 'number' || typeof kl !== 'number' || typeof entropy !== 'number') return [];
    const costBps = row['charts/cost_bps'];
    const step = Math.round((steps / updates) * (i + 1));
    return [{ step, return: value, kl, entropy, ...(typeof costBps === 'number' && { costBps }) }];
  });
}

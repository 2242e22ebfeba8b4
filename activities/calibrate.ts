/** Calibration as a stage: a dataset's calibration segment becomes a market profile, signed and in the log. */
import { canonicalJson } from '../core/canonical-json.ts';
import { estimateLaws } from '../curation/laws.ts';
import { estimateProfile } from '../curation/profile.ts';
import { type FidelityRow, fidelity, martingaleReversion } from '../envs/fidelity.ts';
import { recordGrid } from '../envs/record.ts';
import { SimulatedMarket } from '../envs/simulated-market.ts';
import { bookChain } from '../market/book-chain.ts';
import type { Instrument } from '../market/instrument.ts';
import type { MarketProfile } from '../market/profile.ts';
import type { BookTape } from '../market/tape.ts';
import type { Protocol } from '../validation/protocol.ts';

export interface Calibration {
  readonly profile: MarketProfile;
  readonly fidelity: readonly FidelityRow[];
}

export interface CalibrationInputs {
  readonly source: BookTape;
  readonly instrument: Instrument;
  readonly dataset: string;
  readonly segment: string;
  readonly protocol: Protocol;
  readonly onProgress?: (what: string, done: number, total: number) => void;
}

/**
 * A profile from a recorded book: estimated, its reversion fitted, its laws held against the simulated market.
 * @throws ASSAY_PROFILE_INVALID, ASSAY_DATASET_QUALITY
 */
export function calibrate({
  source,
  instrument,
  dataset,
  segment,
  protocol,
  onProgress,
}: CalibrationInputs): Calibration {
  const { fees, permanentTicksPerLot, seeds } = protocol;
  const seed = seeds.fidelity;
  onProgress?.('measuring the capture', 0, 3);
  const { profile: measured, grid } = estimateProfile(source, {
    instrument,
    dataset,
    segment,
    fees,
    permanentTicksPerLot,
    seed,
  });
  onProgress?.('fitting the simulated market', 1, 3);
  const book = { ...measured.book, reversion: martingaleReversion(measured, seed) };
  const fitted: MarketProfile = { ...measured, book };
  onProgress?.('holding it against the capture', 2, 3);
  const simulated = recordGrid(new SimulatedMarket(fitted, bookChain(book)), {
    seed,
    stream: 'laws',
    seconds: 3600,
    stepMs: book.stepMs,
  });
  // As it will be read back: nothing may depend on what JSON does not carry.
  const profile = JSON.parse(canonicalJson({ ...fitted, laws: estimateLaws(grid, simulated) })) as MarketProfile;
  const rows = fidelity(profile, { seed });
  onProgress?.('calibrated', 3, 3);
  return { profile, fidelity: rows };
}

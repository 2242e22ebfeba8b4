/** Calibration as a stage: a dataset's calibration segment becomes a market profile, signed and in the log. */
import { setImmediate } from 'node:timers/promises';
import { canonicalJson } from '../core/canonical-json.ts';
import { segmentsOf } from '../curation/dataset.ts';
import { estimateLaws } from '../curation/laws.ts';
import { estimateProfile } from '../curation/profile.ts';
import { type FidelityRow, fidelity, martingaleReversion } from '../envs/fidelity.ts';
import { recordGrid } from '../envs/record.ts';
import { SimulatedMarket } from '../envs/simulated-market.ts';
import { bookChain } from '../market/book-chain.ts';
import type { Instrument } from '../market/instrument.ts';
import type { MarketProfile } from '../market/profile.ts';
import { parseProfile } from '../market/profile-schema.ts';
import { type BookTape, cutBookTape } from '../market/tape.ts';
import { type Protocol, parseProtocol } from '../validation/protocol.ts';
import { loadDataset } from './dataset.ts';
import { type MachineDeps, openMachine, refuseWhenCancelled } from './machine.ts';
import type { CurationStages } from './types.ts';

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
  const text = canonicalJson({ ...fitted, laws: estimateLaws(grid, simulated) });
  const profile = parseProfile(Buffer.from(text));
  const rows = fidelity(profile, { seed });
  onProgress?.('calibrated', 3, 3);
  return { profile, fidelity: rows };
}

/** What the profile's statement names as its report: how the simulated market compares with the capture, both columns. */
function calibrationReport({ profile, fidelity: rows }: Calibration, protocol: string) {
  const { dataset, segment, seconds, laws } = profile;
  return {
    kind: 'calibration',
    version: 1,
    protocol,
    dataset,
    segment,
    seconds,
    fidelity: rows.map((row) => ({ ...row, simulated: Number.isFinite(row.simulated) ? row.simulated : null })),
    faithful: rows.every(({ inside }) => inside),
    laws: laws.map(({ name, unit, samples, ksDistance, ksCritical }) => ({
      ...{ name, unit, samples, ksDistance, ksCritical },
      fits: ksDistance <= ksCritical,
    })),
  };
}

export function createCalibrate(deps: MachineDeps): CurationStages['calibrate'] {
  return async ({ dataset, protocol: digest, request }, { signal, progress }) => {
    const { registry, state } = await openMachine(deps);
    progress({ what: 'reading the dataset', done: 0, total: 4 });
    const protocol = parseProtocol(await registry.getJson(digest));
    const { manifest, bookTape } = await loadDataset(registry, dataset);
    const { calibration: segment } = segmentsOf(manifest, protocol.split);
    // Lets a cancel through before what cannot be interrupted, and after it.
    await setImmediate();
    refuseWhenCancelled(signal, 'calibration');
    const calibration = calibrate({
      source: cutBookTape(bookTape, segment),
      instrument: manifest.instrument,
      dataset,
      segment: 'calibration',
      protocol,
      onProgress: (what, done) => progress({ what, done: done + 1, total: 4 }),
    });
    await setImmediate();
    refuseWhenCancelled(signal, 'calibration');
    const profile = await registry.putJson(calibration.profile);
    const report = await registry.putJson(calibrationReport(calibration, digest));
    const subject = { name: `${protocol.line} profile`, sha256: profile };
    return { profile, statement: await state('profile', subject, { request, dataset, report }) };
  };
}

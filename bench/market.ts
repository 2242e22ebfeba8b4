/** The market that the benches of envs, models, validation and executor share: the example captures, curated and calibrated here. */
import { join } from 'node:path';
import { calibrate } from '../activities/calibrate.ts';
import { curateCaptures } from '../curation/curate.ts';
import { readBookTape, type Segments, segmentsOf } from '../curation/dataset.ts';
import { btcusdPerp } from '../market/instrument.ts';
import type { MarketProfile } from '../market/profile.ts';
import { type BookTape, cutBookTape } from '../market/tape.ts';
import { type LoadedProtocol, loadProtocol } from '../validation/protocol.ts';

const root = join(import.meta.dirname, '..');

/** In the order of the stream. */
export const captures = ['btcusd_perp_20240808.gz', 'btcusd_perp_20240809.gz'].map((name) =>
  join(root, 'examples/data', name),
);

export interface CalibratedMarket {
  readonly profile: MarketProfile;
  readonly protocol: LoadedProtocol;
  readonly bookTape: BookTape;
  readonly segments: Segments;
}

let made: Promise<CalibratedMarket> | undefined;

/** Made once a run. */
export function calibratedMarket(scratch: string): Promise<CalibratedMarket> {
  made ??= make(join(scratch, 'market'));
  return made;
}

async function make(workFolder: string): Promise<CalibratedMarket> {
  const protocol = loadProtocol(join(root, 'protocol.json'));
  const { manifest, digest, files } = await curateCaptures({ captures, instrument: btcusdPerp, workFolder });
  const bookTape = await readBookTape(manifest, (table) => files.get(table) as string);
  const segments = segmentsOf(manifest, protocol.protocol.split);
  const { profile } = calibrate({
    source: cutBookTape(bookTape, segments.calibration),
    instrument: btcusdPerp,
    dataset: digest,
    segment: 'calibration',
    protocol: protocol.protocol,
  });
  return { profile, protocol, bookTape, segments };
}

/**
 * A house with everything that training and validation ask for: a small protocol, a dataset, a profile and a signed request,
 * each an object with its statement. The market is a synthetic one, or what curation and calibration make of the repository's captures.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCurationActivities } from '../../activities/curation.ts';
import type { MachineDeps } from '../../activities/machine.ts';
import type { StageContext, StageProgress } from '../../activities/types.ts';
import { canonicalJson } from '../../core/canonical-json.ts';
import { systemClock } from '../../core/clock.ts';
import type { MarketProfile } from '../../market/profile.ts';
import { Files } from '../../registry/files.ts';
import { loadKey } from '../../registry/keys.ts';
import { putObject } from '../../registry/store.ts';
import type { Protocol } from '../../validation/protocol.ts';
import { captures } from './captures.ts';
import { createHouse, type House, type Who } from './house.ts';
import { syntheticProfile } from './recorded-market.ts';

export const line = 'btcusd-perp';

/** The repository's protocol, small enough for a test: orders of 10 s, four updates of training. */
export function smallProtocol(change: (protocol: Protocol) => unknown = () => {}): Protocol {
  const protocol = JSON.parse(readFileSync(new URL('../../protocol.json', import.meta.url), 'utf8')) as Protocol;
  const small = { task: { lots: 240, horizonMs: 10_000, decisionMs: 1000 }, resamples: 200 };
  const episodes = { tuning: 16, validation: 256, stress: 100 };
  // One law of moves is enough: each has to be simulated before the first update.
  const stressed = protocol.training.stressed.filter(({ stress }) => !stress.startsWith('volatility'));
  const training = {
    ...protocol.training,
    envs: 20,
    totalSteps: 4 * 20 * 10,
    hidden: [8],
    minibatchSize: 100,
    epochs: 2,
    stressed,
  };
  const made: Protocol = { ...protocol, ...small, episodes, training };
  change(made);
  return made;
}

export interface StageHouse {
  readonly house: House;
  readonly request: string;
  readonly dataset: string;
  readonly profile: string;
  readonly protocol: string;
  /** What a stage of this identity is built on; `scratch` is the same for all. */
  deps(who: Who): MachineDeps;
  /** The same as paths, for a child process. */
  config(who: Who): { registry: string; trust: string; key: string; logKey: string; scratch: string };
  put(value: unknown): string;
  /** A request of the quant's for this protocol. @returns its entry */
  ask(change?: { readonly who?: Who; readonly line?: string; readonly protocol?: string }): string;
  /** States a profile as the curation would. */
  stateProfile(profile: unknown): string;
}

export async function createStageHouse(
  market: 'synthetic' | 'captures',
  change?: (protocol: Protocol) => unknown,
): Promise<StageHouse> {
  const house = await createHouse();
  const files = new Files(house.registry);
  const put = (value: unknown) => putObject(files, Buffer.from(canonicalJson(value)));
  const small = smallProtocol(change);
  const protocol = put(small);
  const scratch = join(house.folder, 'scratch');
  const deps = (who: Who): MachineDeps => {
    const { registry, trust, log } = house;
    return { registry, trust, key: loadKey(house.keyFile(who)), log, scratch, clock: systemClock };
  };
  const ask: StageHouse['ask'] = (other = {}) => {
    const asked = { line, action: 'run', candidate: 'ppo', seed: 1, protocol, ...other } as const;
    const { who = 'demo-quant', ...rest } = { who: undefined, ...asked };
    const config = put({ line, candidate: 'ppo', seed: 1, protocol, ...other });
    return house.append(house.sign(who, 'request', config, { ...rest, config }));
  };
  const request = ask();
  const source = put({ test: 'source' });
  const dataset = market === 'synthetic' ? put({ test: 'dataset' }) : '';
  const stateProfile = (value: unknown) => {
    const profile = put(value);
    house.append(house.sign('demo-curation', 'profile', profile, { request, dataset, report: put({ test: 'fit' }) }));
    return profile;
  };
  const common = {
    ...{ house, request, protocol, deps, put, ask, stateProfile },
    config: (who: Who) => ({
      ...{ registry: house.registry, trust: house.trustFile, key: house.keyFile(who) },
      ...{ logKey: house.keyFile('demo-log'), scratch },
    }),
  };
  if (market === 'captures') {
    const curation = createCurationActivities(deps('demo-curation'));
    const curated = await curation.curate({ captures, request }, quiet);
    const { profile } = await curation.calibrate({ dataset: curated.dataset, protocol, request }, quiet);
    return { ...common, dataset: curated.dataset, profile };
  }
  const sources = [{ name: 'capture', digest: { sha256: source } }];
  house.append(house.sign('demo-curation', 'dataset', dataset, { request, sources, report: put({ test: 'quality' }) }));
  return { ...common, dataset, profile: stateProfile(syntheticMarket(small, dataset)) };
}

/** A synthetic profile with the protocol's fees, as if measured on `dataset`. */
export function syntheticMarket({ fees, permanentTicksPerLot }: Protocol, dataset: string): MarketProfile {
  const profile = syntheticProfile(3);
  return { ...profile, dataset, fees, impact: { ...profile.impact, permanentTicksPerLot } };
}

export const quiet: StageContext = { signal: new AbortController().signal, progress: () => {} };

/** A context that keeps what it is told. */
export function listening(signal = quiet.signal): StageContext & { readonly heard: StageProgress[] } {
  const heard: StageProgress[] = [];
  return { signal, heard, progress: (report) => heard.push(report) };
}

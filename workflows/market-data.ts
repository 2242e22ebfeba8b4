/** What a run and the opening of a line begin with: the request in the log, the market's data, and its profile. */
import type { Artifacts, Stage } from './messages.ts';
import { curation, governance } from './stages.ts';

export interface MarketDataInput {
  readonly line: string;
  /** The request as one DSSE envelope in JSON text, signed by the person who launches this. */
  readonly request: string;
  /** Capture files in the order of the stream, by path or digest. */
  readonly captures: readonly string[];
  readonly protocol: string;
  /** Digests of what an earlier run made of the same captures; those steps are then skipped. */
  readonly dataset?: string;
  readonly profile?: string;
}

export interface MarketData extends Artifacts {
  readonly request: string;
  readonly dataset: string;
  readonly profile: string;
}

/** @param reached told at the beginning of each step what there is so far */
export async function prepareMarketData(
  input: MarketDataInput,
  reached: (stage: Stage, artifacts: Artifacts) => void,
): Promise<MarketData> {
  const { line, captures, protocol } = input;
  const { entry: request } = await governance().recordRequest({ envelope: input.request, line });
  reached('curate', { request });
  const dataset = input.dataset ?? (await curation().curate({ captures, request })).dataset;
  reached('calibrate', { request, dataset });
  const profile = input.profile ?? (await curation().calibrate({ dataset, protocol, request })).profile;
  return { request, dataset, profile };
}

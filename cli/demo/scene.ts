/** What every act of the demo has at hand, and what it notes down for the summary. */
import type { Client, WorkflowHandle } from '@temporalio/client';
import { AssayError } from '../../core/errors.ts';
import type { TrustedRegistry } from '../../registry/read.ts';
import type { LoadedProtocol } from '../../validation/protocol.ts';
import type { LocalHouse } from '../local-house.ts';
import { look } from '../look.ts';
import type { Board } from './board.ts';
import type { People, Refusal } from './people.ts';
import type { ExecutionFacts, Refused, Timing } from './summary.ts';
import { brief } from './words.ts';

export interface Scene {
  readonly house: LocalHouse;
  readonly board: Board;
  readonly people: People;
  readonly client: Client;
  readonly seed: number;
  /** Capture files in the order of the stream. */
  readonly captures: readonly string[];
  readonly protocolFile: string;
  readonly protocol: LoadedProtocol;
  /** Where the pages of the validation report and of the execution go. */
  readonly pages: { readonly report: string; readonly execution: string };
  readonly notes: Notes;
}

export interface Notes {
  readonly refused: Refused[];
  readonly executions: ExecutionFacts[];
  readonly timings: Timing[];
  /** Every workflow of this demo. */
  readonly started: WorkflowHandle[];
}

/** The registry as it is now, read by somebody who trusts the trust file alone. */
export function readRegistry({ house }: Scene): TrustedRegistry {
  return look({ registry: house.registry, trust: house.trustFile, json: true });
}

/** Notes a refusal that had to come. @throws ASSAY_REFUSED when it did not, or for another reason */
export function mustBeRefused(
  { notes, board }: Scene,
  expected: string,
  { who, what, refusal }: { readonly who: string; readonly what: string; readonly refusal: Refusal | undefined },
): void {
  const came = refusal ? `it was refused with ${refusal.code} (${refusal.message})` : 'it was done';
  mustHold(refusal?.code === expected, `${who}, ${what}: ${came}, and not refused with ${expected}`);
  notes.refused.push({ who, what, ...refusal });
  board.say(`refused, ${refusal.code}: ${brief(refusal.message)}`);
}

/** @throws ASSAY_REFUSED saying what does not hold: the demo then fails, whatever else went well */
export function mustHold(holds: boolean, reason: string): asserts holds {
  if (!holds)
    throw new AssayError('ASSAY_REFUSED', { reason: `${reason}; nothing that this build says can be trusted` });
}

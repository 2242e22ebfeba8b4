/** Everything that defines the execution task in one simulated market, fixed by the profile and the protocol. */
import { type BookChain, bookChain } from '../market/book-chain.ts';
import { executionCosts, type MarketProfile } from '../market/profile.ts';
import type { ExecutionCosts } from '../market/session.ts';
import { CALM, type Stress } from './stress.ts';

export interface TaskSpec {
  /** Parent size, lots. */
  readonly lots: number;
  readonly horizonMs: number;
  /** Time between decisions; a multiple of the reaction clock. */
  readonly decisionMs: number;
}

export interface ExecutionMarket {
  readonly profile: MarketProfile;
  readonly chain: BookChain;
  readonly costs: ExecutionCosts;
  readonly task: TaskSpec;
  readonly stress: Stress;
}

export function executionMarket(profile: MarketProfile, task: TaskSpec, stress: Stress = CALM): ExecutionMarket {
  return { profile, chain: bookChain(profile.book), costs: executionCosts(profile), task, stress };
}

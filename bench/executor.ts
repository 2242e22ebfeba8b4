/** One decision of the executor on recorded data: observe, ask the network, pass the gate, write the journal. */

import { join } from 'node:path';
import { JournalWriter } from '../executor/journal.ts';
import { limitsOf } from '../executor/limits.ts';
import { Marks } from '../executor/marks.ts';
import { OrderAtWork } from '../executor/order.ts';
import { loadPolicy } from '../market/policy-onnx.ts';
import { executionCosts } from '../market/profile.ts';
import { ReplayFeed } from '../market/replay.ts';
import { Gate } from '../risk/gate.ts';
import { calibratedMarket } from './market.ts';
import { alone, type Bench, type Measurement, quantile, type Setting } from './measurement.ts';
import { untrainedPolicy } from './policy.ts';

export const benches: readonly Bench[] = [{ name: 'executor-decision', run: decision }];

async function decision({ quick, scratch }: Setting): Promise<Measurement[]> {
  const { profile, protocol, bookTape, segments } = await calibratedMarket(scratch);
  const { task, training } = protocol.protocol;
  const policy = await loadPolicy(untrainedPolicy(training.hidden), 'untrained');
  const journal = new JournalWriter(join(scratch, 'journal.jsonl'));
  const taken: number[] = [];
  // The same stretch again and again: there are only so many decisions in it.
  for (let pass = 0; pass < (quick ? 1 : 20); pass++) {
    const feed = new ReplayFeed(bookTape, segments.execution);
    const gate = new Gate(limitsOf({}, task));
    const costs = executionCosts(profile);
    const floor = { feed, costs, task, policy, gate, journal, marks: new Marks(journal), last: { child: 0, fill: 0 } };
    for (let parent = 1; feed.timeMs + task.horizonMs <= feed.endMs; parent++) {
      gate.openParent(task.lots);
      const order = new OrderAtWork(floor, parent % 2 === 1 ? -1 : 1, task.lots);
      const endMs = feed.timeMs + task.horizonMs;
      while (feed.timeMs < endMs && !order.finished) {
        const start = performance.now();
        await order.decide();
        taken.push(performance.now() - start);
        feed.advance(feed.timeMs + task.decisionMs, order);
      }
      order.close(parent);
    }
  }
  journal.close();
  const ascending = Float64Array.from(taken).sort();
  return [
    alone({
      bench: 'executor-decision',
      metric: 'observe, decide, gate, journal, p50',
      unit: 'us',
      value: 1000 * quantile(ascending, 0.5),
    }),
    alone({
      bench: 'executor-decision',
      metric: 'observe, decide, gate, journal, p99',
      unit: 'us',
      value: 1000 * quantile(ascending, 0.99),
    }),
  ];
}

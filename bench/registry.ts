/** The log: one statement onto a log of n, n statements in batches, and the whole verification of a registry that holds them. */
import { join } from 'node:path';
import { fixedClock } from '../core/clock.ts';
import { sha256 } from '../core/digest.ts';
import type { Envelope } from '../registry/dsse.ts';
import { keyFromSeed, publicText } from '../registry/keys.ts';
import { formatVerifierKey, noteVerifier } from '../registry/note.ts';
import { createRegistry, type Registry } from '../registry/registry.ts';
import { buildStatement, signStatement } from '../registry/statements/statement.ts';
import { parseTrust } from '../registry/trust.ts';
import { verifyRegistry } from '../registry/verify.ts';
import { alone, type Bench, type Measurement, quantile, type Setting, timed, timesMs } from './measurement.ts';

export const benches: readonly Bench[] = [1e2, 1e3, 1e4, 1e5].map((size) => ({
  name: `log-${size}`,
  run: (setting: Setting) => (setting.quick && size > 100 ? Promise.resolve([]) : logOf(size, setting)),
}));

/** Statements appended under one checkpoint. */
const batch = 1000;
/** Appends that are timed one by one onto the full log. */
const singles = 40;

const origin = 'bench.example/log';
const keyOf = (name: string) => keyFromSeed(Buffer.from(sha256(`bench identity ${name}`), 'hex'));
const [operator, log] = [keyOf('operator'), keyOf('log')];
const trust = parseTrust({
  version: 1,
  log: { verifierKey: formatVerifierKey(noteVerifier(origin, log)) },
  people: [{ id: 'operator', name: 'Operator (bench)', roles: ['operator'], keys: [publicText(operator)] }],
  machines: [],
});

async function logOf(size: number, { scratch }: Setting): Promise<Measurement[]> {
  const bench = `log-${size}`;
  const envelopes = Array.from({ length: size }, (_, i) => statement(i));
  const registry = await open(join(scratch, bench));
  const filled = await timed(async () => {
    for (let at = 0; at < size; at += batch) await registry.appendAll(envelopes.slice(at, at + batch));
  });
  const found: Measurement[] = [
    alone({
      bench,
      metric: `append in batches of ${Math.min(batch, size)}`,
      unit: '1/s',
      value: size / filled.seconds,
    }),
  ];
  // From nothing to this size one by one, where that takes seconds.
  if (size <= 1000) {
    const slow = await open(join(scratch, `${bench}-single`));
    const { seconds } = await timed(async () => {
      for (const envelope of envelopes) await slow.append(envelope);
    });
    found.push(alone({ bench, metric: 'append one by one', unit: '1/s', value: size / seconds }));
  }
  const verified = await timed(() => verifyRegistry(registry.directory, { trust }));
  if (!verified.result.trusted || verified.result.entries !== size)
    throw new Error(`the log of ${size} does not verify: ${JSON.stringify(verified.result.problems[0])}`);
  found.push(alone({ bench, metric: 'verify the whole registry', unit: 'ms', value: verified.seconds * 1000 }));
  const more = Array.from({ length: 2 * singles }, (_, i) => statement(size + i));
  const one = await timesMs(singles, (i) => registry.append(more[i]));
  found.push(alone({ bench, metric: 'append one more, p50', unit: 'ms', value: quantile(one, 0.5) }));
  return found;
}

function open(directory: string): Promise<Registry> {
  return createRegistry(directory, { origin, logKey: log, clock: fixedClock(Date.UTC(2026, 0, 1)) });
}

/** Signed before the clock starts: signing is the signer's work. */
function statement(i: number): Envelope {
  const subject = { name: `model ${i}`, sha256: sha256(`bench model ${i}`) };
  return signStatement(buildStatement('revocation', subject, { line: 'bench', reason: `statement ${i}` }), operator);
}

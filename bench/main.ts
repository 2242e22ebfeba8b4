/** `npm run bench [-- <room> ...] [--json] [--quick]`: measures the rooms; a table, or a JSON object a line. */
import '../core/one-compiler.ts';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Bench, Measurement } from './measurement.ts';

/** Imported when asked for: a bench of the registry loads no TensorFlow. */
const rooms: Readonly<Record<string, () => Promise<{ readonly benches: readonly Bench[] }>>> = {
  curation: () => import('./curation.ts'),
  envs: () => import('./envs.ts'),
  models: () => import('./models.ts'),
  validation: () => import('./validation.ts'),
  registry: () => import('./registry.ts'),
  risk: () => import('./risk.ts'),
  executor: () => import('./executor.ts'),
};

const usage = `usage: npm run bench -- [room ...] [--json] [--quick]

rooms    ${Object.keys(rooms).join(', ')}; left out: all of them
--json   a JSON object a line: bench, metric, unit, value, peer, ratio
--quick  sizes that only show that the benches run; the numbers mean nothing`;

async function main(): Promise<number> {
  const asked = argumentsOf();
  if (typeof asked === 'string') {
    console.error(`${asked}\n${usage}`);
    return 2;
  }
  if (asked.help) {
    console.log(usage);
    return 0;
  }
  if (!asked.json) console.log(`${conditions().join('\n')}\n`);
  const scratch = mkdtempSync(join(tmpdir(), 'assay-bench-'));
  let failed = 0;
  try {
    for (const name of asked.rooms) {
      const { benches } = await rooms[name]();
      for (const bench of benches) {
        try {
          for (const row of await bench.run({ quick: asked.quick, scratch }))
            console.log(asked.json ? JSON.stringify(row) : tableLine(row));
        } catch (error) {
          failed++;
          console.error(`${bench.name} failed: ${error instanceof Error ? error.stack : String(error)}`);
        }
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return failed === 0 ? 0 : 1;
}

interface Asked {
  readonly rooms: readonly string[];
  readonly json: boolean;
  readonly quick: boolean;
  readonly help: boolean;
}

/** What is asked, or what is wrong with it. */
function argumentsOf(): Asked | string {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values, positionals } = parseArgs({
      options: { json: flag, quick: flag, help: flag },
      allowPositionals: true,
    });
    const unknown = positionals.find((name) => !Object.hasOwn(rooms, name));
    if (unknown !== undefined) return `no room is called ${unknown}`;
    return { rooms: positionals.length > 0 ? positionals : Object.keys(rooms), ...values };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Where and with what the numbers were taken. */
function conditions(): string[] {
  const [cpu] = cpus();
  const packages = ['@duckdb/node-api', 'onnxruntime-node', '@tensorflow/tfjs'].map(
    (name) => `${name} ${version(name)}`,
  );
  return [
    `${cpu?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${process.platform} ${process.arch}`,
    `Node ${process.version}, ${packages.join(', ')}`,
    'peer: another implementation of the same work here; ratio: how many times faster than it',
  ];
}

function version(name: string): string {
  const file = join(import.meta.dirname, '../node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function tableLine({ bench, metric, unit, value, peer, ratio }: Measurement): string {
  const beside = peer === null || ratio === null ? '' : `peer ${shown(peer)}, ratio ${shown(ratio)}`;
  return `${bench.padEnd(22)}  ${metric.padEnd(46)}  ${shown(value).padStart(12)} ${unit.padEnd(4)}  ${beside}`.trimEnd();
}

/** Three digits that count. */
function shown(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.min(6, digits) });
}

process.exitCode = await main();

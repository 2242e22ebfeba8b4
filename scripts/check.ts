/** `npm run check`: everything that can be said of the code without running it. One line a check; all run, then the verdict. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { docBreaches } from './docs.ts';
import { houseRuleBreaches } from './house-rules.ts';
import { breaches, listModules, readImports } from './imports.ts';

interface Outcome {
  readonly ok: boolean;
  /** Shown beside the name when it passed. */
  readonly note?: string;
  /** Shown below the name when it failed. */
  readonly detail: string;
}

const root = join(import.meta.dirname, '..');

const checks: Record<string, () => Promise<Outcome> | Outcome> = {
  format: () => tool('biome', ['check', '--error-on-warnings', '.']),
  lint: () => tool('oxlint', ['--type-aware', '--deny-warnings', '-c', '.oxlintrc.json', '.']),
  types: () => tool('tsc', ['--noEmit']),
  imports: () => importOrder(),
  unused: () => tool('knip', ['--no-progress', '--no-config-hints']),
  house: () => listed(houseRuleBreaches(root)),
  docs: () => listed(docBreaches(root)),
};

/** The walk reads what git lists, and says so with a number: a fence that sees nothing must not look like one that holds. */
function importOrder(): Outcome {
  const modules = listModules(root);
  const graph = readImports(root, modules);
  const found = breaches(graph);
  if (graph.size !== modules.length) found.push(`read ${graph.size} of the ${modules.length} modules that git lists`);
  const edges = [...graph.values()].reduce((sum, imports) => sum + imports.length, 0);
  if (modules.length === 0 || edges === 0) found.push('found no modules or no imports: is this a git checkout?');
  return listed(found, `${graph.size} modules, ${edges} imports`);
}

function listed(found: readonly string[], note?: string): Outcome {
  return { ok: found.length === 0, detail: found.join('\n'), ...(note && { note }) };
}

/** Runs one of the project's own tools; its output is shown only when it failed. */
async function tool(name: string, args: readonly string[]): Promise<Outcome> {
  const child = spawn(join(root, 'node_modules/.bin', name), args, {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1' },
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  child.on('error', (error) => resolve({ ok: false, detail: `${name} did not start: ${error.message}` }));
  child.on('close', (code) => resolve({ ok: code === 0, detail: Buffer.concat(output).toString().trim() }));
  return promise;
}

/** A check that throws has failed; the others still run. */
async function attempt(check: () => Promise<Outcome> | Outcome): Promise<Outcome> {
  try {
    return await check();
  } catch (error) {
    return { ok: false, detail: String(error) };
  }
}

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.filter((name) => !(name in checks));
  if (unknown.length > 0) {
    console.error(`no check is called ${unknown.join(', ')}; there are ${Object.keys(checks).join(', ')}`);
    return 2;
  }
  const chosen = Object.entries(checks).filter(([name]) => names.length === 0 || names.includes(name));
  let failed = 0;
  for (const [name, check] of chosen) {
    const outcome = await attempt(check);
    if (!outcome.ok) failed++;
    console.log(`${outcome.ok ? 'ok    ' : 'FAILED'} ${name}${outcome.note ? ` (${outcome.note})` : ''}`);
    if (!outcome.ok) console.log(outcome.detail.replace(/^/gm, '       '));
  }
  console.log(`${chosen.length - failed} checks passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));

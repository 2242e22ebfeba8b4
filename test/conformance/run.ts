/** Runs vector files through the topic files beside it, which are found by name. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { differences } from './compare.ts';
import { notImplemented, type Problems, type Vector } from './handler.ts';

export interface Tally {
  readonly topic: string;
  readonly passed: number;
  readonly failed: number;
  readonly notImplemented: number;
  /** One line a failed vector. */
  readonly failures: readonly string[];
}

/** Every vector file of `folder`, in the order of their names. @throws Error when the folder holds none or a file is not one */
export async function runFolder(folder: string): Promise<Tally[]> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  if (names.length === 0) throw new Error(`${folder} holds no vector file (*.json)`);
  const tallies: Tally[] = [];
  for (const name of names.sort()) tallies.push(await runFile(join(folder, name)));
  return tallies;
}

/** One vector file. @throws Error when it is not in the format of test/vectors/README.md */
export async function runFile(path: string): Promise<Tally> {
  const file = JSON.parse(readFileSync(path, 'utf8')) as { topic?: unknown; vectors?: unknown };
  if (typeof file.topic !== 'string' || !/^[a-z0-9-]+$/.test(file.topic) || !Array.isArray(file.vectors))
    throw new Error(`${path} is not a vector file: it has no topic or no vectors`);
  const problems = await problemsOf(file.topic);
  const counts = { passed: 0, failed: 0, notImplemented: 0 };
  const failures: string[] = [];
  for (const vector of file.vectors as readonly Vector[]) {
    const found = await outcomeOf(vector, problems);
    if (found === notImplemented) counts.notImplemented += 1;
    else if (found.length === 0) counts.passed += 1;
    else {
      counts.failed += 1;
      failures.push(`${file.topic}/${vector.id}: ${found.slice(0, 3).join('; ')}`);
    }
  }
  return { topic: file.topic, ...counts, failures };
}

/** `<topic> passed=<n> failed=<n> not-implemented=<n>` */
export function tallyLine(tally: Omit<Tally, 'failures'>): string {
  return `${tally.topic} passed=${tally.passed} failed=${tally.failed} not-implemented=${tally.notImplemented}`;
}

export function total(tallies: readonly Tally[]): Tally {
  const sum = (key: 'passed' | 'failed' | 'notImplemented') => tallies.reduce((all, tally) => all + tally[key], 0);
  const failures = tallies.flatMap((tally) => tally.failures);
  return {
    topic: 'total',
    passed: sum('passed'),
    failed: sum('failed'),
    notImplemented: sum('notImplemented'),
    failures,
  };
}

async function problemsOf(topic: string): Promise<Problems> {
  const path = join(import.meta.dirname, 'topics', `${topic}.ts`);
  if (!existsSync(path)) return {};
  const module = (await import(pathToFileURL(path).href)) as { problems?: Problems };
  if (module.problems === undefined) throw new Error(`topics/${topic}.ts exports no "problems"`);
  return module.problems;
}

async function outcomeOf(vector: Vector, problems: Problems): Promise<string[] | typeof notImplemented> {
  if (!Object.hasOwn(problems, vector.given.problem)) return notImplemented;
  const compute = problems[vector.given.problem] as (given: unknown) => unknown;
  try {
    const got = await compute(vector.given);
    return got === notImplemented ? notImplemented : differences(got, vector.expect, { tolerance: vector.tolerance });
  } catch (error) {
    return [`threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`];
  }
}

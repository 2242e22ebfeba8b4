/** What all verbs share: common options, where things are, how results and errors are shown, exit codes. */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { fromFailure } from '../activities/failures.ts';
import { AssayError } from '../core/errors.ts';

/** Options that every verb takes. */
export interface Common {
  /** Folder of the registry. */
  readonly registry: string;
  /** Trust file; may be absent on disk. */
  readonly trust: string;
  readonly json: boolean;
}

/** What a verb answers: `text` for people, `value` for programs, `exit` 1 when it refused or something does not verify. */
export interface Answer {
  readonly text: string;
  readonly value: unknown;
  readonly exit?: 0 | 1 | 3;
}

type Perform<Options> = (args: string[], options: Options & Common) => Promise<Answer> | Answer;

/** Adds the verb `name` (of one or two words, then its arguments) under `program`. */
export function addVerb(program: Command, name: string, description: string): Command {
  const [, words = '', args = ''] = /^([a-z -]*[a-z])((?: [<[].*)?)$/.exec(name) ?? [];
  const path = words.split(' ');
  const parent = path.length === 1 ? program : groupOf(program, path[0] ?? '');
  return parent
    .command(`${path.at(-1)}${args}`)
    .description(description)
    .option('--registry <folder>', 'registry to work on', process.env.ASSAY_REGISTRY || '.assay/registry')
    .option('--trust <file>', 'trust file: whom and which keys to believe', defaultTrust())
    .option('--json', 'print one JSON value instead of text', false);
}

/** Makes `perform` the verb's action: prints its answer or its error, and sets the exit code. */
export function act<Options = object>(verb: Command, perform: Perform<Options>): void {
  verb.action(async (...received: unknown[]) => {
    const given = verb.opts<Options & Common>();
    const options = { ...given, registry: resolve(given.registry), trust: resolve(given.trust) };
    try {
      const args = received
        .slice(0, -2)
        .flat()
        .filter((arg) => arg !== undefined) as string[];
      const answer = await perform(args, options);
      process.stdout.write(`${options.json ? JSON.stringify(answer.value, null, 2) : answer.text}\n`);
      process.exitCode = answer.exit ?? 0;
    } catch (error) {
      process.exitCode = showError(error, options.json);
    }
  });
}

/** Code, what happened, where, what to do next; returns the exit code. */
export function showError(error: unknown, json: boolean): 1 | 2 | 3 {
  const known = fromFailure(error);
  const { code, message, remedy, params, exitCode } = known;
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message, remedy, ...params } }, null, 2)}\n`);
  else process.stderr.write(`${code}: ${message}\n  what to do: ${remedy}\n`);
  if (process.env.ASSAY_LOG === 'debug')
    process.stderr.write(`${String(known.cause instanceof Error ? known.cause.stack : known.stack)}\n`);
  return exitCode;
}

/** @throws ASSAY_USAGE */
export function usage(reason: string): never {
  throw new AssayError('ASSAY_USAGE', { reason });
}

/** @throws ASSAY_REGISTRY_MISSING */
export function needRegistry(path: string): string {
  if (!existsSync(path)) throw new AssayError('ASSAY_REGISTRY_MISSING', { path });
  return path;
}

/** Folder of the user's own keys and trust file. */
export function userFolder(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'assay');
}

/** Whose key signs when --key is not given. */
export function defaultKey(): string {
  return process.env.ASSAY_KEY || join(userFolder(), 'key.pem');
}

function defaultTrust(): string {
  return process.env.ASSAY_TRUST || join(userFolder(), 'trust.json');
}

const groups: Readonly<Record<string, string>> = {
  keys: 'keys to sign with: new',
  line: 'lines of models: open',
  log: 'the log of the registry: verify',
};

function groupOf(program: Command, name: string): Command {
  return (
    program.commands.find((command) => command.name() === name) ??
    program.command(name).description(groups[name] ?? name)
  );
}

/** Writes `docs/reference/command-line.md` from the verbs themselves. `node scripts/command-line-doc.ts` */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Command, Option } from 'commander';
import { createProgram } from '../cli/program.ts';

const page = join(import.meta.dirname, '../docs/reference/command-line.md');
const common = ['--registry', '--trust', '--json'];
/** What moves the defaults that are shown. */
const moving = ['ASSAY_REGISTRY', 'ASSAY_TRUST', 'ASSAY_KEY', 'XDG_CONFIG_HOME', 'HOME'];

/** The page's text: the common options once, then one section a verb, in the order of `--help`. */
export function commandLineDoc(): string {
  const verbs = leaves(asNobody(createProgram));
  const shared = verbs[0].command.options.filter(({ long }) => common.includes(long ?? ''));
  return [
    '# Command line',
    '',
    'Generated from `cli/verbs/` by `node scripts/command-line-doc.ts`; do not edit. `npx assay <verb> --help` prints the same.',
    '',
    'Exit codes: 0 done, 1 refused or does not verify, 2 usage, 3 environment. An error is a stable code ([errors](../errors.md)), what happened, and what to do. `ASSAY_LOG=debug` adds where it happened. Text goes to standard output, progress and errors to standard error; with `--json` the answer and an error are each one JSON value on standard output.',
    '',
    'Every verb takes:',
    '',
    ...table(shared),
    ...verbs.flatMap(({ name, command }) => section(name, command)),
  ].join('\n');
}

/** Whether the committed page says what the verbs say. */
export function commandLineDocIsCurrent(): boolean {
  try {
    return readFileSync(page, 'utf8') === commandLineDoc();
  } catch {
    return false;
  }
}

/** Defaults as they are where nothing is set. */
function asNobody<T>(work: () => T): T {
  const before = moving.map((name) => [name, process.env[name]] as const);
  for (const name of moving) delete process.env[name];
  process.env.HOME = '~';
  try {
    return work();
  } finally {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  }
}

interface Leaf {
  readonly name: string;
  readonly command: Command;
}

function leaves(command: Command, path: readonly string[] = []): Leaf[] {
  if (command.commands.length === 0) return [{ name: path.join(' '), command }];
  return command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
}

function section(name: string, command: Command): string[] {
  const own = command.options.filter(({ long }) => !common.includes(long ?? ''));
  const places = command.registeredArguments.map((place) => {
    const shown = `${place.name()}${place.variadic ? '...' : ''}`;
    return place.required ? `<${shown}>` : `[${shown}]`;
  });
  const title = ['assay', name, ...places].join(' ');
  return [`## ${name}`, '', `\`${title}\`: ${command.description()}.`, '', ...(own.length > 0 ? table(own) : [])];
}

function table(options: readonly Option[]): string[] {
  const rows = options.map(({ flags, description, defaultValue, mandatory }) => {
    const isShown = typeof defaultValue === 'string' || typeof defaultValue === 'number';
    const extra = mandatory ? ' (required)' : isShown ? ` (default: \`${shownDefault(defaultValue)}\`)` : '';
    return `| \`${flags}\` | ${description.replaceAll('|', '\\|')}${extra} |`;
  });
  return ['| option | |', '|---|---|', ...rows, ''];
}

function shownDefault(value: string | number): string {
  return String(value).replace(homedir(), '~');
}

if (import.meta.main) {
  mkdirSync(dirname(page), { recursive: true });
  writeFileSync(page, commandLineDoc());
}

/** The imports of every module, read from its syntax tree, and the walk that holds them against the table of rooms. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { parseSync } from 'oxc-parser';
import { type Room, rooms } from './rooms.ts';

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Repository path of the target; undefined for a package or a built-in. */
  readonly target: string | undefined;
  /** Whether it vanishes when types are stripped. */
  readonly typeOnly: boolean;
}

export type ImportGraph = ReadonlyMap<string, readonly Import[]>;

/** Tracked and untracked-but-not-ignored modules that are on disk. */
export function listModules(root: string): string[] {
  const git = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate', '*.ts', '*.mts', '*.mjs'];
  const listed = execFileSync('git', git, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
  return listed.filter((file) => existsSync(join(root, file))).sort();
}

/** @throws Error for a module that does not parse: an unread module must never pass as a clean one */
export function readImports(root: string, files: readonly string[]): ImportGraph {
  return new Map(files.map((file) => [file, importsOf(file, readFileSync(join(root, file), 'utf8'))]));
}

export function importsOf(file: string, source: string): Import[] {
  const { module, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]?.message}`);
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean) =>
    found.push({ specifier, target: localTarget(file, specifier), typeOnly });
  for (const { start, moduleRequest } of module.staticImports) {
    // `import { type A } from` still loads the module under verbatimModuleSyntax; only `import type` does not.
    add(moduleRequest.value, /^import\s+type\b(?!\s*(,|from\b))/.test(source.slice(start)));
  }
  for (const { start, entries } of module.staticExports) {
    const from = entries.find((entry) => entry.moduleRequest)?.moduleRequest;
    if (from) add(from.value, /^export\s+type\b/.test(source.slice(start)));
  }
  for (const { moduleRequest } of module.dynamicImports) {
    const literal = /^['"`]([^'"`$]+)['"`]$/.exec(source.slice(moduleRequest.start, moduleRequest.end));
    if (literal?.[1]) add(literal[1], false);
  }
  return found;
}

/** Every breach of the table, one line each. */
export function breaches(graph: ImportGraph): string[] {
  return [...graph].flatMap(([file, imports]) => {
    const room = roomOf(file);
    if (room === undefined) return isRootFile(file) ? [] : [`${file}: its folder is in no row of scripts/rooms.ts`];
    const broken = imports.map((entry) => breach(room, entry)).filter((reason) => reason !== undefined);
    if (room.builtins === false) broken.push(...reachedBuiltins(file, graph));
    return [...new Set(broken)].map((reason) => `${file}: ${reason}`);
  });
}

function breach(room: Room, { specifier, target, typeOnly }: Import): string | undefined {
  if (isBuiltin(specifier)) return undefined;
  if (target === undefined) {
    const name = packageName(specifier);
    return room.packages === undefined || room.packages.includes(name)
      ? undefined
      : `${room.name}/ may not import ${name}`;
  }
  const other = roomOf(target);
  if (other === undefined || other === room) return undefined;
  if (typeOnly && room.types?.includes(other.name)) return undefined;
  if (!room.values.includes(other.name)) {
    const only = room.types?.includes(other.name) ? ' except as "import type"' : '';
    return `${room.name}/ may not import ${target}${only}`;
  }
  return room.except?.some((pattern) => pattern.test(target)) ? `${room.name}/ may not import ${target}` : undefined;
}

/** Built-ins and foreign packages that `file` pulls in at run time through files of other rooms. */
function reachedBuiltins(file: string, graph: ImportGraph): string[] {
  const allowed = roomOf(file)?.packages ?? [];
  const seen = new Set([file]);
  const reached: string[] = [];
  for (const module of seen) {
    for (const { specifier, target, typeOnly } of graph.get(module) ?? []) {
      if (typeOnly) continue;
      if (target !== undefined) seen.add(target);
      else if (isBuiltin(specifier) || !allowed.includes(packageName(specifier)))
        reached.push(`reaches ${specifier} through ${module}`);
    }
  }
  return reached;
}

function localTarget(file: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(file), specifier) : undefined;
}

function packageName(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

function roomOf(file: string): Room | undefined {
  return rooms.find(({ name }) => file.startsWith(`${name}/`));
}

function isRootFile(file: string): boolean {
  return !file.includes('/');
}

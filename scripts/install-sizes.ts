/**
 * What each direct dependency weighs on this machine, for docs/decisions/dependencies.md. `node scripts/install-sizes.ts`
 * Columns: licence; packages and MiB of all that it brings; MiB that would go if it alone went.
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '..');
const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> };
const sizes = new Map<string, number>();

/** Where `name` resolves to for the package in `from`, as Node looks: its own folder first, then every one above. */
function resolve(from: string, name: string): string | undefined {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf('/node_modules/')))) {
    const path = `${base === '' ? '' : `${base}/`}node_modules/${name}`;
    if (path in lock.packages) return path;
    if (base === '') return undefined;
    if (!base.includes('/node_modules/')) base = '';
  }
}

/** Installed packages that `name` brings, itself among them. */
function closure(name: string): Set<string> {
  const found = new Set<string>();
  const open = [resolve('', name)];
  for (let path = open.pop(); path !== undefined || open.length > 0; path = open.pop()) {
    if (path === undefined || found.has(path) || !existsSync(join(root, path))) continue;
    found.add(path);
    const { dependencies, optionalDependencies, peerDependencies } = lock.packages[path];
    for (const other of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies }))
      open.push(resolve(path, other));
  }
  return found;
}

/** Bytes of a package without the packages inside it. */
function sizeOf(path: string): number {
  const known = sizes.get(path);
  if (known !== undefined) return known;
  const size = folderSize(join(root, path));
  sizes.set(path, size);
  return size;
}

function folderSize(folder: string): number {
  let sum = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory() && entry.name !== 'node_modules') sum += folderSize(join(folder, entry.name));
    if (entry.isFile()) sum += lstatSync(join(folder, entry.name)).size;
  }
  return sum;
}

const mebibytes = (paths: Iterable<string>): string =>
  ([...paths].reduce((sum, path) => sum + sizeOf(path), 0) / 2 ** 20).toFixed(1);

const { dependencies = {}, devDependencies = {} } = lock.packages[''];
const direct = [...Object.keys(dependencies), ...Object.keys(devDependencies)];
const brought = new Map(direct.map((name) => [name, closure(name)]));
console.log('| package | version | licence | packages | MiB | MiB alone |\n|---|---|---|---|---|---|');
for (const [name, paths] of brought) {
  const others = new Set(direct.filter((other) => other !== name).flatMap((other) => [...(brought.get(other) ?? [])]));
  const { version, license } = lock.packages[`node_modules/${name}`];
  const alone = mebibytes([...paths].filter((path) => !others.has(path)));
  console.log(`| ${name} | ${version} | ${license} | ${paths.size} | ${mebibytes(paths)} | ${alone} |`);
}
const all = new Set([...brought.values()].flatMap((paths) => [...paths]));
console.log(`| together | | | ${all.size} | ${mebibytes(all)} | |`);

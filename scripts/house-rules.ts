/** Rules that no linter knows: length, paths of a machine, hosts in the lockfile, tests that cannot fail. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const maxLines = 500;
const source = /\.(ts|mts|mjs|sql)$/;
const text = /\.(ts|mts|mjs|sql|json|md|yml|yaml|html|css)$|^\.ci\//;
const libraries = /^(core|market|risk|curation|envs|models|validation|registry|executor)\//;
/** Folders under which people's machines keep their files; an absolute path into one works nowhere else. */
const machineFolders = new RegExp(`(?<![\\w.~*-])/(?:${['home', 'root', 'Users', 'work', 'mnt'].join('|')})/[\\w.-]+`);
const cannotFail = /\.toBeDefined\(|\b(?:it|test|describe)\.(?:skip|only|todo)\b|\bvi\.mock\(/;
const ambientTime = /\bnew Date\(\)|\bperformance\.now\(/;

/** Every breach in the repository at `root`, one line each. */
export function houseRuleBreaches(root: string): string[] {
  return listFiles(root)
    .filter((file) => text.test(file) && !file.startsWith('test/vectors/'))
    .flatMap((file) => breachesIn(file, readFileSync(join(root, file), 'utf8'), [root, homedir()]));
}

/** Tracked and untracked-but-not-ignored files that are on disk. */
export function listFiles(root: string): string[] {
  const git = ['ls-files', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const files = execFileSync('git', git, { cwd: root, encoding: 'utf8' }).split('\n').filter(Boolean);
  return files.filter((file) => existsSync(join(root, file)));
}

/** Breaches in one file. `here`: absolute folders of this machine that may not be named, whatever they are called. */
export function breachesIn(file: string, content: string, here: readonly string[] = []): string[] {
  const lines = content.split('\n');
  const found: string[] = [];
  if (source.test(file) && lines.length - 1 > maxLines)
    found.push(`${file}: ${lines.length - 1} lines, more than ${maxLines}`);
  if (file === 'package-lock.json') return /"resolved":\s*"https?:/.test(content) ? [`${file}: names a host`] : [];
  const own = here.filter((folder) => folder.length > 1);
  for (const [index, line] of lines.entries()) {
    const at = `${file}:${index + 1}`;
    if (machineFolders.test(line) || own.some((folder) => line.includes(`${folder}/`)))
      found.push(`${at}: a path of one machine`);
    if (file.startsWith('test/') && file.endsWith('.ts') && cannotFail.test(line))
      found.push(`${at}: a test that cannot fail`);
    if (libraries.test(file) && file !== 'core/clock.ts' && ambientTime.test(line))
      found.push(`${at}: reads the machine's clock`);
  }
  return found;
}

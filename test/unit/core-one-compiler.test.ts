/** Equal inputs give equal results: the compiler that broke it is off wherever a stage runs. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const loop = join(root, 'bench/compiler/loop.ts');

/** V8's compilers that worked on the hot function of a loop in a process that imports `first`. */
function compilersOf(first: readonly string[]): string[] {
  const imports = first.flatMap((file) => ['--import', join(root, file)]);
  const { stdout } = spawnSync(process.execPath, ['--expose-gc', '--trace-opt', ...imports, loop], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return [...new Set([...stdout.matchAll(/<JSFunction holds .*\(target (\w+)\)/g)].map(([, name]) => name))].sort();
}

test('without the switch both optimising compilers work', () => {
  expect(compilersOf([])).toEqual(['MAGLEV', 'TURBOFAN_JS']);
});

const stages = ['curate', 'calibrate', 'tune', 'train', 'validate', 'execute'].map((name) => `activities/${name}.ts`);

test.each(['core/one-compiler.ts', ...stages])('a process that imports %s uses the one that is right', (file) => {
  expect(compilersOf([file])).toEqual(['TURBOFAN_JS']);
});

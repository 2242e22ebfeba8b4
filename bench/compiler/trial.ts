/**
 * `npx node bench/compiler/trial.ts [runs]`: how often equal inputs give unequal results, with V8 as it comes and with
 * what core/one-compiler.ts sets. Four processes at once, because load is what brings it out.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const runs = Number(process.argv[2] ?? 200);
const loop = join(import.meta.dirname, 'loop.ts');
const switchOff = join(import.meta.dirname, '../../core/one-compiler.ts');

async function unequal(flags: readonly string[]): Promise<number> {
  let left = runs;
  let found = 0;
  const lane = async () => {
    while (left-- > 0) {
      const child = spawn(process.execPath, ['--expose-gc', ...flags, loop], { stdio: 'ignore' });
      const [code] = await once(child, 'close');
      if (code !== 0) found++;
    }
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  return found;
}

console.log(`Node ${process.versions.node}, V8 ${process.versions.v8}`);
console.log(`as it comes: ${await unequal([])} of ${runs} runs unequal`);
console.log(`with core/one-compiler.ts: ${await unequal(['--import', switchOff])} of ${runs} runs unequal`);

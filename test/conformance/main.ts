/** `npm run conformance -- <folder>`: a line a topic, a last line `total ...`; failures on stderr; exit 1 when one failed. */
import { resolve } from 'node:path';
import { runFolder, tallyLine, total } from './run.ts';

const usage = 'usage: npm run conformance -- [folder of vector files; default test/vectors]';

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(usage);
    return 0;
  }
  if (args.length > 1) {
    console.error(usage);
    return 2;
  }
  try {
    const tallies = await runFolder(resolve(args[0] ?? 'test/vectors'));
    for (const tally of tallies) console.log(tallyLine(tally));
    const all = total(tallies);
    for (const failure of all.failures) console.error(failure);
    console.log(tallyLine(all));
    return all.failed > 0 ? 1 : 0;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));

import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { trainPpo } from '../../models/ppo.ts';
import { corridorRun } from '../support/corridor-run.ts';
import { removeFolder } from '../support/temporary.ts';

const directory = mkdtempSync(join(tmpdir(), 'assay-sigkill-'));
afterAll(() => removeFolder(directory));

/** Lines of a training process; killed with SIGKILL as soon as it has done update `until`. */
function train(until?: number): Promise<{ lines: string[]; signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, '../support/train-child.ts'), directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (until !== undefined && text.includes(`update ${until}\n`)) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (_, signal) => resolve({ lines: text.trim().split('\n'), signal }));
  });
}

it('killed with SIGKILL twice in the middle and started again, it ends with the digest of a run left alone', async () => {
  for (const until of [9, 23]) expect((await train(until)).signal).toBe('SIGKILL');
  const last = await train();
  expect(Number(last.lines[0]?.replace('update ', ''))).toBeGreaterThan(20);
  const alone = await trainPpo(corridorRun());
  expect(last.lines.at(-1)).toBe(`done ${alone.thetaDigest} ${JSON.stringify(alone.history.at(-1))}`);
});

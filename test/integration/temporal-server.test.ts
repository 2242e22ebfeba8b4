import { chmodSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { findTemporalBinary } from '../../cli/temporal-binary.ts';
import { startTemporal } from '../../cli/temporal-server.ts';
import { isAssayError } from '../../core/errors.ts';
import { removeFolder } from '../support/temporary.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'assay-server-'))));
afterEach(() => removeFolder(folder));

/** An environment in which nothing is installed. */
const bare = () => ({ HOME: folder, XDG_CACHE_HOME: '', PATH: '', TEMPORAL_ADDRESS: '', TEMPORAL_CLI_PATH: '' });

/** A real server of its own, even where the tests as a whole use one that TEMPORAL_ADDRESS names. */
const own = { ...process.env, TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '' };

async function failure(run: Promise<unknown>): Promise<unknown> {
  return run.then(
    () => 'it did not fail',
    (error: unknown) => error,
  );
}

describe('the server', () => {
  test('killed and started again on the same file, forgets nothing', async () => {
    const dbFile = join(folder, 'deep/temporal.db');
    const first = await startTemporal({ dbFile, env: own });
    const workflowId = 'remembered';
    const before = await Connection.connect({ address: first.address });
    await new Client({ connection: before }).workflow.start('nobody', { workflowId, taskQueue: 'nobody', args: [42] });
    await before.close();
    process.kill(first.pid ?? 0, 'SIGKILL');
    await first.stop();
    await expect(Connection.connect({ address: first.address, connectTimeout: 500 })).rejects.toThrow();

    const second = await startTemporal({ dbFile, env: own });
    const after = await Connection.connect({ address: second.address });
    const description = await new Client({ connection: after }).workflow.getHandle(workflowId).describe();
    expect(description.status.name).toBe('RUNNING');
    await after.close();
    await second.stop();
  });

  test('named by TEMPORAL_ADDRESS is used and left running', async () => {
    const address = inject('temporalAddress');
    const server = await startTemporal({
      dbFile: join(folder, 'unused.db'),
      env: { ...bare(), TEMPORAL_ADDRESS: address },
    });
    expect(server).toMatchObject({ address, origin: 'TEMPORAL_ADDRESS' });
    await server.stop();
    const connection = await Connection.connect({ address });
    await connection.close();
  });

  test('named by TEMPORAL_ADDRESS and silent is an error, not a reason to start another', async () => {
    const env = { ...own, TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const error = await failure(startTemporal({ dbFile: join(folder, 'unused.db'), env }));
    expect(isAssayError(error, 'ASSAY_TEMPORAL_LOST')).toBe(true);
  });

  test('that finds a port taken in the meantime is started again', async () => {
    const { path: real } = await findTemporalBinary({ env: own, lookOnly: true });
    const path = join(folder, 'temporal');
    const script = `[ -e "$0.tried" ] && exec "${real}" "$@"; touch "$0.tried"
echo "listen tcp 127.0.0.1:35963: bind: address already in use" >&2; exit 1`;
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    const server = await startTemporal({ dbFile: join(folder, 'y.db'), env: { ...own, TEMPORAL_CLI_PATH: path } });
    expect(existsSync(`${path}.tried`)).toBe(true);
    await server.stop();
  });

  test('that dies at once is reported with its last words', async () => {
    const path = join(folder, 'temporal');
    writeFileSync(path, '#!/bin/sh\necho "no such flag" >&2\nexit 1\n');
    chmodSync(path, 0o755);
    const error = await failure(
      startTemporal({ dbFile: join(folder, 'x.db'), env: { ...own, TEMPORAL_CLI_PATH: path } }),
    );
    expect(String(error)).toContain('did not start (no such flag)');
  });
});

describe('the finder', () => {
  test('names every way it tried', async () => {
    const error = await failure(findTemporalBinary({ env: bare(), lookOnly: true }));
    expect(isAssayError(error, 'ASSAY_TEMPORAL_UNAVAILABLE')).toBe(true);
    expect(String(error)).toMatch(/TEMPORAL_CLI_PATH is not set; no temporal on the PATH; no temporal in .*assay\/bin/);
  });

  test('takes them in order: given, PATH, cache', async () => {
    const places = { given: 'given', path: 'path/temporal', cache: '.cache/assay/bin/temporal' };
    for (const place of Object.values(places)) {
      mkdirSync(join(folder, place, '..'), { recursive: true });
      writeFileSync(join(folder, place), '#!/bin/sh\n');
      chmodSync(join(folder, place), 0o755);
    }
    const find = async (env: NodeJS.ProcessEnv) => (await findTemporalBinary({ env, lookOnly: true })).path;
    const path = join(folder, 'path');
    expect(await find({ ...bare(), PATH: path, TEMPORAL_CLI_PATH: join(folder, 'given') })).toBe(join(folder, 'given'));
    expect(await find({ ...bare(), PATH: path, TEMPORAL_CLI_PATH: join(folder, 'absent') })).toBe(
      join(path, 'temporal'),
    );
    expect(await find(bare())).toBe(join(folder, places.cache));
  });

  test('says so when the Go that is there is too old', async () => {
    const go = join(folder, 'go');
    writeFileSync(go, '#!/bin/sh\necho go1.24.9\n');
    chmodSync(go, 0o755);
    // A proxy where nothing listens: the SDK's download has to fail, whatever this machine can reach.
    const closed = {
      HTTPS_PROXY: 'http://127.0.0.1:1',
      https_proxy: 'http://127.0.0.1:1',
      ALL_PROXY: 'http://127.0.0.1:1',
    };
    const error = await failure(findTemporalBinary({ env: { ...bare(), ...closed, PATH: folder } }));
    expect(String(error)).toContain("the SDK's download failed");
    expect(String(error)).toContain('go1.24.9 is older than Go 1.25');
  });
});

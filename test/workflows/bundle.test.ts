import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, type LogEntry } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import * as workflows from '../../workflows/index.ts';

const logs: LogEntry[] = [];
let code = '';

beforeAll(async () => {
  const logger = new DefaultLogger('INFO', (entry) => logs.push(entry));
  ({ code } = await bundleWorkflowCode({
    workflowsPath: join(import.meta.dirname, '../../workflows/index.ts'),
    logger,
  }));
});

/** Modules in the bundle, as webpack names them. */
const modules = () => new Set([...code.matchAll(/"(\.\/[^"\s]+\.(?:ts|js|cjs|mjs))"/g)].map(([, path]) => path ?? ''));

describe('the workflow bundle', () => {
  test('holds no module that the sandbox lacks (the bundler only warns)', () => {
    expect(logs.filter(({ level }) => level === 'WARN' || level === 'ERROR').map(({ message }) => message)).toEqual([]);
  });

  test('stays small: the SDK, the workflows, and pure files of core', () => {
    const withoutMap = code.replace(/\/\/# sourceMappingURL=.*/, '');
    expect(withoutMap.length).toBeLessThan(900_000);
    const ours = [...modules()]
      .filter((path) => !path.includes('node_modules'))
      .map((path) => path.replace(/^\.\//, ''));
    expect(ours).toContain('workflows/run.ts');
    expect(ours.filter((path) => !/^(workflows|core)\//.test(path))).toEqual([]);
    expect(ours).not.toContain('core/digest.ts');
  });

  test('is free of zod and node:crypto', () => {
    expect([...modules()].filter((path) => /node_modules\/zod\//.test(path))).toEqual([]);
    expect(code).not.toContain('node:crypto');
  });

  test('offers the workflows by name', () => {
    expect(Object.keys(workflows).sort()).toEqual(['decommission', 'execute', 'openLine', 'revoke', 'run']);
  });
});

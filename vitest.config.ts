import { defineConfig } from 'vitest/config';

/**
 * Two projects: what needs no server, and what talks to a real Temporal server (started once, only when one of its files runs).
 * Processes instead of threads, because native addons (Temporal's core, DuckDB, ONNX Runtime) do not all like threads.
 */
export default defineConfig({
  test: {
    pool: 'forks',
    setupFiles: ['core/one-compiler.ts'],
    globalSetup: ['test/support/one-folder.setup.ts'],
    passWithNoTests: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'offline',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**'],
          // Vitest would leave one of two cores idle.
          maxWorkers: '100%',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          // One file at a time: they kill processes in the middle of work, and what is slow beside another is missed there.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          globalSetup: ['test/integration/temporal.setup.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});

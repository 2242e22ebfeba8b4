import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { breaches, importsOf, listModules, readImports } from '../../scripts/imports.ts';
import { rooms } from '../../scripts/rooms.ts';
import { removeFolder } from '../support/temporary.ts';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => removeFolder(folder)));

function house(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'rooms-'));
  folders.push(root);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return breaches(readImports(root, Object.keys(files)));
}

describe('the walk reads', () => {
  test('every form of import, and knows which vanish with the types', () => {
    const source = [
      "import type { A } from './a.ts';",
      "import { type B } from './b.ts';",
      "import type from './c.ts';",
      "export * from './d.ts';",
      "export type { E } from './e.ts';",
      "const f = await import('./f.ts');",
      'using g = f.open();',
      "import zod from 'zod';",
    ].join('\n');
    expect(importsOf('market/x.ts', source)).toEqual([
      { specifier: './a.ts', target: 'market/a.ts', typeOnly: true },
      { specifier: './b.ts', target: 'market/b.ts', typeOnly: false },
      { specifier: './c.ts', target: 'market/c.ts', typeOnly: false },
      { specifier: 'zod', target: undefined, typeOnly: false },
      { specifier: './d.ts', target: 'market/d.ts', typeOnly: false },
      { specifier: './e.ts', target: 'market/e.ts', typeOnly: true },
      { specifier: './f.ts', target: 'market/f.ts', typeOnly: false },
    ]);
  });

  test('nothing from a module that does not parse', () => {
    expect(() => importsOf('market/x.ts', 'import {')).toThrow(/market\/x\.ts does not parse/);
  });

  test('this repository, all of it', () => {
    const root = join(import.meta.dirname, '../..');
    const modules = listModules(root);
    expect(modules).toContain('scripts/imports.ts');
    expect(readImports(root, modules).size).toBe(modules.length);
  });
});

describe('the fence', () => {
  test('holds core to itself and to no package', () => {
    const found = house({
      'core/a.ts': "import '../market/b.ts';\nimport 'zod';\nimport './c.ts';\nimport 'node:crypto';",
      'core/c.ts': '',
      'market/b.ts': "import '../core/c.ts';",
    });
    expect(found).toEqual(['core/a.ts: core/ may not import market/b.ts', 'core/a.ts: core/ may not import zod']);
  });

  test('gives workflows the types of activities, never their values', () => {
    const found = house({
      'activities/a.ts': '',
      'workflows/types.ts': "import type { A } from '../activities/a.ts';",
      'workflows/values.ts': "import { A } from '../activities/a.ts';",
    });
    expect(found).toEqual(['workflows/values.ts: workflows/ may not import activities/a.ts except as "import type"']);
  });

  test('keeps Node built-ins out of workflows, also by way of core', () => {
    const found = house({
      'core/digest.ts': "import { createHash } from 'node:crypto';",
      'core/pure.ts': "import type { X } from './digest.ts';",
      'workflows/bad.ts': "import '../core/digest.ts';",
      'workflows/good.ts': "import '../core/pure.ts';\nimport '@temporalio/workflow';",
    });
    expect(found).toEqual(['workflows/bad.ts: reaches node:crypto through core/digest.ts']);
  });

  test('keeps training code off a live box', () => {
    const found = house({ 'executor/run.ts': "import '../models/ppo.ts';", 'models/ppo.ts': '' });
    expect(found).toEqual(['executor/run.ts: executor/ may not import models/ppo.ts']);
  });

  test('knows every folder', () => {
    expect(house({ 'attic/a.ts': '' })).toEqual(['attic/a.ts: its folder is in no row of scripts/rooms.ts']);
  });

  test('names only rooms that exist in it', () => {
    const names = new Set(rooms.map((room) => room.name));
    const named = rooms.flatMap((room) => [...room.values, ...(room.types ?? [])]);
    expect(named.filter((name) => !names.has(name))).toEqual([]);
  });
});

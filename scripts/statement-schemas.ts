/** Writes the JSON schemas that are generated from zod: `registry/schemas/` from the table of statement kinds, and those of the artifacts. `node scripts/statement-schemas.ts` */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { jsonSchemas } from '../registry/statements/statement.ts';
import { artifactSchemas } from './artifact-schemas.ts';

const root = join(import.meta.dirname, '..');

function allSchemas(): [room: string, schemas: Readonly<Record<string, object>>][] {
  return Object.entries({ registry: jsonSchemas(), ...artifactSchemas() });
}

/** Committed schema files that differ from their source, are missing, or belong to nothing. */
export function staleSchemas(): string[] {
  return allSchemas().flatMap(([room, schemas]) => {
    const folder = join(root, room, 'schemas');
    const there = existsSync(folder) ? readdirSync(folder) : [];
    const isStale = (name: string) =>
      !there.includes(name) ||
      !isDeepStrictEqual(
        JSON.parse(readFileSync(join(folder, name), 'utf8')),
        JSON.parse(JSON.stringify(schemas[name])),
      );
    const stale = Object.keys(schemas).filter(isStale);
    return [...stale, ...there.filter((name) => !(name in schemas))].map((name) => `${room}/schemas/${name}`);
  });
}

if (import.meta.main)
  for (const [room, schemas] of allSchemas()) {
    const folder = join(root, room, 'schemas');
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) if (!(name in schemas)) rmSync(join(folder, name));
    for (const [name, schema] of Object.entries(schemas)) writeFileSync(join(folder, name), JSON.stringify(schema));
    execFileSync(join(root, 'node_modules', '.bin', 'biome'), ['format', '--write', folder], { stdio: 'inherit' });
  }

/** Writes the JSON schemas that are generated from zod: `registry/schemas/` from the table of statement kinds, and those of the artifacts. `node scripts/statement-schemas.ts` */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchemas } from '../registry/statements/statement.ts';
import { artifactSchemas } from './artifact-schemas.ts';

const root = join(import.meta.dirname, '..');
for (const [room, schemas] of Object.entries({ registry: jsonSchemas(), ...artifactSchemas() })) {
  const folder = join(root, room, 'schemas');
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!(name in schemas)) rmSync(join(folder, name));
  for (const [name, schema] of Object.entries(schemas)) writeFileSync(join(folder, name), JSON.stringify(schema));
  execFileSync(join(root, 'node_modules', '.bin', 'biome'), ['format', '--write', folder], { stdio: 'inherit' });
}

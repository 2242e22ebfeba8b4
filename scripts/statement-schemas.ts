/** Writes `registry/schemas/*.json` from the table of statement kinds. `node scripts/statement-schemas.ts` */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonSchemas } from '../registry/statements/statement.ts';

const root = join(import.meta.dirname, '..');
const folder = join(root, 'registry', 'schemas');
const schemas = jsonSchemas();
mkdirSync(folder, { recursive: true });
for (const name of readdirSync(folder)) if (!(name in schemas)) rmSync(join(folder, name));
for (const [name, schema] of Object.entries(schemas)) writeFileSync(join(folder, name), JSON.stringify(schema));
execFileSync(join(root, 'node_modules', '.bin', 'biome'), ['format', '--write', folder], { stdio: 'inherit' });

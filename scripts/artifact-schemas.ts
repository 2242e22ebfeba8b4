/** JSON schemas (draft 2020-12) of the artifacts that other tools may want to read, by room and file name. */
import { z } from 'zod';
import { manifestSchema } from '../curation/manifest.ts';
import { journalLineSchema } from '../executor/journal.ts';
import { tcaSchema } from '../executor/tca.ts';
import { profileSchema } from '../market/profile-schema.ts';

export function artifactSchemas(): Readonly<Record<string, Readonly<Record<string, object>>>> {
  return {
    market: { 'profile.v1.json': named('profile', profileSchema) },
    curation: { 'dataset-manifest.v1.json': named('dataset-manifest', manifestSchema) },
    executor: {
      'journal-line.v1.json': named('journal-line', journalLineSchema),
      'tca.v1.json': named('tca', tcaSchema),
    },
  };
}

function named(name: string, schema: z.ZodType): object {
  const { $schema, ...body } = z.toJSONSchema(schema);
  return { $schema, $id: `https://assay.dev/schemas/${name}.v1.json`, title: name.replaceAll('-', ' '), ...body };
}

/** `assay report <digest>`: the report about a version, on the terminal and as a page: of its validation, or of a fallback's tuning. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { AssayError } from '../../core/errors.ts';
import { act, addVerb, type Common } from '../command.ts';
import { look, reportAbout, resolveDigest } from '../look.ts';

export function addReport(program: Command): void {
  const verb = addVerb(
    program,
    'report <digest>',
    'the newest report about a model or a schedule, or one by its digest',
  );
  verb.option('--out <file>', 'write it as one self-contained HTML page');
  act<Common & { readonly out?: string }>(verb, async ([text = ''], options) => {
    // Loaded by those verbs alone that draw a page.
    const { showReport } = await import('../report-text.ts');
    const registry = look(options);
    const digest = resolveDigest(text, registry.entries);
    const found = reportAbout(digest, registry.entries) ?? digest;
    const { text: shown, page, report } = showReport(registry.object(found), found);
    const out = options.out === undefined ? undefined : resolve(options.out);
    if (out !== undefined) write(out, page);
    const where = out === undefined ? [] : ['', `page  ${out}`];
    return { text: [`report  ${found}`, '', shown, ...where].join('\n'), value: { digest: found, out, report } };
  });
}

function write(path: string, page: string): void {
  try {
    writeFileSync(path, page);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new AssayError('ASSAY_INPUT_MISSING', { what: 'the folder of', path }, { cause });
    throw cause;
  }
}

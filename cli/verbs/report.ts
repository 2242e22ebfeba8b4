/** `assay report <digest>`: the report about a version, on the terminal and as a page: of its validation, a fallback's tuning, an execution. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { AssayError } from '../../core/errors.ts';
import { act, addVerb, type Common } from '../command.ts';
import { executionReport, look, reportAbout, resolveDigest } from '../look.ts';

export function addReport(program: Command): void {
  const verb = addVerb(
    program,
    'report <digest>',
    'the newest report about a model or a schedule, or one by its digest',
  );
  verb
    .option('--execution', 'what its newest execution cost, instead of what was validated', false)
    .option('--out <file>', 'write it as one self-contained HTML page');
  act<Common & { readonly execution: boolean; readonly out?: string }>(verb, async ([text = ''], options) => {
    // Loaded by those verbs alone that draw a page.
    const { showReport } = await import('../report-text.ts');
    const registry = look(options);
    const digest = resolveDigest(text, registry.entries);
    const execution = options.execution ? executionReport(digest, registry.entries) : undefined;
    if (options.execution && execution === undefined)
      throw new AssayError('ASSAY_NOT_FOUND', { what: `an execution of ${digest}` });
    const found = execution ?? reportAbout(digest, registry.entries) ?? digest;
    const { text: shown, page, report } = showReport(found, (wanted) => registry.object(wanted));
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

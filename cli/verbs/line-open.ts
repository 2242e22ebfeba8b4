/** `assay line open <line> [captures...]`: tune the line's fallback, or take one tuned before, and ask for its two signatures. */
import type { Command } from 'commander';
import { AssayError } from '../../core/errors.ts';
import { type Answer, act, addVerb, usage } from '../command.ts';
import { type LaunchOptions, launch, startAndFollow, withLaunch } from '../launch.ts';
import { look, resolveDigest, short } from '../look.ts';
import { houseOf } from '../queue.ts';

interface Options extends LaunchOptions {
  readonly schedule?: string;
  readonly report?: string;
}

export function addLineOpen(program: Command): void {
  const verb = withLaunch(
    addVerb(program, 'line open <line> [captures...]', "tune the line's fallback and ask for the signatures under it"),
    'fallback',
  )
    .option('--schedule <digest>', 'a schedule tuned before, instead of captures')
    .option('--report <digest>', 'the tuning report that shows how it was chosen');
  act<Options>(verb, ([line = '', ...files], options) => {
    if (options.schedule !== undefined) return openWith(line, options.schedule, options);
    if (files.length === 0) usage('name the captures to tune on, or a --schedule that was tuned before');
    return launch({ line, files, action: 'open' }, { ...options, seed: '0' });
  });
}

function openWith(line: string, text: string, options: Options): Promise<Answer> {
  const registry = look(options);
  const schedule = resolveDigest(text, registry.entries);
  const version = registry.line(line).versions.find(({ model }) => model === schedule);
  if (version?.kind !== 'fallback')
    throw new AssayError('ASSAY_NOT_FOUND', { what: `a schedule ${text} made for ${line}` });
  const report = resolveDigest(options.report ?? usage('--schedule needs --report'), registry.entries);
  const run = `open:${line}:${short(schedule)}:${houseOf(options.trust)}`;
  return startAndFollow({ run, action: 'open', input: { line, schedule, report } }, options);
}

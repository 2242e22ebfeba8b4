/** `assay run <line> <captures...>`: the workflow from curation to the wait for signatures. */
import type { Command } from 'commander';
import { act, addVerb } from '../command.ts';
import { type LaunchOptions, launch, withLaunch } from '../launch.ts';

export function addRun(program: Command): void {
  const verb = withLaunch(
    addVerb(program, 'run <line> <captures...>', 'curate, calibrate, train, validate, and wait for signatures'),
    'ppo',
  )
    .option('--seed <number>', 'of the training', '1')
    .option('--steps <number>', 'environment steps; default: as the protocol says');
  act<LaunchOptions>(verb, ([line = '', ...files], options) => launch({ line, files, action: 'run' }, options));
}

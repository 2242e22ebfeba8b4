/**
 * Imported for its effect: switches off V8's middle compiler, Maglev, in this process.
 *
 * The Maglev of Node 24 (V8 13.6) can enter a running loop with code that calls another closure than the loop was given,
 * so equal inputs gave unequal profiles. `bench/compiler/trial.ts` shows it; docs/decisions/node-and-typescript.md has the
 * figures. Every stage imports this (activities/machine.ts), in whatever process it runs.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--no-maglev');

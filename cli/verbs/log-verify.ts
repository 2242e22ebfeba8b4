/** `assay log verify`: reads every file of the registry and says what does not hold. */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { loadTrust } from '../../registry/trust.ts';
import { verdictLine, verifyRegistry } from '../../registry/verify.ts';
import { act, addVerb, needRegistry } from '../command.ts';

export function addLogVerify(program: Command): void {
  act(addVerb(program, 'log verify', 'verify the whole registry, every file of it'), (_args, options) => {
    const trust = existsSync(options.trust) ? loadTrust(options.trust) : undefined;
    const result = verifyRegistry(needRegistry(options.registry), trust === undefined ? {} : { trust });
    const lines = [
      ...result.problems.map(({ code, path, reason }) => `${code}: ${path}: ${reason}`),
      ...result.ignored.map((path) => `ignored: ${path} (left by a crash, replaced by the next writer)`),
      verdictLine(result),
      ...(trust === undefined ? [`no trust file at ${options.trust}; name one with --trust`] : []),
    ];
    return { text: lines.join('\n'), value: result, exit: result.trusted ? 0 : 1 };
  });
}

/** `assay keys new`: a key of one's own. The private half stays in the file; the public half goes into somebody's trust file. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { generateKey, publicText, saveKey } from '../../registry/keys.ts';
import { act, addVerb, defaultKey, usage } from '../command.ts';

export function addKeysNew(program: Command): void {
  const verb = addVerb(program, 'keys new', 'make an Ed25519 key to sign with').option(
    '--out <file>',
    'where to write the private key; never overwritten',
    defaultKey(),
  );
  act<{ out: string }>(verb, (_args, options) => {
    const path = resolve(options.out);
    if (existsSync(path))
      usage(`${path} is there already, and a key is never overwritten; name another file with --out`);
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const key = generateKey();
    saveKey(path, key);
    const value = { path, keyid: key.keyid, publicKey: publicText(key) };
    const text = [
      `private key  ${path} (readable by you alone)`,
      `key id       ${value.keyid}`,
      `public key   ${value.publicKey}`,
      'Give the public key to the owner of the trust file, who enters it with your name and roles.',
    ];
    return { text: text.join('\n'), value };
  });
}

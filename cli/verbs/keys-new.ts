/**
 * `assay keys new`: a key of one's own. The private half stays in the file; the public half goes into somebody's trust file.
 * With `--log <origin>` it is a log's key, and the registry that this log keeps is founded.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { generateKey, publicText, saveKey } from '../../registry/keys.ts';
import { formatVerifierKey, noteVerifier } from '../../registry/note.ts';
import { createRegistry } from '../../registry/registry.ts';
import { act, addVerb, defaultKey, usage } from '../command.ts';

export function addKeysNew(program: Command): void {
  const verb = addVerb(program, 'keys new', 'make an Ed25519 key to sign with')
    .option('--out <file>', 'where to write the private key; never overwritten', defaultKey())
    .option('--log <origin>', "make it a log's key, and found the registry it keeps");
  act<{ out: string; log?: string }>(verb, async (_args, { out, log, registry }) => {
    const path = resolve(out);
    if (existsSync(path))
      usage(`${path} is there already, and a key is never overwritten; name another file with --out`);
    if (log !== undefined && existsSync(registry)) usage(`there is a registry at ${registry} already`);
    const key = generateKey();
    // A name that no log can have is found out before anything is written.
    const verifierKey = log === undefined ? undefined : formatVerifierKey(noteVerifier(log, key));
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    saveKey(path, key);
    if (log !== undefined) await createRegistry(registry, { origin: log, logKey: key });
    const value = { path, keyid: key.keyid, publicKey: publicText(key), ...(verifierKey && { verifierKey, registry }) };
    const text = [
      `private key   ${path} (readable by you alone)`,
      `key id        ${value.keyid}`,
      `public key    ${value.publicKey}`,
      ...(verifierKey ? [`verifier key  ${verifierKey}`, `registry      ${registry}`] : []),
      `Give the ${verifierKey ? 'verifier' : 'public'} key to the owner of the trust file, who enters it.`,
    ];
    return { text: text.join('\n'), value };
  });
}

/** A process that appends, for tests: `node registry-appender.ts <directory> <name> <count> [die before step number]`. */
import { sha256 } from '../../core/digest.ts';
import { openRegistry } from '../../registry/registry.ts';
import { keyOf, line, sign } from './registry.fixture.ts';

const [directory, name, count, dieAt] = process.argv.slice(2);
let step = 0;
const beforeStep = () => {
  step += 1;
  if (step === Number(dieAt)) process.kill(process.pid, 'SIGKILL');
};
const registry = await openRegistry(directory, { logKey: keyOf('log'), beforeStep });
for (let i = 0; i < Number(count); i += 1) {
  const model = await registry.putJson({ name, i });
  const predicate = { line, reason: `${name} ${i} ${sha256(name)}` };
  await registry.append(sign('olga', 'revocation', { model, predicate }));
}
console.log(`steps=${step}`);

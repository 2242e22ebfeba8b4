/** `npm run demo`: the whole life of one model on real captures, unattended, in `.assay/demo`. */
import '../scripts/require-node.mjs';

const { demo } = await import('./demo/main.ts');
await demo(process.argv);

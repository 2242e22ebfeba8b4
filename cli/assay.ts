#!/usr/bin/env node
import '../scripts/require-node.mjs';

const { main } = await import('./program.ts');
await main(process.argv);

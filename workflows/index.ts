/** What the bundle offers by name: one export a workflow type. */
export { decommission } from './decommission.ts';
export { execute } from './execute.ts';
export { openLine } from './open-line.ts';
export { revoke } from './revoke.ts';
export { run } from './run.ts';

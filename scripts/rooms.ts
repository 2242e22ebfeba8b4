/**
 * The import order of the house, one table. `check` walks it, and nothing else in the repository says who may import whom.
 * A room may always import itself; `types` names rooms of which only `import type` is allowed.
 */
export interface Room {
  readonly name: string;
  /** Rooms whose values and types may be imported. */
  readonly values: readonly string[];
  /** Rooms of which types alone may be imported. */
  readonly types?: readonly string[];
  /** npm packages allowed; left out: any that package.json lists. */
  readonly packages?: readonly string[];
  /** Whether Node's built-in modules may be imported, directly or through a file of another room; left out: yes. */
  readonly builtins?: false;
  /** Files of an allowed room that are none the less out of bounds. */
  readonly except?: readonly RegExp[];
}

const ground = ['core'];
const study = ['core', 'market', 'risk', 'curation', 'envs', 'models', 'validation', 'registry', 'executor'];
const everything = [...study, 'activities', 'workflows', 'cli', 'scripts', 'bench'];

export const rooms: readonly Room[] = [
  { name: 'core', values: [], packages: [] },
  { name: 'market', values: ground },
  { name: 'risk', values: ['core', 'market'] },
  { name: 'curation', values: ['core', 'market'] },
  { name: 'envs', values: ['core', 'market', 'risk'] },
  { name: 'models', values: ['core', 'market'], types: ['envs'] },
  { name: 'validation', values: ['core', 'market', 'risk', 'envs', 'models'] },
  { name: 'registry', values: ground },
  {
    name: 'executor',
    values: ['core', 'market', 'risk', 'registry'],
    except: [/^registry\/(writer|lock|registry|acts)\.ts$/],
  },
  { name: 'activities', values: study },
  {
    name: 'workflows',
    values: ground,
    types: ['activities'],
    packages: ['@temporalio/workflow', '@temporalio/common'],
    builtins: false,
  },
  { name: 'cli', values: [...study, 'activities', 'workflows', 'scripts'] },
  { name: 'console', values: [...study, 'activities', 'workflows', 'cli'] },
  { name: 'scripts', values: everything },
  { name: 'bench', values: everything },
  { name: 'test', values: everything },
  { name: 'examples', values: everything },
  { name: 'notebooks', values: everything },
];

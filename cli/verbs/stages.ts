/**
 * The stages one by one, in the caller's process and without Temporal: `curate`, `calibrate`, `train`, `tune`, `validate`, `execute`.
 * Each signs as the machine whose key it is given; what it leaves passes the same gates as what a worker leaves.
 */
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type {
  CalibrateInput,
  CurateInput,
  ExecuteInput,
  ExecuteResult,
  StageContext,
  TrainInput,
  TuneInput,
  ValidateInput,
} from '../../activities/types.ts';
import { isKind } from '../../registry/entries.ts';
import { nearestMaterials } from '../../registry/lineage.ts';
import type { QueueName } from '../../workflows/queues.ts';
import { act, addVerb, type Common, defaultKey, usage } from '../command.ts';
import { atOnce, localGovernance } from '../decide.ts';
import { executedAnswer } from '../executed.ts';
import { look, resolveDigest, short } from '../look.ts';
import { localContext, progressLine } from '../progress.ts';
import { type RequestOptions, signRequest } from '../request.ts';
import { buildStages, type StageConfig } from '../stages.ts';

interface MachineOptions extends Common {
  readonly machineKey: string;
  readonly logKey: string;
  readonly scratch: string;
}

interface References extends MachineOptions {
  readonly request?: string;
  readonly protocol?: string;
  readonly profile?: string;
  readonly dataset?: string;
  readonly line?: string;
  readonly seed?: string;
  readonly steps?: string;
}

interface ExecuteOptions extends MachineOptions {
  readonly dataset: string;
  readonly model?: string;
  readonly remembered?: string;
  readonly maxLogAge?: string;
  readonly out?: string;
}

export function addStages(program: Command): void {
  for (const add of [addCurate, addCalibrate, addTrain, addTune, addValidate, addExecute]) add(program);
}

function addCurate(program: Command): void {
  const verb = withMachine(addVerb(program, 'curate <line> <captures...>', 'sign a request and curate captures for it'))
    .option('--protocol <file>', 'what is fixed before the training', 'protocol.json')
    .option('--seed <number>', 'of the training to come', '1')
    .option('--candidate <name>', 'what to call the result', 'ppo')
    .option('--key <file>', 'your private key: you ask for it, so you cannot approve it', defaultKey());
  act<MachineOptions & RequestOptions>(verb, async ([line = '', ...files], options) => {
    const { envelope, captures, protocol } = await signRequest({ line, files, action: 'run' }, options);
    const governance = localGovernance(options) ?? usage('curate needs --log-key');
    const { entry: request } = await governance.recordRequest({ envelope, line }, atOnce);
    const input: CurateInput = { captures, request };
    return perform({ queue: 'curation', name: 'curate', input, options, known: { request, protocol } });
  });
}

function addCalibrate(program: Command): void {
  const verb = withReferences(addVerb(program, 'calibrate <dataset>', 'estimate a market profile'), [
    'request',
    'protocol',
  ]);
  act<References>(verb, ([dataset = ''], options) => {
    const at = references(dataset, options);
    const input: CalibrateInput = { dataset: at.digest, protocol: at.find('protocol'), request: at.find('request') };
    return perform({ queue: 'curation', name: 'calibrate', input, options });
  });
}

function addTrain(program: Command): void {
  const verb = withReferences(addVerb(program, 'train <profile>', 'train a policy'), ['request', 'protocol'])
    .option('--line <line>', 'the line it is for; default: as the request says')
    .option('--seed <number>', 'of the training; default: as the request says')
    .option('--steps <number>', 'environment steps; default: as the protocol says');
  act<References>(verb, ([profile = ''], options) => {
    const at = references(profile, options);
    const [request, seed] = [at.find('request'), at.seed()];
    const steps = options.steps === undefined ? {} : { steps: wholeNumber('--steps', options.steps) };
    const checkpointKey = `${request}-${seed}`;
    const input: TrainInput = {
      line: at.line(),
      profile: at.digest,
      protocol: at.find('protocol'),
      seed,
      ...steps,
      request,
      checkpointKey,
    };
    return perform({ queue: 'training', name: 'train', input, options });
  });
}

function addTune(program: Command): void {
  const verb = withReferences(
    addVerb(program, 'tune <profile>', "find the line's fallback: the best baseline at its best settings"),
    ['request', 'protocol'],
  ).option('--line <line>', 'the line it is for; default: as the request says');
  act<References>(verb, ([profile = ''], options) => {
    const at = references(profile, options);
    const [protocol, request] = [at.find('protocol'), at.find('request')];
    const input: TuneInput = { line: at.line(), profile: at.digest, protocol, request };
    return perform({ queue: 'training', name: 'tune', input, options });
  });
}

function addValidate(program: Command): void {
  const verb = withReferences(addVerb(program, 'validate <model>', 'compare a model with everything it has to beat'), [
    'protocol',
    'profile',
    'dataset',
  ]).option('--line <line>', 'the line it was trained for; default: as the request says');
  act<References>(verb, async ([model = ''], options) => {
    const at = references(model, options);
    const [protocol, profile, dataset] = [at.find('protocol'), at.find('profile'), at.find('dataset')];
    const input: ValidateInput = { line: at.line(), model: at.digest, profile, dataset, protocol };
    const { value } = await perform({ queue: 'validation', name: 'validate', input, options });
    const { report, verdict, reasons: _, ...made } = value;
    const digest = String(report);
    const { showReport } = await import('../report-text.ts');
    const registry = look(options);
    const shown = showReport(digest, (wanted) => registry.object(wanted));
    const rows = rowsOf({ ...made, report: digest });
    return { text: `${shown.text}\n\n${rows}`, value, exit: verdict === 'passed' ? 0 : 1 };
  });
}

function addExecute(program: Command): void {
  const verb = withMachine(addVerb(program, 'execute <line>', "trade on paper with the line's approved version"))
    .requiredOption('--dataset <digest>', 'the dataset whose last part it trades on')
    .option('--model <digest>', "the version to run; default: the line's newest approved model")
    .option('--remembered <file>', 'the newest log seen, which the next one has to continue; default: beside the key')
    .option('--max-log-age <seconds>', 'oldest checkpoint to run on; default: 30 days')
    .option('--out <folder>', 'write copies of the journal and of the cost report there, for people');
  act<ExecuteOptions>(verb, async ([line = ''], options) => {
    const { entries } = look(options);
    const find = (text: string) => resolveDigest(text, entries);
    const { model, remembered, maxLogAge } = options;
    const input: ExecuteInput = {
      line,
      dataset: find(options.dataset),
      ...(model !== undefined && { model: find(model) }),
    };
    const config = {
      ...(remembered !== undefined && { remembered: resolve(remembered) }),
      ...(maxLogAge !== undefined && { maxLogAgeSeconds: wholeNumber('--max-log-age', maxLogAge) }),
    };
    const { value } = await perform({ queue: 'execution', name: 'execute', input, options, config });
    const out = options.out === undefined ? undefined : resolve(options.out);
    return executedAnswer(input, value as unknown as ExecuteResult, { registry: options.registry, out });
  });
}

interface Task {
  readonly queue: QueueName;
  readonly name: string;
  readonly input: object;
  readonly options: MachineOptions;
  /** Shown before the result. */
  readonly known?: object;
  /** Beyond what every stage has. */
  readonly config?: Partial<StageConfig>;
}

/** Runs a stage here, with progress, until it is done or Ctrl-C. */
async function perform({ queue, name, input, options, known, config }: Task) {
  const { registry, trust, machineKey, logKey, scratch } = options;
  const stages = await buildStages(queue, { registry, trust, key: machineKey, logKey, scratch, ...config });
  const stage = stages[name];
  if (stage === undefined) usage(`there is no stage ${name}`);
  const progress = progressLine(name);
  const { context, release } = localContext(progress);
  try {
    const result = (await (stage as (input: object, context: StageContext) => Promise<object>)(
      input,
      context,
    )) as Record<string, unknown>;
    progress.done('done');
    const value: Record<string, unknown> = { ...known, ...result };
    return { text: rowsOf(value), value };
  } finally {
    release();
  }
}

function rowsOf(value: Record<string, unknown>): string {
  return Object.entries(value)
    .map(([what, said]) => `${what.padEnd(9)}  ${String(said)}`)
    .join('\n');
}

function withMachine(verb: Command): Command {
  return verb
    .requiredOption('--machine-key <file>', 'private key of the machine that signs the result')
    .requiredOption('--log-key <file>', "the log's private key")
    .option('--scratch <folder>', 'checkpoints and other files that may be lost', join('.assay', 'scratch'));
}

function withReferences(verb: Command, names: readonly string[]): Command {
  return names.reduce(
    (command, name) => command.option(`--${name} <digest>`, `its ${name}; default: that of its lineage`),
    withMachine(verb),
  );
}

/** The artifact that a stage starts from, and what else it needs: as the options say, else as the artifact's lineage does. */
function references(artifact: string, options: References) {
  const { entries } = look(options);
  const digest = resolveDigest(artifact, entries);
  const digests = nearestMaterials(digest, entries);
  const find = (name: 'request' | 'protocol' | 'profile' | 'dataset'): string => {
    const given = options[name];
    if (given !== undefined) return resolveDigest(given, entries);
    return digests.get(name) ?? usage(`no statement says which ${name} ${short(digest)} rests on: give --${name}`);
  };
  const asked = () => {
    const wanted = find('request');
    const request = entries.filter(isKind('request')).find((entry) => entry.digest === wanted);
    return request?.statement.predicate ?? usage(`${short(wanted)} is no request`);
  };
  return {
    digest,
    find,
    line: () => options.line ?? asked().line,
    seed: () => (options.seed === undefined ? asked().seed : wholeNumber('--seed', options.seed)),
  };
}

function wholeNumber(option: string, text: string | undefined): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : usage(`${option} takes a whole number, not "${text}"`);
}

/** What becomes of an approved version: it trades on paper, its file is attacked, it is decommissioned. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecuteInput, ExecuteResult } from '../../activities/types.ts';
import type { Verification } from '../../registry/verify.ts';
import { beatOf } from '../follow.ts';
import { short } from '../look.ts';
import { houseOf, queueOf } from '../queue.ts';
import { executionFacts } from './facts.ts';
import { mustBeRefused, mustHold, readRegistry, type Scene } from './scene.ts';
import type { ExecutionFacts } from './summary.ts';
import { tamperWith } from './tamper.ts';
import { stageTimes } from './timing.ts';
import { executionText } from './words.ts';

/** The version under way, and the dataset whose last part it trades. */
export interface Life {
  readonly subject: string;
  readonly dataset: string;
  /** Asked for by its digest; else the executor is left to choose the line's newest approved model. */
  readonly byDigest: boolean;
}

export async function trade(scene: Scene, life: Life): Promise<void> {
  scene.board.heading(
    '5  The executor pulls, proves and trades on paper, on a part of the captures that nobody has seen',
  );
  const facts = await execute(scene, 'approved', life);
  const { ran, because } = facts;
  const why = because === undefined ? '' : ` (${because.message})`;
  mustHold(ran === life.subject, `the executor ran ${short(ran)} and not the approved ${short(life.subject)}${why}`);
  for (const text of executionText(facts)) scene.board.say(text);
  await scene.people.look(['report', life.subject, '--execution', '--out', scene.pages.execution]);
}

export async function attack(scene: Scene, life: Life): Promise<void> {
  const { board, people, house } = scene;
  board.heading('6  One byte of the approved file is changed in the registry');
  const { path, offset, undo } = tamperWith(house.registry, life.subject);
  try {
    board.say(`byte ${offset} of ${path}`);
    const { problems } = await people.look<Verification>(['log', 'verify']);
    const named = problems.find((problem) => problem.path === path);
    const refusal = named && { code: named.code, message: `${named.path}: ${named.reason}` };
    mustBeRefused(scene, 'ASSAY_OBJECT_CORRUPT', {
      who: 'assay log verify',
      what: 'the registry with that byte',
      refusal,
    });
    await executeRefused(scene, 'ASSAY_OBJECT_CORRUPT', { when: 'tampered', life });
  } finally {
    undo();
  }
  board.say('the byte is put back');
}

export async function decommission(scene: Scene, life: Life): Promise<void> {
  const { board, people } = scene;
  board.heading('7  The version is decommissioned');
  await people.ask('demo-operator', ['decommission', life.subject, '--reason', 'the demo is over']);
  await executeRefused(scene, 'ASSAY_DECOMMISSIONED', { when: 'decommissioned', life: { ...life, byDigest: true } });
}

/** The executor has to refuse the version, and to run the line's fallback instead. */
async function executeRefused(
  scene: Scene,
  code: string,
  { when, life }: { readonly when: ExecutionFacts['when']; readonly life: Life },
): Promise<void> {
  const facts = await execute(scene, when, life);
  const { ran, because } = facts;
  mustBeRefused(scene, code, { who: 'executor', what: `running ${short(life.subject)}`, refusal: because });
  mustHold(ran !== life.subject, `the executor says ${code} and runs ${short(ran)} all the same`);
  scene.board.say('so the fallback runs instead');
  for (const text of executionText(facts)) scene.board.say(text);
}

async function execute(scene: Scene, when: ExecutionFacts['when'], life: Life): Promise<ExecutionFacts> {
  const { board, client, protocol, notes } = scene;
  const { line } = protocol.protocol;
  const input: ExecuteInput = { line, dataset: life.dataset, ...(life.byDigest && { model: life.subject }) };
  const { trustFile } = scene.house;
  const taskQueue = queueOf('governance', trustFile);
  const workflowId = `execute:${line}:${when}:${houseOf(trustFile)}`;
  const handle = await client.workflow.start('execute', { workflowId, taskQueue, args: [input] });
  notes.started.push(handle);
  const step = board.step('executor');
  for (;;) {
    const description = await handle.describe();
    if (description.status.name !== 'RUNNING') break;
    step.tell('execute', beatOf(description));
    await sleep(300);
  }
  const facts = executionFacts(readRegistry(scene), when, (await handle.result()) as ExecuteResult);
  step.done(`ran ${facts.policy}, ${short(facts.ran)}`);
  notes.executions.push(facts);
  notes.timings.push(...(await stageTimes(handle, () => `execute, ${when}`)));
  return facts;
}

/** Opening a line: curated data, a calibrated market, and a tuned schedule as fallback, under two signatures. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Protocol } from '../../validation/protocol.ts';
import { parseTuningReport, settingsText, type TuningReport } from '../../validation/report/tuning.ts';
import { short } from '../look.ts';
import { dataFacts } from './facts.ts';
import { withoutChosen } from './next-protocol.ts';
import { followOn, launch, type UnderReview } from './review.ts';
import { readRegistry, type Scene } from './scene.ts';
import type { DataFacts } from './summary.ts';
import { stageTimes } from './timing.ts';
import { dataText } from './words.ts';

export interface Opening {
  readonly data: DataFacts;
  readonly tuning: TuningReport;
  /** The fallback, waiting for signatures. */
  readonly fallback: UnderReview;
}

export async function openLine(scene: Scene): Promise<Opening> {
  const { board, protocol, captures, notes } = scene;
  const { line } = protocol.protocol;
  board.heading(`1  Open the line ${line}: the best baseline becomes its fallback`);
  const handle = await launch(scene, ['line', 'open', line, ...captures, '--protocol', scene.protocolFile]);
  const step = board.step('opening', { stages: ['curate', 'calibrate', 'tune'] });
  const { artifacts } = await followOn(handle, step);
  const { dataset = '', profile = '', subject = '', report = '' } = artifacts;
  step.done(`the schedule ${short(subject)} waits for signatures`);
  const registry = readRegistry(scene);
  const data = dataFacts(registry, dataset, profile);
  for (const text of dataText(data)) board.say(text);
  const tuning = parseTuningReport(JSON.parse(registry.object(report).toString('utf8')));
  const name = scheduleName(tuning);
  board.say(`best of ${tried(tuning)} settings of ${tuning.baselines.length} baselines: ${name}`);
  notes.timings.push(
    ...(await stageTimes(handle, (stage) =>
      stage === 'recordRequest' || stage === 'recordApproval' ? undefined : stage,
    )),
  );
  return { data, tuning, fallback: { handle, subject, name } };
}

/**
 * Another schedule for the same line, to be played where no policy passed: the next version of the protocol leaves out the
 * settings that the line opened with, so that tuning finds another.
 */
export async function tuneAnother(scene: Scene, { data, tuning }: Opening): Promise<UnderReview> {
  const { board, house, captures, protocol } = scene;
  const path = join(house.folder, 'protocol-next.json');
  writeFileSync(path, `${JSON.stringify(withoutChosen(protocol.document as Protocol, tuning), null, 2)}\n`);
  const made = ['--dataset', data.dataset, '--profile', data.profile];
  const named = ['--protocol', path, '--candidate', 'next-schedule'];
  const handle = await launch(scene, ['line', 'open', protocol.protocol.line, ...captures, ...named, ...made]);
  const step = board.step('next schedule', { stages: ['tune'] });
  const { artifacts } = await followOn(handle, step);
  const { subject = '', report = '' } = artifacts;
  const name = scheduleName(parseTuningReport(JSON.parse(readRegistry(scene).object(report).toString('utf8'))));
  step.done(`${name}, ${short(subject)}, waits for signatures`);
  return { handle, subject, name };
}

function scheduleName({ chosen }: TuningReport): string {
  return `${chosen.name} (${settingsText(chosen.settings)})`;
}

function tried({ baselines }: TuningReport): number {
  return baselines.reduce((sum, baseline) => sum + baseline.tried.length, 0);
}

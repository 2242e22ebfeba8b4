/** The summary for people, from the summary as data. Durations stand in one section, the last but one: the rest is stable. */
import { relative } from 'node:path';
import { short, table } from '../look.ts';
import type { DemoSummary, Timing } from './summary.ts';
import { brief, count, dataText, executionText, gateTable, percent, verdictText } from './words.ts';

export function summaryText(summary: DemoSummary): string {
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['What was trained', trained(summary)],
    ['On what data', dataText(summary.data)],
    ['How it compared', compared(summary)],
    ['Who signed', signed(summary)],
    ['What the executor did', executed(summary)],
    ['What was refused, and why', refused(summary)],
    ['What verifies', [verified(summary)]],
    ['How long it took (differs from run to run; stages of different workers overlap)', timed(summary.timings)],
    ['Where to look next', next(summary)],
  ];
  return sections.map(([title, lines]) => [title, ...lines.map((line) => `   ${line}`)].join('\n')).join('\n\n');
}

function trained({ candidates, seed, line, played }: DemoSummary): string[] {
  const full = candidates.at(-1);
  if (full === undefined) return [];
  const outcome =
    played === 'model'
      ? 'It passed, was approved, traded on paper, attacked and decommissioned.'
      : 'It did NOT pass. Approval, trading, the attack and decommissioning were played on a schedule instead.';
  return [
    `a policy for the line ${line}, by PPO, ${count(full.trainedSteps)} steps, seed ${seed}: ${short(full.model)}`,
    outcome,
    ...candidates.map((one) => `${one.name}: ${count(one.trainedSteps)} steps, ${verdictText(one)}${waiting(one)}`),
  ];

  function waiting({ verdict, model }: DemoSummary['candidates'][number]): string {
    return verdict === 'passed' && model !== full?.model ? '; nobody signed it, so it waits and runs nowhere' : '';
  }
}

function compared({ candidates }: DemoSummary): string[] {
  const full = candidates.at(-1);
  if (full === undefined) return [];
  const tried = full.baselines.reduce((sum, { settingsTried }) => sum + settingsTried, 0);
  return [
    `${count(full.episodes)} simulated parent orders, the same markets for everybody; costs in bps of the arrival notional, fees included; less is better`,
    `${full.name} costs ${full.meanBps.toFixed(3)} on average and ${full.cvar95Bps.toFixed(2)} in the worst 5 %; ${percent(full.makerShare)} filled by resting`,
    `each baseline at the best of its settings, ${count(tried)} in all; MDE: the smallest difference that would have been found in 4 of 5 cases`,
    ...gateTable(full.gates),
  ];
}

function signed({ fallback, approved, played }: DemoSummary): string[] {
  return [
    `fallback ${short(fallback.digest)}, ${fallback.name}: ${fallback.signers.join(' and ')}`,
    `${played === 'model' ? 'model' : 'second schedule'} ${short(approved.digest)}, ${approved.name}: ${approved.signers.join(' and ')}`,
    'All identities are throw-away: nobody should trust what they sign.',
  ];
}

/** The approved version's orders in full; of a fallback that ran in its place, why and at what cost. */
function executed({ executions }: DemoSummary): string[] {
  return executions.flatMap((execution) => {
    const { when, because, policy, ran, bps } = execution;
    if (because === undefined) return executionText(execution);
    const situation = when === 'tampered' ? 'with one byte of the file changed' : 'after the decommissioning';
    return [
      `${situation}: ran the fallback ${policy} (${short(ran)}) at ${bps.total.toFixed(3)} bps, because`,
      `   ${because.code}: ${brief(because.message)}`,
    ];
  });
}

function refused({ refused: all }: DemoSummary): string[] {
  return all.flatMap(({ who, what, code, message }) => [`${who}: ${what}`, `   ${code}: ${brief(message)}`]);
}

function verified({ verified: { statements, objects, lineStatements } }: DemoSummary): string {
  return `the registry, all of it: ${statements} statements, ${objects} objects; what the line vouches for rests on ${lineStatements} statements`;
}

function timed(timings: readonly Timing[]): string[] {
  return table(timings.map(({ what, seconds }) => [what, `${seconds.toFixed(1)} s`.padStart(8)])).split('\n');
}

function next({ places, line, approved, candidates }: DemoSummary): string[] {
  const here = (path: string) => relative(process.cwd(), path) || '.';
  const at = `--registry ${here(places.registry)} --trust ${here(places.trust)}`;
  const subject = short(candidates.at(-1)?.model ?? approved.digest);
  return [
    `report      ${here(places.report)} (open it in a browser)`,
    `execution   ${here(places.execution)} (the same)`,
    `commands    npx assay list ${at}`,
    `            npx assay show ${line} ${at}`,
    `            npx assay lineage ${subject} ${at}`,
    `            npx assay verify ${line} ${at}`,
    `            npx assay log verify ${at}`,
    `            npx assay dev --folder ${here(places.folder)}   (the same workflows in Temporal's own UI)`,
    `this run    ${here(places.folder)}${places.kept === undefined ? '' : `; the one before is kept at ${here(places.kept)}`}`,
    `logs        ${here(places.logs)}`,
  ];
}

/**
 * The whole life of one model, and its dark side, in eight acts. Nothing here trains, judges or trades: people ask through the
 * command line, workflows do the work, and what they left in the registry is read back. What must be refused and is not ends
 * the demo: a system that lets it pass proves nothing.
 */
import type { Closure } from '../../registry/read.ts';
import type { Verification } from '../../registry/verify.ts';
import { short } from '../look.ts';
import { type Candidate, followCandidates, launchCandidates } from './candidates.ts';
import { attack, decommission, type Life, trade } from './life.ts';
import { type Opening, openLine, tuneAnother } from './opening.ts';
import { approveByTwo, approveOwn } from './review.ts';
import { mustHold, type Scene } from './scene.ts';
import type { DemoSummary, VersionFacts } from './summary.ts';

/** @throws ASSAY_REFUSED when something passes that must not, and whatever a stage ended with */
export async function play(scene: Scene): Promise<Omit<DemoSummary, 'places'>> {
  const { seed, protocol, notes } = scene;
  const opening = await openLine(scene);
  const launched = await launchCandidates(scene, opening.data);
  scene.board.say('meanwhile two validators read how the fallback was tuned, and sign');
  const fallback = await approveByTwo(scene, opening.fallback);
  const candidates = await followCandidates(scene, launched);
  const full = candidates.at(-1) as Candidate;
  await scene.people.look(['report', full.report, '--out', scene.pages.report]);
  const played = full.verdict === 'passed' ? 'model' : 'schedule';
  const approved = await approve(scene, opening, full);
  const life: Life = { subject: approved.digest, dataset: opening.data.dataset, byDigest: played === 'schedule' };
  await trade(scene, life);
  await attack(scene, life);
  await decommission(scene, life);
  const verified = await verify(scene);
  return {
    kind: 'demo-summary',
    version: 1,
    ...{ seed, line: protocol.protocol.line, played, data: opening.data, fallback },
    candidates: candidates.map(({ handle: _handle, ...facts }) => facts),
    ...{ approved, verified },
    ...{ refused: notes.refused, executions: notes.executions, timings: notes.timings },
  };
}

/** The policy where it passed; where it honestly did not, another schedule, so that the rest can be shown none the less. */
async function approve(scene: Scene, opening: Opening, full: Candidate): Promise<VersionFacts> {
  const { board } = scene;
  board.heading('4  Two people who did not build it sign');
  if (full.verdict === 'refused')
    board.say(`${full.name} did not pass, so nobody can approve it: a second schedule is put up in its place`);
  const review =
    full.verdict === 'passed'
      ? { handle: full.handle, subject: full.model, name: full.name }
      : await tuneAnother(scene, opening);
  await approveOwn(scene, review);
  return approveByTwo(scene, review);
}

async function verify(scene: Scene): Promise<DemoSummary['verified']> {
  const { board, people, protocol } = scene;
  board.heading('8  Everything verifies');
  const log = await people.look<Verification>(['log', 'verify']);
  mustHold(log.trusted, `the registry does not verify: ${log.problems.map(({ path }) => path).join(', ')}`);
  board.say(`intact and trusted: ${log.entries} statements, ${log.objects} objects`);
  const { statements, versions } = await people.look<Closure>(['verify', protocol.protocol.line]);
  board.say(`the line vouches for ${versions.map(({ model }) => short(model)).join(', ')}: ${statements} statements`);
  return { statements: log.entries, objects: log.objects, lineStatements: statements };
}

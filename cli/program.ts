/** The command line as a whole: one file a verb under `verbs/`. */
import { Command, CommanderError } from 'commander';
import manifest from '../package.json' with { type: 'json' };
import { addApprove } from './verbs/approve.ts';
import { addCancel } from './verbs/cancel.ts';
import { addDev } from './verbs/dev.ts';
import { addDoctor } from './verbs/doctor.ts';
import { addKeysNew } from './verbs/keys-new.ts';
import { addLineOpen } from './verbs/line-open.ts';
import { addLineage } from './verbs/lineage.ts';
import { addList } from './verbs/list.ts';
import { addLogVerify } from './verbs/log-verify.ts';
import { addRefuse } from './verbs/refuse.ts';
import { addReport } from './verbs/report.ts';
import { addRetire } from './verbs/retire.ts';
import { addRun } from './verbs/run.ts';
import { addShow } from './verbs/show.ts';
import { addStages } from './verbs/stages.ts';
import { addVerify } from './verbs/verify.ts';
import { addWithdraw } from './verbs/withdraw.ts';

/** In the order of `--help`. */
const verbs = [
  addKeysNew,
  addLineOpen,
  addRun,
  addStages,
  addList,
  addShow,
  addReport,
  addApprove,
  addRefuse,
  addWithdraw,
  addRetire,
  addCancel,
  addLogVerify,
  addVerify,
  addLineage,
  addDev,
  addDoctor,
];

export function createProgram(): Command {
  const program = new Command('assay').description(manifest.description).version(manifest.version);
  program.showHelpAfterError('Run with --help to see what there is.').configureHelp({ showGlobalOptions: false });
  for (const add of verbs) add(program);
  for (const command of allCommands(program)) command.exitOverride();
  return program;
}

/** Exit codes: 0 done, 1 refused or does not verify, 2 usage, 3 environment. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync(argv);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

/** The command line with all commands. */
import type { Command } from 'commander';
import type { WorldsForTests } from '../world/told-to-tests.ts';
import { type AddCommand, createCommandLine, runCommandLine } from './command-line.ts';
import { addCompletion } from './commands/completion.ts';
import { addDoctor } from './commands/doctor.ts';
import { addExec } from './commands/exec.ts';
import { addIma } from './commands/ima.ts';
import { addLog } from './commands/log.ts';
import { addMount } from './commands/mount.ts';
import { addPolicy } from './commands/policy.ts';
import { addPs } from './commands/ps.ts';
import { addReset } from './commands/reset.ts';
import { addRun } from './commands/run.ts';
import { addStandby } from './commands/standby.ts';
import { addStop } from './commands/stop.ts';
import { addTree } from './commands/tree.ts';
import { addVersion } from './commands/version.ts';
import { addWait } from './commands/wait.ts';
import { addWhy } from './commands/why.ts';
import { addXattr } from './commands/xattr.ts';

const COMMANDS: readonly AddCommand[] = [
  (program) => addRun(program),
  ...[
    addStandby,
    addExec,
    addPs,
    addTree,
    addLog,
    addIma,
    addStop,
    addWait,
    addReset,
    addWhy,
    addPolicy,
    addXattr,
    addMount,
    addDoctor,
    addCompletion,
    addVersion,
  ],
];

export function createProgram(version: string): Command {
  return createCommandLine(version, COMMANDS);
}

export async function runProgram(argv: readonly string[], version: string): Promise<void> {
  await runCommandLine(createProgram(version), argv);
}

/** What helpers for test suites ask of worlds without starting a command for it. Loaded when it is called. */
export function worldsForTests(): Promise<WorldsForTests> {
  return import('../world/for-tests.ts');
}

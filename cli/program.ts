/** The command line as a whole: which commands there are and how usage errors end. */
import { Command, CommanderError } from 'commander';
import type { PreparedRun } from '../world/index.ts';
import { addDoctor } from './commands/doctor.ts';
import { addExec } from './commands/exec.ts';
import { addIma } from './commands/ima.ts';
import { addLog } from './commands/log.ts';
import { addMount } from './commands/mount.ts';
import { addPs } from './commands/ps.ts';
import { addRun } from './commands/run.ts';
import { addStop } from './commands/stop.ts';
import { addTree } from './commands/tree.ts';
import { addWhy } from './commands/why.ts';
import { addXattr } from './commands/xattr.ts';
import { EXIT_OURS, failureLine, reportFailure } from './failure.ts';
import { print } from './output.ts';

export function createProgram(version: string, prepared?: PreparedRun): Command {
  const program = new Command('lsmfs')
    .description('Security modules that the running kernel does not have, for ordinary programs.')
    .version(version)
    .enablePositionalOptions()
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: print,
      outputError: (text, write) =>
        write(
          failureLine(
            text
              .replace(/^error: /, '')
              .trim()
              .replace('\n', ' '),
          ),
        ),
    });
  addRun(program, prepared);
  for (const add of [addExec, addPs, addTree, addLog, addIma, addStop, addWhy, addXattr, addMount, addDoctor])
    add(program);
  for (const command of program.commands) {
    command.exitOverride().passThroughOptions(command.registeredArguments.at(-1)?.name() === 'command');
  }
  return program;
}

/** Runs one command line. Sets `process.exitCode`; returns only when the process did not become another command. */
export async function runProgram(argv: readonly string[], version: string, prepared?: PreparedRun): Promise<void> {
  try {
    await createProgram(version, prepared).parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, argv.includes('--json'));
    // commander has already written its message; help and version are no failures
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_OURS;
  }
}

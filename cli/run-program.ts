/** The command line of `lsmfs run` alone: what the other commands need takes as long to load as all of a start. */
import type { PreparedRun } from '../world/index.ts';
import { createCommandLine, runCommandLine } from './command-line.ts';
import { addRun } from './commands/run.ts';

/** @param argv begins with `run`. @param prepared what was started before the command line was read. */
export async function runRun(argv: readonly string[], version: string, prepared?: PreparedRun): Promise<void> {
  await runCommandLine(createCommandLine(version, [(program) => addRun(program, prepared)]), argv);
}

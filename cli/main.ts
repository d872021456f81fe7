#!/usr/bin/env node
/** Entry point of the `lsmfs` command. For `run` the daemon is started first: it boots while the command line is read. */
import manifest from '../package.json' with { type: 'json' };
import { prepareRun } from '../world/index.ts';

async function main(args: readonly string[]): Promise<void> {
  // A failure here shows again, with its message, when the command needs it.
  const prepared = args[0] === 'run' ? await prepareRun().catch(() => undefined) : undefined;
  const { runProgram } = await import('./program.ts');
  await runProgram(args, manifest.version, prepared);
}

void main(process.argv.slice(2));

/** Entry point of the `lsmfs` command. For `run` the daemon is started first: it boots while the command line is read. */
import manifest from '../package.json' with { type: 'json' };
import { prepareRun } from '../world/index.ts';
import { mayReport } from './may-report.ts';

async function main(args: readonly string[]): Promise<void> {
  if (args[0] !== 'run') {
    const { runProgram } = await import('./program.ts');
    return runProgram(args, manifest.version);
  }
  // A failure here shows again, with its message, when the command needs it.
  const prepared = mayReport(args) ? undefined : await prepareRun().catch(() => undefined);
  const { runRun } = await import('./run-program.ts');
  await runRun(args, manifest.version, prepared);
}

void main(process.argv.slice(2));

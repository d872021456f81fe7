/** `lsmfs wait`: how the commands of worlds ended, once the worlds have. */
import type { Command } from 'commander';
import { WorldError, waitForWorld } from '../../world/index.ts';
import { print } from '../output.ts';
import { watched } from '../progress.ts';
import { formatJson } from '../table.ts';

const EXAMPLES = `
Examples:
  world=$(lsmfs run --detach -- make check)
  lsmfs wait "$world"                      prints the exit code of make, when the world has ended
  lsmfs wait --json one two

It exits with 0 when all exit codes are known. That of a detached world can be asked for once it has ended, too, by one \`lsmfs wait\`.`;

export function addWait(program: Command): void {
  program
    .command('wait')
    .description('wait until worlds have ended; print the exit codes of their commands')
    .argument('<world...>', 'names, see lsmfs ps')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (names: string[], flags: { readonly json?: boolean }) => {
      const all = names.map(async (name) => ({ name, ...(await waitForWorld(name)) }));
      const ended = await watched(`waiting for ${names.join(', ')} to end`, Promise.all(all));
      if (flags.json === true) print(formatJson(ended.map(({ name, exitCode = null }) => ({ name, exitCode }))));
      for (const { name, exitCode } of ended) {
        if (exitCode === undefined)
          throw new WorldError(
            'unknown-process',
            `The host's kernel does not tell how the command of '${name}' ended.`,
            'Start the world with `lsmfs run --detach`, which finds out itself.',
          );
        if (flags.json !== true) print(`${exitCode}\n`);
      }
    });
}

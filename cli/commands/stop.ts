/** `lsmfs stop`: end worlds and every process in them. */
import { type Command, InvalidArgumentError } from 'commander';
import { listWorlds, stopWorld, WorldError } from '../../world/index.ts';
import { confirmed } from '../confirm.ts';
import { failureLine } from '../failure.ts';
import { tellLeftAlone } from '../left-alone.ts';
import { print } from '../output.ts';
import { watched } from '../progress.ts';

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^[\d.]+$/.test(text) || !(seconds <= 3600))
    throw new InvalidArgumentError('it must be a number of seconds from 0 to 3600.');
  return seconds;
}

async function mayEnd(names: readonly string[]): Promise<boolean> {
  if (names.length === 0) return false;
  const list = names.join(' ');
  return confirmed(`End ${list}`, `stop --all would end: ${list}`, 'Say --yes as well, or name those to end.');
}

export function addStop(program: Command): void {
  program
    .command('stop')
    .description('end worlds: TERM to every process, KILL after the grace time')
    .argument('[world...]', 'names, see lsmfs ps')
    .option('--all', 'every world of this user; lists them and asks')
    .option('--yes', 'do not ask')
    .option('--time <seconds>', 'grace time', parseSeconds, 5)
    .addHelpText('after', '\nExamples:\n  lsmfs stop ci\n  lsmfs stop --all --yes --time=0')
    .action(
      async (names: string[], flags: { readonly all?: boolean; readonly yes?: boolean; readonly time: number }) => {
        if (names.length === 0 && flags.all !== true) {
          throw new WorldError('bad-option', 'No world was named.', 'Name one (`lsmfs ps` lists them), or use --all.');
        }
        const all = flags.all === true;
        if (all) await tellLeftAlone();
        const meant = all ? (await listWorlds()).map((world) => world.name) : names;
        if (all && flags.yes !== true && !(await mayEnd(meant))) return;
        let failure: unknown;
        for (const name of meant) {
          try {
            const left = await watched(`waiting for ${name} to end`, stopWorld(name, flags.time * 1000));
            print(`${name}\n`);
            for (const pid of left)
              process.stderr.write(
                failureLine(`process ${pid} of ${name} was killed and has not ended: it waits in the kernel`),
              );
          } catch (error) {
            // A world of the list may have ended by itself meanwhile. Another failure is told when the other worlds have been stopped.
            if (!(all && error instanceof WorldError && error.code === 'unknown-world')) failure = error;
          }
        }
        if (failure !== undefined) throw failure;
      },
    );
}

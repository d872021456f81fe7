/** `lsmfs stop`: end worlds and every process in them. */
import { type Command, InvalidArgumentError } from 'commander';
import { listWorlds, stopWorld, WorldError } from '../../world/index.ts';

function parseSeconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isFinite(seconds) || seconds < 0 || seconds > 3600)
    throw new InvalidArgumentError('it must be 0 to 3600.');
  return seconds;
}

export function addStop(program: Command): void {
  program
    .command('stop')
    .description('end worlds: TERM to every process, KILL after the grace time')
    .argument('[world...]', 'names, see lsmfs ps')
    .option('--all', 'every running world')
    .option('--time <seconds>', 'grace time', parseSeconds, 5)
    .addHelpText('after', '\nExamples:\n  lsmfs stop ci\n  lsmfs stop --all --time=0')
    .action(async (names: string[], flags: { readonly all?: boolean; readonly time: number }) => {
      if (names.length === 0 && flags.all !== true) {
        throw new WorldError(
          'bad-option',
          'stop needs the name of a world',
          'Name one (lsmfs ps lists them) or say --all.',
        );
      }
      const all = flags.all === true ? (await listWorlds()).map((world) => world.name) : names;
      for (const name of all) {
        await stopWorld(name, flags.time * 1000);
        process.stdout.write(`${name}\n`);
      }
    });
}

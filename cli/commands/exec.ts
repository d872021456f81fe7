/** `lsmfs exec`: become a command in a world that is running. */
import type { Command } from 'commander';
import { execInWorld } from '../../world/index.ts';
import { parseDescriptor } from '../options.ts';

const EXAMPLES = `
Examples:
  lsmfs exec ci -- sestatus
  lsmfs exec "$(lsmfs ps --json | jq -r '.[0].name')" -- bash`;

export function addExec(program: Command): void {
  program
    .command('exec')
    .description('run a command in a world that is running')
    .argument('<world>', 'name of the world, see lsmfs ps')
    .argument('<command...>', 'command and arguments, after --')
    .option('--json-status-fd <fd>', 'write JSON lines about the start and the end to this descriptor', parseDescriptor)
    .addHelpText('after', EXAMPLES)
    .action(async (world: string, words: string[], flags: { readonly jsonStatusFd?: number }) => {
      await execInWorld({
        world,
        argv: words[0] === '--' ? words.slice(1) : words,
        ...(flags.jsonStatusFd === undefined ? {} : { jsonStatusFd: flags.jsonStatusFd }),
      });
    });
}

/** `lsmfs reset`: a world as it was after its boot, for the next test. */
import type { Command } from 'commander';
import { resetWorld } from '../../world/index.ts';
import { print } from '../output.ts';
import { formatJson } from '../table.ts';

const EXAMPLES = `
Examples:
  lsmfs reset ci
  lsmfs reset                              the world that we are in, or the only one
  lsmfs reset --json ci

Policy, booleans and mode of SELinux, profiles of AppArmor, rules of Smack and of audit, settings of Yama and lockdown, labels that the
world keeps for filesystems that cannot, and the log are again what they were when the world's first command began. Its processes go on
with their labels. Labels on disks, namespaces, IMA's measurements and TOMOYO's policy stay.`;

export function addReset(program: Command): void {
  program
    .command('reset')
    .description('bring a world back to the state that it had after its boot')
    .argument('[world]', 'name of the world, see lsmfs ps')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, flags: { readonly json?: boolean }) => {
      const done = await resetWorld(name);
      print(flags.json === true ? formatJson(done) : `${done.name}\n`);
    });
}

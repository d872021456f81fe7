/** `lsmfs tree`: the stack of a world, the namespaces of its modules, and who is where with which label. */
import type { Command } from 'commander';
import { worldTree } from '../../world/index.ts';
import { print } from '../output.ts';
import { formatJson } from '../table.ts';
import { formatTree } from '../tree-text.ts';

const EXAMPLES = `
Examples:
  lsmfs tree                     of the only world, or of the one you are in
  lsmfs tree ci
  lsmfs tree --json ci | jq -r '.tasks[] | select(.labels.apparmor != "unconfined") | .tid'

Modules are in the order in which they are asked. DEFAULT is the module that the plain files of /proc/PID/attr and SO_PEERSEC mean for
a task. SECID is one number for all labels of a task; with several labelling modules it is composed of theirs.`;

export function addTree(program: Command): void {
  program
    .command('tree')
    .description('show the modules, namespaces, tasks and labels of a world')
    .argument('[world]', 'name, see lsmfs ps')
    .option('--json', 'print JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (name: string | undefined, flags: { readonly json?: boolean }) => {
      const tree = await worldTree(name);
      print(flags.json === true ? formatJson(tree) : formatTree(tree));
    });
}

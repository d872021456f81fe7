/** `lsmfs mount`: the files alone, below a directory, without namespaces or supervisor. */
import type { Command } from 'commander';
import { mountTree } from '../../world/index.ts';
import { addStackOptions, type StackFlags, stackOptions } from '../options.ts';
import { print } from '../output.ts';

const EXAMPLES = `
Examples:
  lsmfs mount /mnt/lsm &          then: cat /mnt/lsm/sys/fs/selinux/enforce
  lsmfs mount --transport=fuse-native /mnt/lsm

Serves until it gets SIGINT or SIGTERM, then unmounts. Programs that insist on the filesystem type (libselinux) need lsmfs run.`;

export function addMount(program: Command): void {
  addStackOptions(program.command('mount'))
    .description('mount the whole tree below a directory (FUSE only)')
    .argument('<directory>', 'an existing directory')
    .option('--json', 'print the mount points as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (directory: string, flags: StackFlags & { readonly json?: boolean }) => {
      await mountTree({
        ...stackOptions(flags),
        directory,
        transport: flags.transport,
        onReady: (mountPoints) =>
          print(flags.json === true ? `${JSON.stringify({ mounted: mountPoints })}\n` : `${mountPoints.join('\n')}\n`),
      });
    });
}

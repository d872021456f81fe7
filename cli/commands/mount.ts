/** `lsmfs mount`: the files alone, below a directory, without namespaces or supervisor. */
import type { Command } from 'commander';
import { mountTree, WorldError } from '../../world/index.ts';
import { groupOptions } from '../help-groups.ts';
import { addStackOptions, type StackFlags, stackOptions } from '../options.ts';
import { print } from '../output.ts';

const EXAMPLES = `
Examples:
  lsmfs mount /mnt/lsm &          then: cat /mnt/lsm/sys/fs/selinux/enforce
  lsmfs mount --transport=fuse-native /mnt/lsm
  lsmfs mount --labels=/srv/data --tree=/mnt/lsm /mnt/data &
                                  then: setfattr -n security.ima -v 0x0400aa /mnt/data/file
  lsmfs mount --labels=/srv/data --world=ci /mnt/data &
                                  then: lsmfs run --name=ci -- ls /mnt/data

Serves until it gets SIGINT or SIGTERM, then unmounts. Programs that insist on the filesystem type (libselinux) need lsmfs run.`;

interface MountFlags extends StackFlags {
  readonly json?: boolean;
  readonly labels?: string;
  readonly tree?: string;
  readonly world?: string;
}

export function addMount(program: Command): void {
  const command = addStackOptions(program.command('mount'), 'none')
    .description('mount the whole tree below a directory (FUSE only)')
    .argument('<directory>', 'an existing directory')
    .option(
      '--labels <dir>',
      'serve this directory below the other, with namespaced labels and decisions of the modules',
    )
    .option('--world <name>', 'with --labels: members of this world have the labels that they have in it')
    .option('--tree <dir>', 'with --labels: where to mount the tree')
    .option('--json', 'print the mount points as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (directory: string, flags: MountFlags) => {
      requireLabels(flags);
      await mountTree({
        ...stackOptions(flags),
        directory,
        ...(flags.labels !== undefined && { labels: flags.labels }),
        ...(flags.tree !== undefined && { tree: flags.tree }),
        ...(flags.world !== undefined && { world: flags.world }),
        transport: flags.transport,
        onReady: (mountPoints) =>
          print(flags.json === true ? `${JSON.stringify({ mounted: mountPoints })}\n` : `${mountPoints.join('\n')}\n`),
      });
    });
  groupOptions(command);
}

/** @throws WorldError for an option that would do nothing. */
function requireLabels(flags: MountFlags): void {
  if (flags.labels !== undefined) return;
  for (const name of ['world', 'tree'] as const) {
    if (flags[name] === undefined) continue;
    throw new WorldError('bad-option', `--${name} needs --labels.`, 'See `lsmfs mount --help`.');
  }
}

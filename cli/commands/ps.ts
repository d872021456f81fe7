/** `lsmfs ps`: the worlds of this user. Removes what dead daemons left behind, like every command that looks at worlds. */
import type { Command } from 'commander';
import { listWorlds, reapDeadWorlds, type WorldInfo } from '../../world/index.ts';
import { tellLeftAlone } from '../left-alone.ts';
import { print } from '../output.ts';
import { formatJson, formatTable } from '../table.ts';

const HEADER = ['NAME', 'STATE', 'LSM', 'PROFILE', 'PROCESSES', 'DAEMON', 'UP', 'COMMAND'];

export function addPs(program: Command): void {
  program
    .command('ps')
    .description('list the running worlds')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  lsmfs ps\n  lsmfs ps --json')
    .action(async (flags: { readonly json?: boolean }) => {
      const reaped = await reapDeadWorlds();
      for (const name of reaped) process.stderr.write(`lsmfs: removed what is left of ${name}, whose server died\n`);
      await tellLeftAlone();
      const worlds = await listWorlds();
      const now = Math.floor(Date.now() / 1000);
      print(
        flags.json === true
          ? formatJson(worlds)
          : formatTable(
              HEADER,
              worlds.map((world) => row(world, now)),
            ),
      );
    });
}

function row(world: WorldInfo, now: number): string[] {
  return [
    world.name,
    world.state,
    world.lsm,
    world.profile,
    String(world.processes.length),
    String(world.daemonPid),
    uptime(Math.max(0, now - world.started)),
    world.command.join(' '),
  ];
}

/** `59s`, `12m`, `3h`, `2d`. */
export function uptime(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

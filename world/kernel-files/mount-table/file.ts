/**
 * /proc/<pid>/mounts, mountinfo and mountstats of a process in a world: the host's file, read again whenever the reader
 * starts again, and shown as emulated.ts has it.
 *
 * Model: fs/proc_namespace.c. An open file belongs to the mount namespace and root directory that the process had when
 * it was opened. poll(2) says POLLERR and POLLPRI once after each change.
 */
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { mountInfoLine, mountsLine, parseMountInfo } from '../../../host/procfs/mount-info.ts';
import { POLLERR, POLLIN, POLLPRI } from '../../../linux/poll.ts';
import { sequenceHandle } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { Handle } from '../../../vfs/tree/node.ts';
import { emulatedTable, type MountTableFacts } from './emulated.ts';
import { readAll } from './read-all.ts';
import type { MountWatch } from './watch.ts';

const KINDS = ['mounts', 'mountinfo', 'mountstats'] as const;
export type MountTableKind = (typeof KINDS)[number];

export function isMountTable(name: string): name is MountTableKind {
  return (KINDS as readonly string[]).includes(name);
}

/** @param file path of the host's file: `mountinfo` for the first two kinds. @throws as openSync */
export function openMountTable(kind: MountTableKind, file: string, facts: MountTableFacts, watch: MountWatch): Handle {
  const table = watch.table(openSync(file, 'r'));
  const lines = (caller: Caller): string[] => {
    const text = readAll(table.fd);
    if (kind === 'mountstats') return mountStats(text, facts);
    return emulatedTable(parseMountInfo(text), facts, caller).map(kind === 'mounts' ? mountsLine : mountInfoLine);
  };
  return {
    ...sequenceHandle({ records: lines }),
    poll: (wake) => {
      watch.remove(table);
      if (table.look()) {
        table.told();
        return POLLIN | POLLERR | POLLPRI;
      }
      table.wake = wake;
      watch.add(table);
      return POLLIN;
    },
    release: () => {
      watch.remove(table);
      closeSync(table.fd);
    },
  };
}

const STATS = /^device (\S*) mounted on (\S+) with fstype (\S+)/;

interface StatsLine {
  readonly line: string;
  readonly source: string;
  readonly mountPoint: string;
  readonly type: string;
}

/**
 * As emulated.ts, for mountstats, which has no mount ids: a bind mount in a tmpfs of ours is recognised by its mount
 * point and by having the source and type of the mount around that tmpfs.
 */
function mountStats(text: string, { source, types }: MountTableFacts): string[] {
  const all = text.split('\n').map((line): StatsLine => {
    const [, device = '', mountPoint = '', type = ''] = STATS.exec(line) ?? [];
    return { line, source: device, mountPoint, type };
  });
  if (all.at(-1)?.line === '') all.pop();
  const covered = new Map(
    all
      .filter((mount) => mount.source === source && mount.type === 'tmpfs')
      .map(({ mountPoint }) => [mountPoint, around(all, mountPoint)]),
  );
  return all.flatMap(({ line, mountPoint, ...mount }) => {
    const own = mount.type.replace(/^fuse\./, '');
    if (mount.source === source) {
      return types.includes(own) ? [`device ${own} mounted on ${mountPoint} with fstype ${own}\n`] : [];
    }
    const cover = covered.get(path.posix.dirname(mountPoint));
    return cover?.source === mount.source && cover.type === mount.type ? [] : [`${line}\n`];
  });
}

/** The mount that contains the directory `mountPoint`, among those before it. */
function around(all: readonly StatsLine[], mountPoint: string): StatsLine | undefined {
  const above = all.filter(
    (mount) =>
      mount.mountPoint !== '' && mountPoint.startsWith(mount.mountPoint === '/' ? '/' : `${mount.mountPoint}/`),
  );
  return above.toSorted((a, b) => b.mountPoint.length - a.mountPoint.length)[0];
}

/**
 * /proc/<pid>/mounts, mountinfo and mountstats of a process in a world: the host's file, read again whenever the reader starts again, and shown
 * as emulated.ts has it.
 *
 * Model: fs/proc_namespace.c. An open file belongs to the mount namespace and root directory that the process had when it was opened. poll(2)
 * says POLLERR and POLLPRI once after each change.
 */
import { closeSync, openSync } from 'node:fs';
import { sequenceHandle } from '../../vfs/builders/index.ts';
import type { Caller } from '../../vfs/caller.ts';
import { type Handle, POLLERR, POLLIN, POLLPRI } from '../../vfs/node.ts';
import { emulatedTable, type MountTableFacts } from './emulated.ts';
import { mountInfoLine, mountsLine, parseMountInfo } from './mount-info.ts';
import { readAll } from './read-all.ts';
import type { MountWatch } from './watch.ts';

const KINDS = ['mounts', 'mountinfo', 'mountstats'] as const;
export type MountTableKind = (typeof KINDS)[number];

export function isMountTable(name: string): name is MountTableKind {
  return (KINDS as readonly string[]).includes(name);
}

/** @param path of the host's file: `mountinfo` for the first two kinds. @throws as openSync */
export function openMountTable(kind: MountTableKind, path: string, facts: MountTableFacts, watch: MountWatch): Handle {
  const table = watch.table(openSync(path, 'r'));
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

const STATS = /^device (\S+) mounted on (\S+) with fstype fuse\.(\S+)$/;

function mountStats(text: string, { source, types }: MountTableFacts): string[] {
  return text
    .split('\n')
    .filter((line, index, all) => index < all.length - 1 || line !== '')
    .flatMap((line) => {
      if (!line.startsWith(`device ${source} `)) return [`${line}\n`];
      const [, , place, type = ''] = STATS.exec(line) ?? [];
      return types.includes(type) ? [`device ${type} mounted on ${place} with fstype ${type}\n`] : [];
    });
}

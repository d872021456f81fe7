/**
 * A mount table of the host as a kernel with the world's modules would show it.
 *
 * Model: our filesystems have their own types instead of FUSE's. Mounts that only make room for them (tmpfs over
 * directories of sysfs, the bind mounts in it, single files) are left out, and mounts on them get the covered mount as
 * parent. Security modules add their options to every superblock. Mounts of ours are recognised by their source.
 */

import { joinOptions, type MountEntry, splitOptions } from '../../../host/procfs/mount-info.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';

export interface MountTableFacts {
  /** The source that mounts of this world have. */
  readonly source: string;
  /** Filesystem types of the stack. */
  readonly types: readonly string[];
  /** Mount options that modules show for a filesystem. @param type without subtype. @param device `major:minor` */
  securityOptions(type: string, device: string, reader: Caller): readonly string[];
}

const FUSE = 'fuse.';

export function emulatedTable(host: readonly MountEntry[], facts: MountTableFacts, reader: Caller): MountEntry[] {
  const hidden = scaffolding(host, facts);
  const parentOf = (id: number): number => {
    const above = hidden.get(id);
    return above === undefined ? id : parentOf(above.parent);
  };
  return host
    .filter(({ id }) => !hidden.has(id))
    .map((entry) => {
      const type = emulatedType(entry, facts) ?? entry.type;
      const shown = type === entry.type ? entry : { ...entry, type, source: type, options: withoutFuse(entry.options) };
      return { ...shown, parent: parentOf(entry.parent), options: withSecurity(shown, facts, reader) };
    });
}

/** The emulated type of a mount of ours; `undefined` = none. */
function emulatedType({ source, type }: MountEntry, facts: MountTableFacts): string | undefined {
  const own = type.slice(FUSE.length);
  return source === facts.source && type.startsWith(FUSE) && facts.types.includes(own) ? own : undefined;
}

function withoutFuse(options: string): string {
  return joinOptions({ ...splitOptions(options), filesystem: '' });
}

/** Mounts that only make room for others, by mount id. */
function scaffolding(host: readonly MountEntry[], facts: MountTableFacts): ReadonlyMap<number, MountEntry> {
  const byId = new Map(host.map((entry) => [entry.id, entry]));
  const hidden = new Map<number, MountEntry>();
  for (const entry of host) {
    const type = emulatedType(entry, facts);
    if (entry.source === facts.source && type === undefined) hidden.set(entry.id, entry);
    // The host's mount below ours at the same place is left out, too.
    const under = byId.get(entry.parent);
    if (type !== undefined && under?.type === type && under.mountPoint === entry.mountPoint)
      hidden.set(under.id, under);
  }
  const covers = [...hidden.values()].filter(({ source }) => source === facts.source);
  const isBuried = (entry: MountEntry): boolean => {
    const parent = byId.get(entry.parent);
    return (
      covers.some(({ id, parent: covered, mountPoint }) => {
        return covered === entry.parent && id !== entry.id && entry.mountPoint.startsWith(`${mountPoint}/`);
      }) ||
      (parent !== undefined && parent !== entry && isBuried(parent))
    );
  };
  for (const entry of host) {
    const cover = hidden.get(entry.parent);
    const covered = cover && byId.get(cover.parent);
    if (isBuried(entry) || (covered !== undefined && isSamePlace(entry, covered))) hidden.set(entry.id, entry);
  }
  return hidden;
}

/** Does the mount show the same directory that it covers? */
function isSamePlace(entry: MountEntry, covered: MountEntry): boolean {
  if (entry.device !== covered.device) return false;
  const below = entry.mountPoint.slice(covered.mountPoint === '/' ? 0 : covered.mountPoint.length);
  return entry.root === `${covered.root === '/' ? '' : covered.root}${below}`;
}

function withSecurity({ type, device, options }: MountEntry, facts: MountTableFacts, reader: Caller): string {
  // The kernel's name of the type, not that of the program that serves it.
  const kernelType = type.split('.')[0] as string;
  return joinOptions({ ...splitOptions(options), security: facts.securityOptions(kernelType, device, reader) });
}

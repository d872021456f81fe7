/**
 * For tests: a stack with SELinux in this process, its trees by path, its log as an array, and one pretended process.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { textOf } from '../../linux/bytes.ts';
import { ALL_CAPABILITIES } from '../../linux/capability.ts';
import { failed, type Result } from '../../linux/errno.ts';
import { taskId, tgidOf } from '../../linux/ids.ts';
import { KERNEL_BUILDS } from '../../lsm/builds.ts';
import { bootStack } from '../../lsm/framework/boot.ts';
import type { BootConfig } from '../../lsm/framework/config.ts';
import type { Stack } from '../../lsm/framework/stack.ts';
import { selinux } from '../../lsm/selinux/index.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import type { Changes } from '../../vfs/tree/changes.ts';
import type { Directory, FileNode } from '../../vfs/tree/node.ts';
import * as operations from '../../vfs/tree/operations.ts';
import { MountTable } from '../../vfs/user/mounts.ts';
import { Session } from '../../vfs/user/session.ts';

const POLICIES = path.resolve(import.meta.dirname, '../conformance/scenarios/data');

/**
 * `mini.33`, `minideny.33`, `minireject.33`: small policies that use almost every feature. `genfs.33` is the first with
 * genfs rules for ramfs, tmpfs, hugetlbfs and others.
 */
export function policyImage(name: string): Uint8Array {
  return Uint8Array.from(readFileSync(path.join(POLICIES, name)));
}

export interface BoxOptions extends Partial<Pick<BootConfig, 'enforcing' | 'parameters' | 'build'>> {
  /** File name of a policy to load. */
  readonly policy?: string;
}

export class SelinuxBox {
  readonly stack: Stack;
  readonly session: Session;
  readonly changes: Changes;
  readonly log: string[] = [];
  readonly caller: Caller = {
    ...taskId(100),
    uid: 0,
    gid: 0,
    groups: [],
    capabilities: ALL_CAPABILITIES,
    comm: 'test',
  };

  constructor({ policy, enforcing = false, parameters = {}, build = KERNEL_BUILDS.uml }: BoxOptions = {}) {
    this.stack = bootStack(
      { profile: 'mainline', build, lsm: 'selinux', enforcing, parameters },
      {
        facts: {
          thread: (tid) => ({ tgid: tgidOf(tid), uid: 0, gid: 0 }),
          threads: (tgid) => [tgid],
          caller: () => undefined,
        },
        log: {
          print: (text) => this.log.push(text),
          audit: (type, body) => this.log.push(`${type} ${body}`),
        },
      },
      [selinux],
    );
    const filesystem = this.stack.filesystems.mount('selinuxfs', this.caller);
    if (failed(filesystem)) throw new Error(filesystem.code);
    this.changes = filesystem.changes;
    const mounts = new MountTable();
    mounts.mount('/sys/fs/selinux', filesystem);
    mounts.mount('/proc', this.stack.attrTree);
    this.session = new Session(mounts);
    this.stack.apply({ kind: 'enter', task: this.caller });
    this.stack.apply({ kind: 'exec', tid: this.caller.tgid });
    if (policy !== undefined) this.write('load', policyImage(policy));
    this.log.length = 0;
  }

  /** Paths are below /sys/fs/selinux unless absolute. */
  read(name: string, caller = this.caller): string {
    const fd = this.#open(name, 0, caller);
    if (failed(fd)) return fd.code;
    const content = this.session.read(fd, 1 << 24, undefined, caller);
    this.session.close(fd);
    return content instanceof Uint8Array ? textOf(content) : String(failed(content) ? content.code : 'waits');
  }

  /** @returns the count, or the name of the error. */
  write(name: string, data: string | Uint8Array, caller = this.caller): number | string {
    const fd = this.#open(name, 1, caller);
    if (failed(fd)) return fd.code;
    const written = this.session.write(fd, bytes(data), undefined, caller);
    this.session.close(fd);
    return failed(written) ? written.code : written;
  }

  /** Query and answer on one descriptor. */
  ask(name: string, query: string, caller = this.caller): string {
    const fd = this.#open(name, 2, caller);
    if (failed(fd)) return fd.code;
    const written = this.session.write(fd, bytes(query), undefined, caller);
    const answer = this.session.read(fd, 1 << 16, undefined, caller);
    this.session.close(fd);
    if (failed(written)) return written.code;
    return answer instanceof Uint8Array ? textOf(answer) : 'no answer';
  }

  list(name: string): string[] {
    const entries = this.session.paths.readEntries(absolute(name), this.caller);
    return failed(entries) ? [entries.code] : entries.map((entry) => entry.name);
  }

  /** Everything that can be seen in the tree, except counters that also move by looking. */
  dump(): string {
    const lines: string[] = [];
    const walk = (directory: Directory, place: string): void => {
      const entries = operations.readEntries(directory, this.caller);
      for (const { name, node } of failed(entries) ? [] : entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
        if (name.endsWith('_stats') || name === 'policy') continue;
        if (node.kind === 'directory') walk(node, `${place}/${name}`);
        else if (node.kind === 'file') lines.push(`${place}/${name} ${JSON.stringify(this.#content(node))}`);
      }
    };
    const root = this.session.paths.resolve('/sys/fs/selinux', false, this.caller);
    if (failed(root) || root.node.kind !== 'directory') throw new Error('no selinuxfs');
    walk(root.node, '.');
    return lines.join('\n');
  }

  #content(node: FileNode): string {
    const handle = operations.open(node, 0, this.caller);
    if (failed(handle)) return handle.code;
    const content = operations.read(handle, 1 << 24, { offset: 0 }, this.caller);
    operations.release(handle);
    return content instanceof Uint8Array ? textOf(content) : String(failed(content) ? content.code : 'waits');
  }

  #open(name: string, flags: number, caller: Caller): Result<number> {
    return this.session.open(absolute(name), flags, 0, caller);
  }
}

function absolute(name: string): string {
  return name.startsWith('/') ? name : `/sys/fs/selinux/${name}`;
}

function bytes(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
}

/** A world with namespaces of IMA, for tests. */
import { ALL_CAPABILITIES } from '../../../linux/capability.ts';
import { failed } from '../../../linux/errno.ts';
import type { UserNamespace } from '../../../vfs/tree/caller.ts';
import { KERNEL_BUILDS } from '../../builds.ts';
import type { FileUse, UsedFile, UseHook } from '../../framework/files/file-use.ts';
import type { InodeFacts } from '../../framework/files/inode.ts';
import { createWorld, type KernelProfile, type WorldTask } from '../../library/index.ts';
import { digestsOf, IDS } from '../hooks/testing.ts';

export const IMA = '/sys/kernel/security/ima';
export const POLICY = `${IMA}/policy`;
export const MEASURE = 'measure func=BPRM_CHECK mask=MAY_EXEC';

/** One whose root is `root` outside. */
export function userNamespace(id: number, root: number, ancestors: readonly number[] = []): UserNamespace {
  const ids = [{ inside: 0, first: root, count: 10 }];
  return { id, ancestors, rootUid: root, rootGid: root, uids: ids, gids: ids };
}

export function program(path: string, content = path, more: Partial<InodeFacts> = {}): UsedFile {
  return {
    ...{ path, device: '0:30', mode: 0o100755, superblock: { magic: 0x01021994 } },
    inode: {
      ...{ class: 'file', filesystem: { type: 'tmpfs', id: 'tmpfs' }, path },
      ...{ ino: 7, uid: 1000, gid: 1000, xattrs: {} },
      ...more,
    },
    content: {
      key: path,
      size: 1,
      mtime: '1000',
      ctime: '1000',
      writers: false,
      openers: false,
      digests: digestsOf(content),
    },
  };
}

export function start(profile: KernelProfile = 'talk') {
  const build = KERNEL_BUILDS['debian-policy'];
  const world = createWorld({ lsm: '', profile, build, parameters: { ima_template: 'ima-ng' } });
  const spawn = (namespace?: UserNamespace, capabilities = ALL_CAPABILITIES) => {
    const uid = namespace?.rootUid ?? 0;
    return world.spawn({ userNamespace: namespace, capabilities, uid, gid: uid });
  };
  /** A container: securityfs of its own, active, with these rules. */
  const container = (namespace: UserNamespace, ...rules: readonly string[]) => {
    const task = spawn(namespace);
    task.mount('securityfs');
    task.fs.writeFileSync(`${IMA}/active`, '1\n');
    if (rules.length > 0) load(task, ...rules);
    return task;
  };
  const use = (task: WorldTask, file: UsedFile, hook: UseHook = 'exec') => {
    const context = { caller: task.caller, task: { ids: IDS, ppid: 1, tty: '(none)', exe: '/bin/sh' } };
    const what: FileUse = { hook, mask: hook === 'exec' ? 1 : 4, file };
    if (world.stack.uses.needs(what, context) === undefined) return undefined;
    const result = world.stack.apply({ kind: 'file-use', context, uses: [what] });
    return failed(result) ? result.code : 0;
  };
  const rules = () => world.audit.filter(({ type }) => type === 1805);
  return { world, spawn, container, use, rules };
}

export function load(task: WorldTask, ...rules: readonly string[]): void {
  const fd = task.fs.openSync(POLICY, 'w');
  try {
    for (const rule of rules) task.fs.writeSync(fd, `${rule}\n`);
  } finally {
    task.fs.closeSync(fd);
  }
}

export function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

export const read = (task: WorldTask, name: string) => task.fs.readFileSync(`${IMA}/${name}`, 'latin1');
export const list = (task: Pick<WorldTask, 'fs'>) =>
  task.fs
    .readFileSync(`${IMA}/ascii_runtime_measurements`, 'latin1')
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' ').at(-1));

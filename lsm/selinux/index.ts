/**
 * SELinux as a security module.
 *
 * One {@link SelinuxState} per SELinux namespace; mainline has one for the whole system, and every mount of selinuxfs shows it.
 */
import type { Caller } from '../../vfs/caller.ts';
import { E, failed } from '../../vfs/errno.ts';
import { LSM_ATTR } from '../core/attr.ts';
import type { ExecFile } from '../core/events.ts';
import { knownModule } from '../core/known-modules.ts';
import type { AttrName, Module, ModuleDefinition, ModuleHost } from '../core/module.ts';
import type { Task } from '../core/task.ts';
import { ProcessAttributes } from './attr.ts';
import { afterExec, type Execution, execRefusal, sidByXattr } from './exec.ts';
import { FileHooks, inodeDetails } from './file-security.ts';
import { XATTR_SELINUX } from './labels.ts';
import { createSelinuxfs } from './selinuxfs.ts';
import { SID } from './sidtab.ts';
import { SelinuxState } from './state.ts';
import { OUTSIDER, type TaskSecurity } from './task-security.ts';

const NAME_BY_ATTR: ReadonlyMap<number, AttrName> = new Map(
  Object.entries(LSM_ATTR).map(([name, number]) => [number, name as AttrName]),
);

export const selinux: ModuleDefinition = {
  ...knownModule('selinux'),
  enabled: ({ parameters: { selinux: value } }) => value !== '0',
  create: createSelinux,
};

function createSelinux(host: ModuleHost): Module {
  host.log.print('SELinux:  Initializing.');
  const state = new SelinuxState({ enforcing: host.config.enforcing, log: host.log });
  const blob = host.taskBlob<TaskSecurity>('selinux', { initial: () => OUTSIDER, fork: (parent) => parent });
  const attributes = new ProcessAttributes(state, blob, (task) => host.tracerOf(task));
  const sidOf = (caller: Caller) => (caller.tid === 0 ? SID.kernel : blob.of(host.taskOf(caller)).current);
  const sidOfTask = (tid: number): number | undefined => {
    const task = host.findTask(tid);
    return task && blob.of(task).current;
  };
  const files = new FileHooks({ state, securityOf: (task) => blob.of(task), sidOfProcess: sidOfTask });
  const execution = (task: Task, file: ExecFile | undefined): Execution => ({
    old: blob.of(task),
    file,
    fileSid: file?.inode && state.loaded ? files.programSid(file.inode, state.loaded) : sidByXattr(state, file),
    tracer: file?.tracer === undefined ? undefined : sidOfTask(file.tracer),
    details: file?.inode === undefined ? '' : inodeDetails(file.inode),
  });
  const { build, bootTime = 0n } = host.config;
  const filesystem = createSelinuxfs({ state, cpus: build.cpus, time: bootTime, sidOf });

  return {
    hooks: {
      getprocattr: (reader, target, name, caller) => attributes.get(reader, target, name, caller),
      setprocattr: (task, name, value, caller) => attributes.set(task, name, value, caller),
      getselfattr(task, attr) {
        const name = NAME_BY_ATTR.get(attr);
        // A task may always look at itself, so nobody is recorded.
        return name === undefined ? E.EOPNOTSUPP : attributes.get(task, task, name, { tgid: 0, comm: '' });
      },
      setselfattr(task, attr, value, caller) {
        const name = NAME_BY_ATTR.get(attr);
        const set = name === undefined ? E.EOPNOTSUPP : attributes.set(task, name, value, caller);
        return failed(set) ? set : undefined;
      },
      socketGetpeersec: (peer) => attributes.get(peer, peer, 'current', { tgid: 0, comm: '' }),
      bprmCredsForExec: (task, file, caller) => execRefusal(state, execution(task, file), caller),
      bprmCommittedCreds: (task, file) => blob.set(task, afterExec(state, execution(task, file))),
      inodeGetsecurity: (task, inode, name, caller) => files.get(task, inode, name, caller),
      inodeSetxattr: (task, inode, name, value, caller) => files.set(task, inode, name, value, caller),
      inodeRemovexattr: (_task, _inode, name) => files.remove(name),
      inodeListsecurity: () => files.list(),
      inodeInitSecurity: (task, directory, objectClass, name) => files.init(task, directory, objectClass, name),
      sbSetMntOpts: (task, type, labels, caller) => files.mount(task, type, labels, caller),
    },
    xattrs: [XATTR_SELINUX],
    filesystems: new Map([['selinuxfs', () => filesystem]]),
    policy: () => state.snapshot(),
  };
}

/** What questions are put to in tests: one caller, one file, and a backend with an answer to everything. */
import { bytesOf } from '../../../../../linux/bytes.ts';
import { E } from '../../../../../linux/errno.ts';
import { tgidOf, tidOf } from '../../../../../linux/ids.ts';
import type { InodeFacts } from '../../../../../lsm/framework/files/inode.ts';
import type { Caller } from '../../../../../vfs/tree/caller.ts';
import type { LateAnswers } from '../../../pending/late-answers.ts';
import { WaitingCalls } from '../../../pending/waiting-calls.ts';
import type { SupervisorBackend } from '../../backend.ts';
import { WaitingCount } from '../../waiting-count.ts';

export const TID = tidOf(7);
export const CALLER: Caller = {
  tid: TID,
  tgid: tgidOf(6),
  uid: 1000,
  gid: 100,
  groups: [],
  capabilities: 0n,
  comm: 'c',
};
export const INODE: InodeFacts = {
  class: 'file',
  filesystem: { type: 'ext4', id: 'd' },
  path: '/f',
  ino: 9,
  uid: 0,
  gid: 0,
  xattrs: {},
};
export const FILE = { inode: INODE, path: '/mnt/f', device: '8:1', mode: 0o100644 };
/** What {@link fake} knows of every file besides. */
export const COMPLETE = { ...INODE, xattrs: { kept: 'v' }, defaultContext: 'default' };
/** Nothing leads anywhere. */
export const TABLES = {
  base: new Uint32Array(2),
  check: new Uint16Array(512),
  classes: undefined,
  defaults: new Uint16Array(2),
  next: new Uint16Array(512),
};
export const STATE = {
  type: 3,
  contained: true,
  port: 7,
  groups: 1,
  groupCount: 32,
  peer: { port: 0, groups: 0 },
  options: [],
};
export const WHO = `${CALLER.uid}`;

/** A backend that notes of each call its name and arguments; who calls is shown by uid. */
export function fake() {
  const calls: unknown[][] = [];
  const note = (...call: unknown[]): void => void calls.push(call.map((part) => (part === CALLER ? WHO : part)));
  const noting =
    <T>(name: string, result: T) =>
    (...args: unknown[]): T => {
      note(name, ...args);
      return result;
    };
  const backend: SupervisorBackend = {
    drain: noting('drain', undefined),
    identify: (tid) => (tid === TID ? CALLER : undefined),
    task: (tid) => (tid === TID ? CALLER : undefined),
    detachedMount: noting('detachedMount', Promise.resolve(40)),
    syscalls: {
      listModules: noting('listModules', { result: 2, size: 16, data: bytesOf('ids') }),
      getSelfAttr: noting('getSelfAttr', { result: E.E2BIG, size: 64 }),
    },
    prctl: noting('prctl', 3),
    keys: { request: noting('request', E.ENOKEY), ask: noting('ask', bytesOf('told')) },
    addKey: noting('addKey', 50),
    controlKey: noting('controlKey', E.EACCES),
    ptrace: noting('ptrace', E.EPERM),
    setSelfAttr: noting('setSelfAttr', 0),
    unshare: noting('unshare', E.EPERM),
    peer: noting('peer', bytesOf('label')),
    processCall: noting('processCall', undefined),
    metadata: {
      mayChange: noting('mayChange', E.EPERM),
      changed: noting('changed', [{ name: 'security.kept', value: 'v' }]),
    },
    files: {
      execIsSecure: noting('execIsSecure', false),
      execMayChangeLabel: noting('execMayChangeLabel', true),
      listXattr: noting('listXattr', ['security.a']),
      readXattr: noting('readXattr', { given: bytesOf('value'), silent: true }),
      recorded: 0,
      setXattr: noting('setXattr', undefined),
      storedValue: () => bytesOf('w'),
      keptOptions: () => ({ context: 'kept' }),
      storedName: (name) => `${name}.stored`,
      visibleNames: noting('visibleNames', ['security.seen']),
      setSecurity: noting('setSecurity', E.EACCES),
      removeXattr: noting('removeXattr', undefined),
      initSecurity: noting('initSecurity', { xattrs: [{ name: 'security.a', value: bytesOf('new') }] }),
      mountOption: noting('mountOption', E.EINVAL),
      mayMount: noting('mayMount', undefined),
      mayRemount: noting('mayRemount', E.EINVAL),
    },
    superblocks: {
      complete: (inode) => ({ ...inode, xattrs: { ...inode.xattrs, kept: 'v' } }),
      options: () => ({ context: 'of the mount' }),
      layers: noting('layers', undefined),
      mounted: noting('mounted', undefined),
      attached: noting('attached', undefined),
      keep: noting('keep', undefined),
      drop: noting('drop', true),
      forget: noting('forget', undefined),
      keeping: () => ['0:7'],
      forgetUnmounted: noting('forgetUnmounted', undefined),
    },
    defaultContext: () => 'default',
    fileContexts: () => ({ library: 'l', handle: 5n }),
    ownerFor: (uid) => uid,
    userFor: ({ uid }) => `user ${uid}`,
    execution: noting('execution', E.EACCES),
    repeatable: noting('repeatable', undefined),
    execsInDoubt: () => [],
    execFailed: noting('execFailed', undefined),
    modeRefused: noting('modeRefused', undefined),
    executionAgain: () => noting('executes again', undefined),
    access: {
      automaton: noting('automaton', TABLES),
      decide: noting('decide', { silent: true }),
      object: noting('object', { number: 13 }),
      subject: noting('subject', { number: 12, scope: undefined, noted: ['3 f'] }),
    },
    ipc: noting('ipc', undefined),
    noteMaker: noting('noteMaker', undefined),
    noteKey: noting('noteKey', undefined),
    shownCapabilities: noting('shownCapabilities', 5n),
    keyLabel: noting('keyLabel', bytesOf('label')),
    inherits: noting('inherits', [{ descriptor: 3, identity: 'f' }]),
    takeRefused: noting('takeRefused', { descriptors: [{ descriptor: 3, identity: 'f' }], program: false }),
    labelledSince: () => Number.POSITIVE_INFINITY,
    noteDescriptors: noting('noteDescriptors', undefined),
    fileUse: noting('fileUse', { errno: 13, settlements: [] }),
    fileMade: noting('fileMade', undefined),
    syslog: noting('syslog', { value: 4, data: 'text' }),
    whenLogged: () => () => undefined,
    standIns: noting('standIns', Promise.resolve(41)),
    audit: {
      open: noting('open', 42),
      state: noting('state', STATE),
      bind: noting('bind', undefined),
      connect: noting('connect', undefined),
      setOption: noting('setOption', E.EINVAL),
      signalled: noting('signalled', undefined),
      send: noting('send', E.EPERM),
    },
    auditedCalls: {
      rules: noting('rules', []),
      begin: noting('begin', 5),
      end: noting('end', undefined),
    },
    log: noting('log', undefined),
  };
  const late: Pick<LateAnswers, 'add' | 'finish' | 'give' | 'isWaiting'> = {
    add: noting('add', undefined),
    finish: noting('finish', undefined),
    give: noting('give', undefined),
    isWaiting: () => true,
  };
  const waiting = new WaitingCalls({ isWaiting: () => true, isInterrupted: () => false }, new WaitingCount());
  return { calls, backend, late: late as LateAnswers, waiting };
}

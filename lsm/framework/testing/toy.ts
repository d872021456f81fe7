/**
 * For tests of the core: small labelling modules that are nobody's, and a stack of them.
 *
 * A toy keeps one text per attr name in each task, shows it as `value\n`, takes anything but `refuse` (EACCES) and forgets `exec` at exec.
 */

import { E } from '../../../linux/errno.ts';
import { type Tgid, type Tid, taskId, tgidOf, tidOf } from '../../../linux/ids.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import { KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import { bootStack } from '../boot.ts';
import type { BootConfig, KernelBuild } from '../config.ts';
import type { ProcessFacts, ThreadFacts } from '../facts.ts';
import { secidOf } from '../labels/secid.ts';
import type { ModuleDefinition } from '../module.ts';
import type { AttrName } from '../module-facts.ts';
import { LSM_ATTR } from '../proc/attr.ts';
import type { Stack } from '../stack.ts';

type Labels = Readonly<Partial<Record<AttrName, string>>>;

export function toy(name: string, id: number, facts: Partial<ModuleDefinition> = {}): ModuleDefinition {
  return {
    name,
    id,
    order: 'mutable',
    legacyMajor: false,
    exclusive: false,
    labelling: true,
    attrDirectory: ['current', 'exec', 'prev'],
    ...facts,
    create: (host) => {
      const labels = host.taskBlob<Labels>(name, { initial: () => ({ current: name }), fork: (parent) => parent });
      const secids: string[] = [];
      const nameOf = (attr: number) => (Object.keys(LSM_ATTR) as AttrName[]).find((key) => LSM_ATTR[key] === attr);
      const set = (task: Parameters<typeof labels.of>[0], key: AttrName, value: Uint8Array) => {
        const text = Buffer.from(value).toString('latin1');
        if (text === 'refuse') return E.EACCES;
        labels.set(task, { ...labels.of(task), [key]: text });
        return undefined;
      };
      return {
        hooks: {
          getprocattr: (_reader, target, key) =>
            key === 'context'
              ? Buffer.from(labels.of(target).current ?? '', 'latin1')
              : Buffer.from(`${labels.of(target)[key] ?? ''}\n`, 'latin1'),
          setprocattr: (task, key, value) => set(task, key, value) ?? value.length,
          getselfattr: (task, attr) => {
            const key = nameOf(attr);
            return key === undefined ? E.EOPNOTSUPP : Buffer.from(labels.of(task)[key] ?? '', 'latin1');
          },
          setselfattr: (task, attr, value) => {
            const key = nameOf(attr);
            return key === undefined ? E.EOPNOTSUPP : set(task, key, value);
          },
          socketGetpeersec: (peer) =>
            Buffer.from(`${peer === undefined ? 'nobody' : labels.of(peer).current}\0`, 'latin1'),
          taskGetsecid: (task) => {
            const { current = '' } = labels.of(task);
            if (!secids.includes(current)) secids.push(current);
            return secidOf(secids.indexOf(current) + 1);
          },
          secidToSecctx: (secid) => secids[secid - 1] ?? E.EINVAL,
          bprmCommittedCreds: (task) => {
            const { exec, ...kept } = labels.of(task);
            labels.set(task, exec === undefined ? kept : { ...kept, current: exec, prev: kept.current ?? '' });
          },
        },
      };
    },
  };
}

/** Threads that exist outside: tid to facts. */
export class FactTable implements ProcessFacts {
  readonly table = new Map<Tid, ThreadFacts>();

  add(tid: number, tgid = tid, facts: Partial<ThreadFacts> = {}): void {
    this.table.set(tidOf(tid), { tgid: tgidOf(tgid), uid: 0, gid: 0, ...facts });
  }

  thread(tid: Tid): ThreadFacts | undefined {
    return this.table.get(tid);
  }

  threads(tgid: Tgid): readonly Tid[] {
    return [...this.table].filter(([, facts]) => facts.tgid === tgid).map(([tid]) => tid);
  }

  caller(tid: Tid): Caller | undefined {
    const facts = this.table.get(tid);
    return facts && callerOf(tid, facts.tgid, { uid: facts.uid, gid: facts.gid });
  }
}

/** Root when no uid is given; without capabilities otherwise. */
export function callerOf(tid: number, tgid = tid, identity: Partial<Caller> = {}): Caller {
  const capabilities = (identity.uid ?? 0) === 0 ? KERNEL_CALLER.capabilities : 0n;
  return { ...KERNEL_CALLER, comm: 'test', capabilities, ...identity, ...taskId(tid, tgid) };
}

export interface ToyStack {
  readonly stack: Stack;
  readonly facts: FactTable;
  readonly log: string[];
}

/** Boots `definitions` in this order. */
export function bootToys(definitions: readonly ModuleDefinition[], config: Partial<BootConfig> = {}): ToyStack {
  const names = definitions.map(({ name }) => name);
  const build: KernelBuild = {
    name: 'toy',
    modules: names,
    early: [],
    defaultLsm: names.join(','),
    cpus: 1,
    ticks: 100,
  };
  const facts = new FactTable();
  const log: string[] = [];
  const stack = bootStack(
    { profile: 'mainline', build, enforcing: false, parameters: {}, ...config },
    { facts, log: { print: (text) => void log.push(text), audit: (type, body) => void log.push(`${type} ${body}`) } },
    definitions,
  );
  return { stack, facts, log };
}

/** Ids in the audit of a container, by namespaces of real processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../../linux/ids.ts';
import type { AuditContainer } from '../../../lsm/framework/audit/container.ts';
import { containerView } from './container-view.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** A process to which we are user 5. */
async function inside(): Promise<number> {
  const child = spawn('unshare', ['--user', '--map-user=5', 'sh', '-c', 'echo; exec sleep 60'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  started.push(child);
  await once(child.stdout, 'data');
  if (child.pid === undefined) throw new Error('no process');
  return child.pid;
}

it('are those of its daemon, but only where that is in it, or else of its first process', async () => {
  const first = await inside();
  const own = process.getuid?.() ?? 0;
  const uidFor = (daemon: number | undefined, members: readonly number[]): number => {
    const delivery = { ...(daemon !== undefined && { daemonProcess: tgidOf(daemon) }) };
    const container = { first: { tid: tidOf(first) }, instance: { delivery } } as unknown as AuditContainer;
    const has = (tid: number): boolean => members.includes(tid);
    const all = () => members.map(tidOf);
    return containerView(container, { has, all }).uid(own);
  };
  expect(uidFor(undefined, [first])).toBe(5);
  expect(uidFor(process.pid, [first, process.pid])).toBe(own);
  expect(uidFor(process.pid, [first])).toBe(5);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { processLink } from '../../host/process/process-files.ts';
import { namespacesWith, visitNamespacesWith } from './mount-info.ts';

const here = [process.pid, process.ppid];

it('visits a namespace by one process, or by others when that one is over', () => {
  const visited = (isOver: boolean): number[] => {
    const pids: number[] = [];
    visitNamespacesWith(
      () => true,
      ({ pid }) => {
        pids.push(pid);
        return !isOver;
      },
    );
    return pids;
  };
  expect(visited(true)).toEqual(expect.arrayContaining(here));
  expect(here.filter((pid) => visited(false).includes(pid)).length).toBeLessThan(2);
});

it('lists namespaces with such a mount, but for that of a process and its helpers', async () => {
  const other = spawn('unshare', ['-rm', 'sh', '-c', 'echo; exec sleep 60'], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(other.stdout, 'data');
    const listed = (except?: number) => namespacesWith(() => true, except).map(({ pid }) => processLink(pid, 'ns/mnt'));
    const ours = processLink(process.pid, 'ns/mnt');
    const its = processLink(other.pid ?? 0, 'ns/mnt');
    expect(namespacesWith(() => false)).toEqual([]);
    expect(listed()).toEqual(expect.arrayContaining([ours, its]));
    expect(listed(process.pid)).toContain(its);
    expect(listed(process.pid)).not.toContain(ours);
  } finally {
    other.kill('SIGKILL');
  }
});

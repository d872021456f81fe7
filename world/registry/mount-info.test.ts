import { expect, it } from 'vitest';
import { ProcessFiles } from '../../host/process/process-files.ts';
import { namespacesWith, visitNamespacesWith } from './mount-info.ts';

const files = new ProcessFiles();
const here = [process.pid, process.ppid];

it('visits a namespace by one process, or by others when that one is over', () => {
  const visited = (isOver: boolean): number[] => {
    const pids: number[] = [];
    visitNamespacesWith(
      files,
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

it('lists namespaces with such a mount, by processes that count', () => {
  expect(namespacesWith(files, () => false)).toEqual([]);
  const pids = namespacesWith(files, () => true, process.pid).map(({ pid }) => pid);
  expect(pids).not.toContain(process.pid);
  expect(pids.length).toBeGreaterThan(0);
});

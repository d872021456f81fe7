import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { Ask, Question } from '../protocol/questions/index.ts';
import { contentLabels, labelContent } from './kernfs-content.ts';

const TID = tidOf(7);
const LABEL = [{ name: 'security.label', value: Buffer.from('group\0') }];
const OF_FILES = [{ name: 'security.label', value: Buffer.from('files\0') }];

function above(type: string): FileFacts {
  const inode = {
    class: 'dir',
    filesystem: { type, id: type },
    path: '/a',
    ino: 5,
    uid: 0,
    gid: 0,
    xattrs: {},
  } as const;
  return { path: '/sys/fs/cgroup/a', device: '0:9', mode: 0o40755, inode };
}

function asker() {
  const asked: Question[] = [];
  const ask = ((question: Question) => {
    asked.push(question);
    return { errno: 0, value: { xattrs: OF_FILES } };
  }) as Ask;
  return { ask, asked };
}

it('asks for files in the new directory, whose label is the one it gets', () => {
  const { ask, asked } = asker();
  expect(contentLabels(ask, TID, above('cgroup2'), { class: 'dir', name: 'b' }, LABEL)).toEqual(OF_FILES);
  expect(asked).toMatchObject([
    {
      kind: 'new-label',
      ...{ tid: TID, path: '/sys/fs/cgroup/a/b', class: 'file', name: '' },
      inode: { path: '/a/b', xattrs: { 'security.label': 'group\0' } },
    },
  ]);
});

it('asks nothing where the kernel labels nothing: no label of its own, no directory, another filesystem', () => {
  const { ask, asked } = asker();
  expect(contentLabels(ask, TID, above('cgroup'), { class: 'dir', name: 'b' }, [])).toEqual([]);
  expect(contentLabels(ask, TID, above('cgroup'), { class: 'file', name: 'b' }, LABEL)).toEqual([]);
  expect(contentLabels(ask, TID, above('tmpfs'), { class: 'dir', name: 'b' }, LABEL)).toEqual([]);
  expect(asked).toEqual([]);
});

it('labels files, and neither directories nor what is mounted there', () => {
  const entries = [
    { name: 'procs', class: 'file', device: '0:9' },
    { name: 'child', class: 'dir', device: '0:9' },
    { name: 'other', class: 'file', device: '0:10' },
  ];
  const stored: string[] = [];
  let open = 0;
  const host = {
    view: {
      names: () => ['gone', ...entries.map(({ name }) => name)],
      openAt2: (_directory: number, name: string) => {
        const found = entries.findIndex((entry) => entry.name === name);
        if (found >= 0) open++;
        return found < 0 ? -2 : found;
      },
      deviceOf: (fd: number) => entries[fd]?.device,
      close: () => open--,
    },
    files: {
      look: (fd: number) => ({ ...above('cgroup2'), inode: { ...above('cgroup2').inode, class: entries[fd]?.class } }),
      keeps: () => false,
      privileged: true,
      store: (fd: number, name: string, value: Uint8Array) => {
        stored.push(`${entries[fd]?.name} ${name} ${Buffer.from(value).toString()}`);
        return 0;
      },
    },
    ask: asker().ask,
  } as unknown as Parameters<typeof labelContent>[0];
  labelContent(host, 100, '0:9', TID, OF_FILES);
  expect([stored, open]).toEqual([['procs security.label files\0'], 0]);
});

import { expect, it } from 'vitest';
import { AT_FDCWD } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import type { CallPlaces } from '../caller/call-places.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import type { FileStamp } from '../caller/file-stamp.ts';
import type { TaskStamps } from '../caller/task-stamps.ts';
import { Epoch } from '../protocol/epoch.ts';
import { NewLabelAnswers } from './new-label-answers.ts';

const TID = tidOf(7);

it('a file made through a link is not one of the directory that the link is in', () => {
  const stamp = { mount: 1n, ino: 2n, isMountUnique: true } as FileStamp;
  const open = new Set<number>();
  const view = {
    openAt2: (_directory: number, name: string) => {
      if (name === 'new') return -2;
      open.add(9);
      return 9;
    },
    identity: () => ({ link: true }),
    close: (fd: number) => open.delete(fd),
  } as unknown as CallerView;
  const places = {
    find: (_tid: number, _dirfd: number, path: string) => ({
      directory: 3,
      name: path.slice('/d/'.length),
      stamp,
      security: () => ({}),
    }),
  } as unknown as Pick<CallPlaces, 'find'>;
  const files = { keepsLabels: false } as FileInspector;
  const answers = new NewLabelAnswers(view, files, { of: () => 5 } as unknown as TaskStamps, new Epoch(), places);
  const circumstances = answers.circumstances(TID, 3, 'file', stamp);
  if (circumstances === undefined) throw new Error('not known');
  answers.remember(circumstances, 'new', {}, { xattrs: [], apart: [] });
  const nothing = (name: string, follows: boolean) => answers.nothing(TID, AT_FDCWD, `/d/${name}`, 'file', follows);
  expect([nothing('new', true), nothing('link', true), nothing('link', false)]).toEqual([true, false, true]);
  expect(open.size).toBe(0);
});

import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { CallerView } from '../caller/caller-view.ts';
import type { FileInspector } from '../caller/file-inspector.ts';
import { NewMounts } from './new-mounts.ts';

const TID = tidOf(100);
const OTHER = tidOf(200);
const ROOT = { 'security.label': 'mounter' };
const TMPFS = { type: 'tmpfs', labels: {}, root: ROOT };

let folder = '';
const list = () => path.join(folder, 'mountinfo');
const shows = (...mounts: readonly [id: number, device: string, type: string][]) =>
  writeFileSync(list(), mounts.map(([id, device, type]) => `${id} 1 ${device} / /m rw - ${type} none rw\n`).join(''));

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'lsmfs-new-mounts-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function expecting() {
  const asked: unknown[] = [];
  const view = { open: () => openSync(list(), 'r'), close: closeSync };
  const mounts = new NewMounts(view as unknown as CallerView, {} as FileInspector, (question) => {
    asked.push(question);
    return undefined;
  });
  return { mounts, asked };
}

it('the root of what a call mounted has the attributes that were expected', () => {
  const { mounts, asked } = expecting();
  shows([1, '0:40', 'tmpfs']);
  mounts.expectMount(TID, TMPFS);
  shows([1, '0:40', 'tmpfs'], [2, '0:41', 'tmpfs'], [3, '0:42', 'proc']);
  mounts.complete(OTHER);
  const root = { type: 'tmpfs', xattrs: ROOT };
  expect(asked).toEqual([{ kind: 'mount-labels', device: '0:41', labels: {}, attached: true, root }]);
});

it('a filesystem that another thread binds meanwhile keeps the root that it has', () => {
  const { mounts, asked } = expecting();
  shows([1, '0:40', 'tmpfs']);
  mounts.expectMount(TID, TMPFS);
  shows([1, '0:40', 'tmpfs'], [2, '0:40', 'tmpfs']);
  mounts.complete(TID);
  expect(asked).toEqual([]);
});

it('nothing is expected any more of a call that has failed', () => {
  const { mounts, asked } = expecting();
  shows([1, '0:40', 'tmpfs']);
  mounts.expectMount(TID, TMPFS);
  mounts.complete(TID);
  shows([1, '0:40', 'tmpfs'], [2, '0:41', 'tmpfs']);
  mounts.complete(OTHER);
  expect(asked).toEqual([]);
});

import { expect, it } from 'vitest';
import { Epoch } from '../protocol/epoch.ts';
import { type FileStamp, SETTLED_MS } from './file-stamp.ts';
import { RecentSecurity } from './recent-security.ts';
import { fileStamp } from './testing/file-stamps.ts';

const DIRECTORY = fileStamp({ mode: 0o40755 });

function made(at: FileStamp = DIRECTORY) {
  const host = { label: 'one', reads: 0 };
  const securityOfDirectory = () => {
    host.reads++;
    return { 'security.toy': host.label };
  };
  const epoch = new Epoch();
  const recent = new RecentSecurity({ securityOfDirectory }, epoch);
  const label = (more: Partial<FileStamp> = {}) => recent.of(3, { ...at, ...more })['security.toy'];
  expect(label()).toBe('one');
  host.label = 'two';
  return { host, epoch, recent, label };
}

it('reads once what is asked again soon, though the times of the directory change', () => {
  const { host, label } = made();
  expect(label({ at: 1000 + SETTLED_MS, nanoseconds: 1, mode: 0o40700 })).toBe('one');
  expect(host.reads).toBe(1);
});

it('reads again later, counted from when it was read, and when the clock was set back', () => {
  const { label } = made();
  label({ at: 1015 });
  expect(label({ at: 1001 + SETTLED_MS })).toBe('two');
  expect(made().label({ at: 999 })).toBe('two');
});

it('reads again when labels, or names of directories, may have changed', () => {
  const changes = [
    ({ epoch }: ReturnType<typeof made>) => epoch.move(),
    ({ epoch }: ReturnType<typeof made>) => epoch.moveNames(),
    ({ recent }: ReturnType<typeof made>) => recent.forget(),
  ];
  for (const change of changes) {
    const one = made();
    change(one);
    expect(one.label()).toBe('two');
  }
});

it('takes no other directory for it', () => {
  for (const other of [{ ino: 13n }, { mount: 8n }, { device: '8:2' }, { born: 6 }, { isMountUnique: false }])
    expect(made().label(other)).toBe('two');
});

it('keeps nothing where directories have no time of birth, but for the call itself', () => {
  const { born: _, ...rest } = DIRECTORY;
  const stamp = { ...rest, born: undefined };
  const { host, recent, label } = made(stamp);
  expect(label()).toBe('two');
  const reads = host.reads;
  recent.of(3, stamp);
  recent.of(3, stamp);
  expect(host.reads).toBe(reads + 1);
});

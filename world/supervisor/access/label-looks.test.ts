import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, expect, it, onTestFinished, vi } from 'vitest';
import { NR } from '../../../host/libc.ts';
import { allocateNative } from '../../../host/memory/native-memory.ts';
import { rawSyscall } from '../../../host/raw-syscall.ts';
import { callerFd, tidOf } from '../../../linux/ids.ts';
import type { LabelScope } from '../../../lsm/framework/access/access-scope.ts';
import { inodeFacts } from '../../../lsm/framework/testing/files.ts';
import type { OpenPlace } from '../caller/call-places.ts';
import { CallerView } from '../caller/caller-view.ts';
import { FileInspector, factsOf } from '../caller/file-inspector.ts';
import { type FileStamp, stampOf, stampOfLink } from '../caller/file-stamp.ts';
import { Hazards } from '../caller/hazards.ts';
import type { PidNamespaces } from '../caller/pid-namespaces.ts';
import type { DeviceTable } from '../protocol/devices.ts';
import { Epoch } from '../protocol/epoch.ts';
import { LabelLooks } from './label-looks.ts';

const LABEL = 'security.toy';
const SCOPE: LabelScope = { attributes: [LABEL], uniform: ['tmpfs'], byDefault: [], named: [], rules: [] };
const directory = mkdtempSync(path.join(tmpdir(), 'lsmfs-label-looks-'));
const name = path.join(directory, 'file');
writeFileSync(name, '', { mode: 0o640 });
const fd = openSync(name, 'r');

afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => {
  closeSync(fd);
  rmSync(directory, { recursive: true });
});

const ctime = () => statSync(name, { bigint: true }).ctimeNs;

function made(type = 'ext4', listed = true) {
  const host = { label: 'one' as string | undefined, looks: 0, reads: 0, lists: 0, keepsLabels: false };
  const epoch = new Epoch();
  const view = new CallerView(new Hazards());
  const waits = vi.spyOn(view.hazards, 'waits').mockReturnValue(false);
  const files = {
    get keepsLabels() {
      return host.keepsLabels;
    },
    keepsAny: (type: string) => type === 'sysfs' || type === 'devtmpfs',
    look: () => {
      host.looks++;
      const inode = { ...inodeFacts({ uid: 0 }), filesystem: { type, id: 'vda' }, ...(listed && { entry: '/file' }) };
      return { path: name, device: '8:1', mode: 0o100640, inode, nosuid: false, links: 1, mountId: 1 };
    },
    list: () => [],
    pathOf: () => '/elsewhere',
    attribute: () => {
      host.reads++;
      return host.label;
    },
    isDecided: (name: string) => name === LABEL,
  };
  const securityOfDirectory = (): Record<string, string> => {
    host.lists++;
    return host.label === undefined ? {} : { [LABEL]: host.label };
  };
  const looks = new LabelLooks(view, files, epoch, { mountOf: () => undefined });
  const tid = tidOf(process.pid);
  const of = (stamp: FileStamp | undefined, scope: LabelScope, file?: number) =>
    stamp && looks.look(stamp, tid, scope, file);
  return {
    host,
    epoch,
    waits,
    look: (scope = SCOPE) => of(stampOf(view, fd), scope, fd),
    lookIn: (place: OpenPlace, scope = SCOPE) => looks.look(place.stamp, tid, scope, fd, place),
    place: (): OpenPlace => {
      const stamp = stampOf(view, fd);
      if (stamp === undefined) throw new Error('there is no file');
      return {
        start: fd,
        absolute: false,
        parent: '',
        directory: fd,
        stamp,
        name: 'new',
        security: securityOfDirectory,
      };
    },
    known: (change: Partial<FileStamp> = {}) => {
      const stamp = stampOfLink(view, tid, callerFd(fd));
      return of(stamp && { ...stamp, ...change }, SCOPE);
    },
  };
}

it('says class, filesystem and label, of which the filesystem is looked at once', () => {
  const { host, look } = made();
  const seen = look();
  const { dev } = statSync(name);
  const device = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  expect(seen).toMatchObject({ device, path: '', inode: { class: 'file', xattrs: { [LABEL]: 'one' } } });
  expect(seen?.inode).toMatchObject({ filesystem: { type: 'ext4' }, ino: statSync(name).ino, uid: statSync(name).uid });
  look();
  expect(host.looks).toBe(1);
});

it('keeps a label until the times of the file change, or the epoch moves', () => {
  vi.useFakeTimers({ now: Date.now() + 10_000, toFake: ['Date'] });
  const { host, epoch, look } = made();
  look();
  look();
  expect(host.reads).toBe(1);
  host.label = 'two'; // by who works on the host
  for (const before = ctime(); ctime() === before; ) chmodSync(name, 0o640); // the clock has ticks
  vi.setSystemTime(Date.now() + 10_000);
  expect(look()?.inode.xattrs).toEqual({ [LABEL]: 'two' });
  host.label = 'three';
  epoch.move();
  expect(look()?.inode.xattrs).toEqual({ [LABEL]: 'three' });
  expect(host.looks).toBe(2);
});

it('knows a file behind a descriptor that is not opened by its last look, until that is not true any more', () => {
  vi.useFakeTimers({ now: Date.now() + 10_000, toFake: ['Date'] });
  const { host, epoch, look, known } = made();
  expect(known()).toBeUndefined();
  const seen = look();
  expect(known()).toEqual(seen);
  expect(known({ device: '0:999' })).toBeUndefined(); // the same number in another layer of an overlay
  for (const before = ctime(); ctime() === before; ) chmodSync(name, 0o640); // by who works on the host
  expect(known()).toBeUndefined();
  look();
  expect(known()?.inode.xattrs).toEqual({ [LABEL]: 'one' });
  epoch.move();
  expect(known()).toBeUndefined();
  expect(host.looks).toBe(1);
});

it('reads the label anew of what changed just now, and of another scope', () => {
  vi.useFakeTimers({ now: Number(ctime() / 1_000_000n), toFake: ['Date'] });
  const { host, look } = made();
  look();
  look();
  expect(host.reads).toBe(2);
  vi.setSystemTime(Date.now() + 10_000);
  look();
  look();
  expect(host.reads).toBe(3);
  expect(Object.keys(look({ ...SCOPE, attributes: ['security.other'] })?.inode.xattrs ?? {})).toEqual([
    'security.other',
  ]);
});

it('does not look at what is told apart by more than its label, or could hold who looks', () => {
  const unlabelled = made();
  unlabelled.host.label = undefined;
  expect(unlabelled.look()).toBeUndefined();
  const uniform = made('tmpfs');
  uniform.host.label = undefined;
  expect(uniform.look()).toBeDefined();
  expect(uniform.look({ ...SCOPE, uniform: 'all' })).toBeDefined();
  expect(made('proc').look()).toBeUndefined();
  expect(made('ext4', false).look()).toBeUndefined();
  const ofKernel = made('devtmpfs');
  expect(ofKernel.look({ ...SCOPE, uniform: 'all' })?.inode.xattrs).toEqual({});
  expect([ofKernel.look(), ofKernel.host.reads]).toEqual([undefined, 0]);
  const kept = made();
  kept.host.keepsLabels = true;
  expect(kept.look()).toBeUndefined();
  const served = made();
  served.waits.mockReturnValue(true);
  expect(served.look()).toBeUndefined();
});

it('a pipe is known by its device, as one of who asks, once one was looked at', () => {
  const view = new CallerView(new Hazards());
  const tid = tidOf(process.pid);
  const pair = allocateNative(8);
  const pipes = Array.from({ length: 2 }, () => {
    expect(rawSyscall(NR.pipe2, pair.address, 0)).toBe(0);
    const ends = [0, 4].map((at) => pair.view.getInt32(at, true));
    onTestFinished(() => ends.forEach(closeSync));
    return ends[0] ?? -1;
  });
  const devices = { magic: () => 0, has: () => false } as unknown as DeviceTable;
  const files = new FileInspector(view, devices, {} as PidNamespaces, [LABEL], []);
  const looks = new LabelLooks(view, files, new Epoch(), { mountOf: () => undefined });
  const look = (end: number, opened?: number) => {
    const stamp = stampOfLink(view, tid, callerFd(end));
    return stamp && looks.look(stamp, tid, SCOPE, opened);
  };
  const [first = -1, second = -1] = pipes;
  expect(look(second)).toBeUndefined();
  look(first, first);
  const whole = files.look(second, tid);
  expect(look(second)).toEqual(whole && factsOf(whole));
  expect(whole?.inode).toMatchObject({ class: 'fifo_file', process: tid, filesystem: { type: 'pipefs' } });
});

it('takes what the call knows of its directory', () => {
  vi.useFakeTimers({ now: Number(ctime() / 1_000_000n), toFake: ['Date'] }); // it has changed just now
  const { host, place, lookIn } = made();
  expect(lookIn(place())?.inode.xattrs).toEqual({ [LABEL]: 'one' });
  expect([host.lists, host.reads]).toEqual([1, 0]);
  host.label = 'two'; // by who works on the host
  expect(lookIn(place())?.inode.xattrs).toEqual({ [LABEL]: 'two' });
  // An attribute that the list leaves out is read.
  expect(lookIn(place(), { ...SCOPE, attributes: ['security.other'] })?.inode.xattrs).toEqual({
    'security.other': 'two',
  });
  expect([host.lists, host.reads]).toEqual([2, 1]);
});

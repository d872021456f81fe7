import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ERRNO } from '../../../linux/errno.ts';
import { AT_FDCWD, O_NOFOLLOW } from '../../../linux/fcntl.ts';
import { tidOf } from '../../../linux/ids.ts';
import type { NewSecurity } from '../../../lsm/framework/files/inode.ts';
import type { InspectedFile } from '../caller/file-inspector.ts';
import type { AnswerTo, Ask, Kind, Question } from '../protocol/questions/index.ts';
import { SharedFlag } from '../protocol/shared-flag.ts';
import type { InodeHistory } from './new-inode.ts';
import { NewLabels } from './new-labels.ts';

const TID = tidOf(7);
const OTHER = tidOf(8);
const NAME = 'security.label';
const { ENOENT, EOPNOTSUPP } = ERRNO;
const since = { seconds: 100, nanoseconds: 1 };

/** What is to be stored with a new file. */
const labelled = (...names: readonly string[]): NewSecurity => ({
  xattrs: names.map((name) => ({ name, value: Buffer.from('new') })),
});

interface Inode {
  readonly class: InspectedFile['inode']['class'];
  readonly history: InodeHistory;
  readonly device: string;
  readonly stored: Map<string, string>;
}

/** A directory `/d` of a caller who makes files there, and a daemon that gives each the label `new`. */
class Host {
  readonly files = new Map<string, Inode>();
  readonly asked: Question[] = [];
  readonly open = new Map<number, Inode | 'directory'>();
  readonly labelling = new SharedFlag();
  answer: (question: Question) => AnswerTo<Kind> | undefined = ({ kind }) =>
    kind === 'new-label' ? { errno: 0, value: labelled(NAME) } : { errno: 0 };
  readonly links = new Map<Inode, string>();
  stores = 0;
  /** By thread. */
  readonly users = new Map<number, number>([[TID, 1000]]);
  readonly labels: NewLabels;
  #next = 100;

  constructor() {
    this.labelling.set();
    const inode = (fd: number): Inode => this.open.get(fd) as Inode;
    const facts = (fd: number): InspectedFile | undefined => {
      const found = this.open.get(fd);
      if (found === undefined) return undefined;
      const [objectClass, device] = found === 'directory' ? (['dir', '0:1'] as const) : [found.class, found.device];
      const filesystem = { type: 'tmpfs', id: 'tmpfs' };
      const about = { class: objectClass, filesystem, path: '/d', ino: 5, uid: 0, gid: 0, xattrs: {} };
      return { path: '/d', device, mode: 0, nosuid: false, links: 1, mountId: 1, inode: about };
    };
    const view = {
      close: (fd: number) => void this.open.delete(fd),
      credentials: (tid: number) => {
        const fsuid = this.users.get(tid);
        return fsuid && { uid: fsuid, gid: 1000, fsuid, fsgid: 1000, groups: [], capabilities: 0n };
      },
      descriptors: () => [],
      deviceOf: (fd: number) => inode(fd).device,
      filesystemMagic: () => 0,
      names: () => [...this.files.keys()],
      openAt2: (_directory: number, name: string) => this.#opened(this.files.get(name)),
      openDescriptor: () => -ENOENT,
      readlinkAt: (fd: number) => this.links.get(inode(fd)),
      resolveForCaller: (_tid: number, _dirfd: number, path: string, flags: number) => {
        if (path === '/d/') return this.#opened('directory');
        const found = this.files.get(path.slice('/d/'.length));
        const target = found && (flags & O_NOFOLLOW) === 0 ? this.links.get(found) : undefined;
        return this.#opened(target === undefined ? found : this.files.get(target));
      },
    };
    const files = {
      keepsAny: () => false,
      privileged: true,
      keeps: () => false,
      changeable: () => 0,
      look: facts,
      store: (fd: number, name: string, value: Uint8Array) => {
        if (this.stores < 0) return this.stores;
        inode(fd).stored.set(name, Buffer.from(value).toString('latin1'));
        return 0;
      },
    };
    const answers = { nothing: () => false, circumstances: () => undefined, find: () => undefined, remember: () => {} };
    this.labels = new NewLabels(
      view as unknown as ConstructorParameters<typeof NewLabels>[0],
      { now: () => since, historyOf: (fd) => inode(fd).history },
      files,
      ((question: Question) => {
        this.asked.push(question);
        return this.answer(question);
      }) as Ask,
      this.labelling,
      answers,
    );
  }

  make(name: string, more: Partial<Omit<Inode, 'history'>> & { readonly history?: Partial<InodeHistory> } = {}): Inode {
    const born = { seconds: 100, nanoseconds: 2000 };
    const history = { uid: 1000, ino: '5', links: 1, directory: false, born, changes: [born, born], ...more.history };
    const made: Inode = { class: 'file', device: '0:1', stored: new Map(), ...more, history };
    this.files.set(name, made);
    return made;
  }

  #opened(what: Inode | 'directory' | undefined): number {
    if (what === undefined) return -ENOENT;
    this.open.set(this.#next, what);
    return this.#next++;
  }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

describe('the label of a new file', () => {
  it('is asked for before the call and stored at the next one, of anybody', () => {
    const host = new Host();
    host.labels.expectFile(TID, AT_FDCWD, '/d/f', 'file');
    expect(host.asked).toMatchObject([{ kind: 'new-label', tid: TID, name: 'f', class: 'file' }]);
    const made = host.make('f');
    host.labels.complete(OTHER);
    expect(made.stored.get(NAME)).toBe('new');
    expect(host.labels.waits).toBe(false);
    expect(host.open.size).toBe(0);
  });

  it('is nobody’s business where no module labels files, where the file exists, and where no answer comes', () => {
    const existing = new Host();
    existing.make('f');
    existing.labels.expectFile(TID, AT_FDCWD, '/d/f', 'file');
    const silent = new Host();
    silent.answer = () => undefined;
    silent.labels.expectFile(TID, AT_FDCWD, '/d/f', 'file');
    const nothing = new Host();
    nothing.answer = () => ({ errno: 0, value: labelled() });
    nothing.labels.expectFile(TID, AT_FDCWD, '/d/f', 'file');
    const nowhere = new Host();
    nowhere.labels.expectFile(TID, AT_FDCWD, '/none/f', 'file');
    for (const { asked, labels, open } of [existing, silent, nothing, nowhere]) {
      expect(labels.waits).toBe(false);
      expect(open.size).toBe(0);
      expect(asked.length).toBeLessThanOrEqual(1);
    }
  });

  it('waits while others make calls, and is dropped when its maker makes another and there is no file', () => {
    const host = new Host();
    host.labels.expectFile(TID, AT_FDCWD, '/d/f', 'file');
    host.labels.complete(OTHER);
    expect(host.labels.waits).toBe(true);
    host.labels.complete(TID);
    expect(host.labels.waits).toBe(false);
    const late = host.make('f');
    host.labels.complete(OTHER);
    expect(late.stored.size).toBe(0);
  });

  it.each<[string, (host: Host) => void]>([
    ['if its maker is gone', (host) => host.users.delete(TID)],
    ['if it has had much time, too', () => vi.advanceTimersByTime(2000)],
  ])('is dropped after many calls of others %s', (_title, change) => {
    const host = new Host();
    host.labels.expectFile(TID, AT_FDCWD, '/d/f', 'file');
    for (let i = 0; i < 1000; i++) host.labels.complete(OTHER);
    expect(host.labels.waits).toBe(true);
    change(host);
    for (let i = 0; i < 200; i++) host.labels.complete(OTHER);
    expect(host.labels.waits).toBe(false);
    expect(host.open.size).toBe(0);
  });

  it('is dropped when in doubt: an older file, one of another user or class, or on another filesystem', () => {
    const old = { seconds: 99, nanoseconds: 1 };
    for (const more of [
      { history: { born: old } },
      { history: { uid: 0 } },
      { class: 'fifo_file' },
      { device: '0:2' },
    ] as const) {
      const host = new Host();
      host.labels.expectFile(TID, AT_FDCWD, '/d/f', 'file');
      const there = host.make('f', more as Parameters<Host['make']>[1]);
      host.labels.complete(OTHER);
      expect([more, there.stored.size, host.labels.waits, host.open.size]).toEqual([more, 0, false, 0]);
    }
  });

  it('goes to the file that has the name now, renamed there or not, as long as the call can have made it', () => {
    const host = new Host();
    host.labels.expectFile(TID, AT_FDCWD, '/d/f', 'file');
    const first = host.make('f');
    host.files.delete('f');
    host.files.set('elsewhere', first);
    const second = host.make('f', { history: { born: { seconds: 50, nanoseconds: 1 } } });
    host.labels.complete(OTHER);
    expect([first.stored.size, second.stored.size]).toEqual([0, 0]);
  });

  it('is kept by the daemon where the filesystem has no attributes', () => {
    const host = new Host();
    host.stores = -EOPNOTSUPP;
    host.labels.expectFile(TID, AT_FDCWD, '/d/f', 'file');
    host.make('f');
    host.labels.complete(OTHER);
    expect(host.asked.map(({ kind }) => kind)).toEqual(['new-label', 'keep-xattr']);
  });

  it('of a filesystem that is about to be unmounted is stored or dropped at once', () => {
    const host = new Host();
    host.labels.expectFile(TID, AT_FDCWD, '/d/f', 'file');
    host.labels.leave('0:9');
    expect(host.labels.waits).toBe(true);
    host.labels.leave('0:1');
    expect([host.labels.waits, host.open.size]).toEqual([false, 0]);
  });

  it('is asked for where a link that is followed leads to nothing, and not where it leads to a file', () => {
    const host = new Host();
    host.links.set(host.make('link', { class: 'lnk_file' }), 'f');
    host.labels.expectFile(TID, AT_FDCWD, '/d/link', 'file');
    expect(host.asked).toEqual([]);
    host.labels.expectFile(TID, AT_FDCWD, '/d/link', 'file', 1);
    expect(host.asked).toMatchObject([{ kind: 'new-label', name: 'f', class: 'file' }]);
    const made = host.make('f');
    host.labels.complete(OTHER);
    expect([made.stored.get(NAME), host.open.size]).toEqual(['new', 0]);
    host.labels.expectFile(TID, AT_FDCWD, '/d/link', 'file', 1);
    expect(host.labels.waits).toBe(false);
  });

  it('of a whiteout goes to what is where the moved file was, once it is another one', () => {
    const host = new Host();
    const moved = host.make('f', { history: { ino: '4' } });
    host.labels.expectWhiteout(TID, AT_FDCWD, '/d/f');
    expect(host.asked).toMatchObject([{ kind: 'new-label', name: 'f', class: 'chr_file' }]);
    host.labels.complete(OTHER);
    expect([host.labels.waits, moved.stored.size]).toEqual([true, 0]);
    host.files.set('g', moved);
    const left = host.make('f', { class: 'chr_file' });
    host.labels.complete(OTHER);
    expect([left.stored.get(NAME), moved.stored.size, host.labels.waits, host.open.size]).toEqual(['new', 0, false, 0]);
  });

  it('waits for so many files and no more; the oldest of who has most is dropped', () => {
    const host = new Host();
    host.labels.expectFile(TID, AT_FDCWD, '/d/mine', 'file');
    for (let i = 1; i < 300; i++) {
      host.users.set(TID + i, 1001);
      host.labels.expectFile(tidOf(TID + i), AT_FDCWD, `/d/f${i}`, 'file');
    }
    expect(host.open.size).toBe(256);
    const [mine, first, last] = ['mine', 'f1', 'f299'].map((name) =>
      host.make(name, { history: { uid: name === 'mine' ? 1000 : 1001 } }),
    );
    host.labels.complete(OTHER);
    expect([mine, first, last].map((file) => file?.stored.size)).toEqual([1, 0, 1]);
    host.labels.close();
    expect(host.open.size).toBe(0);
  });
});

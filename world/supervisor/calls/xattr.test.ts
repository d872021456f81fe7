import { describe, expect, it } from 'vitest';
import { O_PATH } from '../../../linux/fcntl.ts';
import { allowed, FakeCaller } from '../testing.ts';
import { calls } from './xattr.ts';

const NAME = 'security.label';
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** A caller with a file `f`, also open as descriptor 3, whose modules say that its label is `one`. */
function caller(): FakeCaller {
  const found = new FakeCaller();
  found.file('f', { [NAME]: 'one\0', 'user.note': 'x' });
  found.file(3, { [NAME]: 'one\0' });
  found.answer = (question) =>
    question.kind === 'get-xattr' ? { errno: 0, value: { value: bytes('one\0'), silent: true } } : allowed(question);
  return found;
}

describe('reading an attribute that modules decide about', () => {
  it('gives what they say, by path, by link and by descriptor', () => {
    for (const [name, target] of [
      ['getxattr', 'f'],
      ['lgetxattr', 'f'],
      ['fgetxattr', 3],
    ] as const) {
      const value = new Uint8Array(8);
      expect(caller().call(calls, name, target, NAME, value, 8)).toEqual({ value: 4 });
      expect(Buffer.from(value).toString()).toBe('one\0\0\0\0\0');
    }
  });

  it('tells the length where the size is 0, and touches no memory then', () => {
    expect(caller().call(calls, 'getxattr', 'f', NAME, 'unmapped', 0)).toEqual({ value: 4 });
  });

  it('is ERANGE where the buffer is too small, before it is EFAULT where that is not there', () => {
    expect(caller().call(calls, 'getxattr', 'f', NAME, 'unmapped', 3)).toEqual({ errno: 34 });
    expect(caller().call(calls, 'getxattr', 'f', NAME, 'unmapped', 4)).toEqual({ errno: 14 });
  });

  it('takes sizes beyond 32 bits for large', () => {
    expect(caller().call(calls, 'getxattr', 'f', NAME, new Uint8Array(4), 2 ** 33 + 1)).toEqual({ value: 4 });
  });

  it('is left to the host where no module answers, the daemon does not, and nothing is there to be asked about', () => {
    const silent = caller();
    silent.answer = () => undefined;
    expect(silent.call(calls, 'getxattr', 'f', NAME, new Uint8Array(8), 8)).toBe('goes on');
    const unsupported = caller();
    unsupported.answer = () => ({ errno: 95 });
    expect(unsupported.call(calls, 'getxattr', 'f', NAME, new Uint8Array(8), 8)).toBe('goes on');
    expect(caller().call(calls, 'getxattr', 'none', NAME, new Uint8Array(8), 8)).toBe('goes on');
    expect(caller().call(calls, 'fgetxattr', 4, NAME, new Uint8Array(8), 8)).toBe('goes on');
    expect(caller().call(calls, 'getxattr', 'unmapped', NAME, new Uint8Array(8), 8)).toBe('goes on');
  });

  it('is left to the host, which says EBADF, by a descriptor of a path only', () => {
    const one = caller();
    one.labelsFiles = true;
    one.file(3, { [NAME]: 'one\0' }, { flags: O_PATH });
    expect(one.call(calls, 'fgetxattr', 3, NAME, new Uint8Array(8), 8)).toBe('goes on');
    expect(one.call(calls, 'flistxattr', 3, new Uint8Array(64), 64)).toBe('goes on');
    expect(one.call(calls, 'fsetxattr', 3, NAME, bytes('two'), 3, 0)).toBe('goes on');
    expect(one.call(calls, 'fremovexattr', 3, NAME)).toBe('goes on');
    expect(one.asked).toEqual([]);
  });

  it('never reaches the host where a module of the host decides about the same name', () => {
    const twice = caller();
    twice.ofHost = [NAME];
    twice.answer = () => undefined;
    expect(twice.call(calls, 'getxattr', 'f', NAME, new Uint8Array(8), 8)).toEqual({ errno: 5 });
    twice.answer = () => ({ errno: 95 });
    expect(twice.call(calls, 'getxattr', 'f', NAME, new Uint8Array(8), 8)).toEqual({ errno: 95 });
    twice.file('f', {}, { unseen: true });
    expect(twice.call(calls, 'getxattr', 'f', NAME, new Uint8Array(8), 8)).toEqual({ errno: 95 });
  });
});

describe('the name', () => {
  it('is looked at before the file: others, unreadable and endless ones are the host', () => {
    const one = caller();
    for (const name of ['user.note', 'security.labels', 'Security.label', '', 'unmapped', 'x'.repeat(300)])
      expect(one.call(calls, 'getxattr', 'f', name, new Uint8Array(8), 8)).toBe('goes on');
    expect(one.asked).toEqual([]);
  });
});

describe('setting an attribute that modules decide about', () => {
  const value = bytes('two');

  it('asks them and stores it with the file', () => {
    const one = caller();
    expect(one.call(calls, 'setxattr', 'f', NAME, value, 3, 0)).toEqual({ value: 0 });
    expect(one.asked).toMatchObject([{ kind: 'set-xattr', tid: 7, name: NAME }]);
    expect(one.files.get('f')?.stored.get(NAME)).toBe('two');
  });

  it('stores it by the name that a module has for it', () => {
    const one = caller();
    one.answer = () => ({ errno: 0, value: { name: `${NAME}.inner` } });
    one.call(calls, 'setxattr', 'f', NAME, value, 3, 0);
    expect([...(one.files.get('f')?.stored ?? [])]).toEqual([
      [NAME, 'one\0'],
      ['user.note', 'x'],
      [`${NAME}.inner`, 'two'],
    ]);
  });

  it('stores nothing that a module refuses, with its errno', () => {
    const one = caller();
    one.answer = () => ({ errno: 13 });
    expect(one.call(calls, 'setxattr', 'f', NAME, value, 3, 0)).toEqual({ errno: 13 });
    expect(one.files.get('f')?.stored.get(NAME)).toBe('one\0');
  });

  it('hears XATTR_CREATE and XATTR_REPLACE after the modules', () => {
    const one = caller();
    expect(one.call(calls, 'setxattr', 'f', NAME, value, 3, 1)).toEqual({ errno: 17 });
    expect(one.call(calls, 'setxattr', 'f', NAME, value, 3, 2)).toEqual({ value: 0 });
    one.file('bare');
    expect(one.call(calls, 'setxattr', 'bare', NAME, value, 3, 2)).toEqual({ errno: 61 });
    one.answer = () => ({ errno: 1 });
    expect(one.call(calls, 'setxattr', 'f', NAME, value, 3, 1)).toEqual({ errno: 1 });
  });

  it('is EPERM for who lacks the capability where no module has it, whatever a module of the host says', () => {
    const one = caller();
    const set = (name: string, flags = 0, size = 3) => one.call(calls, 'setxattr', 'f', name, value, size, flags);
    expect([set('security.other'), one.call(calls, 'fremovexattr', 3, 'security.other')]).toEqual([
      { errno: 1 },
      { errno: 1 },
    ]);
    expect([
      set('security.capability'),
      set('user.a'),
      set('security.other', 4),
      set('security.other', 0, 65_537),
    ]).toEqual(Array(4).fill('goes on'));
    expect(one.call(calls, 'setxattr', 'none', 'security.other', value, 3, 0)).toBe('goes on');
    one.capabilities = 1n << 21n;
    expect(set('security.other')).toBe('goes on');
    expect(one.asked).toEqual([]);
  });

  it('hears them of a label that is not stored, though a kernel would have stored it', () => {
    const one = caller();
    one.file('new', {}, { born: 5 });
    one.answer = (question) =>
      question.kind === 'set-xattr' && question.born === 5
        ? { errno: 0, value: { name: NAME, isThere: true } }
        : allowed(question);
    expect(one.call(calls, 'setxattr', 'new', NAME, value, 3, 1)).toEqual({ errno: 17 });
    expect(one.files.get('new')?.stored.has(NAME)).toBe(false);
    expect(one.call(calls, 'setxattr', 'new', NAME, value, 3, 2)).toEqual({ value: 0 });
    expect(one.files.get('new')?.stored.has(NAME)).toBe(true);
  });

  it('is E2BIG before EFAULT, and both before the modules; flags that do not exist are the host', () => {
    const one = caller();
    expect(one.call(calls, 'setxattr', 'f', NAME, 'unmapped', 65_537, 0)).toEqual({ errno: 7 });
    expect(one.call(calls, 'setxattr', 'f', NAME, 'unmapped', 3, 0)).toEqual({ errno: 14 });
    expect(one.call(calls, 'setxattr', 'f', NAME, value, 4, 0)).toEqual({ errno: 14 });
    expect(one.call(calls, 'setxattr', 'f', NAME, value, 3, 4)).toBe('goes on');
    expect(one.asked).toEqual([]);
  });

  it('is kept by the daemon where the filesystem or missing privilege does not let it store; read-only and immutable come first', () => {
    for (const [fails, privileged, kept] of [
      [95, true, true],
      [1, false, true],
      [1, true, false],
      [30, false, false],
    ] as const) {
      const one = caller();
      one.privileged = privileged;
      one.file('f', {}, { fails });
      expect(one.call(calls, 'setxattr', 'f', NAME, value, 3, 0)).toEqual(kept ? { value: 0 } : { errno: fails });
      expect(one.asked.map(({ kind }) => kind)).toEqual(kept ? ['set-xattr', 'keep-xattr'] : []);
    }
  });
});

describe('listing', () => {
  const listed = (one: FakeCaller, size = 64) => {
    const list = new Uint8Array(size);
    const outcome = one.call(calls, 'listxattr', 'f', list, size);
    const length = typeof outcome === 'object' && 'value' in outcome ? outcome.value : 0;
    return size === 0 ? outcome : Buffer.from(list.subarray(0, length)).toString().split('\0').filter(Boolean);
  };

  it('is the host where no module labels files', () => {
    expect(caller().call(calls, 'listxattr', 'f', new Uint8Array(64), 64)).toBe('goes on');
  });

  it('adds the names that every file has, once, and hides trusted ones from who may not see them', () => {
    const one = caller();
    one.labelsFiles = true;
    one.file('f', { 'user.note': 'x', 'trusted.x': 'y' });
    one.answer = () => ({ errno: 0, value: [NAME] });
    expect(listed(one)).toEqual(['user.note', NAME]);
    one.capabilities = 1n << 21n;
    expect(listed(one)).toEqual(['user.note', 'trusted.x', NAME]);
    one.file('f', { [NAME]: 'x' });
    expect(listed(one)).toEqual([NAME]);
    expect(listed(one, 0)).toEqual({ value: NAME.length + 1 });
    expect(one.call(calls, 'listxattr', 'f', new Uint8Array(2), 2)).toEqual({ errno: 34 });
  });
});

describe('removing', () => {
  it('is asked, refused with the errno of the module, and else left to the host', () => {
    const one = caller();
    expect(one.call(calls, 'removexattr', 'f', NAME)).toBe('goes on');
    one.answer = () => ({ errno: 13 });
    expect(one.call(calls, 'removexattr', 'f', NAME)).toEqual({ errno: 13 });
    expect(one.files.get('f')?.stored.has(NAME)).toBe(true);
  });

  it('is the error of a read-only mount, or of an immutable file, before the modules are asked', () => {
    for (const fails of [30, 1]) {
      const one = caller();
      one.file('f', {}, { fails });
      one.privileged = true;
      expect(one.call(calls, 'removexattr', 'f', NAME)).toEqual({ errno: fails });
      expect(one.asked).toEqual([]);
    }
  });

  it('removes what has another name by that name', () => {
    const one = caller();
    one.file('f', { [`${NAME}.inner`]: 'x' });
    one.answer = () => ({ errno: 0, value: `${NAME}.inner` });
    expect(one.call(calls, 'removexattr', 'f', NAME)).toEqual({ value: 0 });
    expect(one.call(calls, 'removexattr', 'f', NAME)).toEqual({ errno: 61 });
  });

  it('never removes what a module of the host has: read-only is said first, the rest is the daemon', () => {
    const one = caller();
    one.ofHost = [NAME];
    expect(one.call(calls, 'removexattr', 'f', NAME)).toEqual({ value: 0 });
    expect(one.files.get('f')?.stored.has(NAME)).toBe(true);
    one.file('f', {}, { fails: 30 });
    one.asked.length = 0;
    expect(one.call(calls, 'removexattr', 'f', NAME)).toEqual({ errno: 30 });
    expect(one.asked).toEqual([]);
  });
});

describe('the calls with struct xattr_args', () => {
  /** { u64 value; u32 size; u32 flags; } with a null value. */
  const args = (size: number, flags = 0): Uint8Array => new Uint8Array(Uint32Array.of(0, 0, size, flags).buffer);

  it('take the same ways', () => {
    expect(caller().call(calls, 'getxattrat', -100, 'f', 0, NAME, args(0), 16)).toEqual({ value: 4 });
    expect(caller().call(calls, 'getxattrat', 3, '', 0x1000, NAME, args(0), 16)).toEqual({ value: 4 });
    expect(caller().call(calls, 'setxattrat', -100, 'f', 0, NAME, args(65_537), 16)).toEqual({ errno: 7 });
    const within = caller();
    within.file(-100, { [NAME]: 'one\0' });
    expect(within.call(calls, 'getxattrat', -100, '', 0x1000, NAME, args(0), 16)).toEqual({ value: 4 });
    expect(within.call(calls, 'setxattrat', -100, '', 0x1000, NAME, args(65_537), 16)).toEqual({ errno: 7 });
    expect(within.call(calls, 'getxattrat', -100, '', 0, NAME, args(0), 16)).toBe('goes on');
    expect(caller().call(calls, 'getxattrat', 3, '', 0, NAME, args(0), 16)).toBe('goes on');
  });

  it('leave to the host what it refuses: flags, and another size of the struct', () => {
    expect(caller().call(calls, 'getxattrat', -100, 'f', 0x2000, NAME, args(0), 16)).toBe('goes on');
    expect(caller().call(calls, 'getxattrat', -100, 'f', 0, NAME, args(0), 24)).toBe('goes on');
    expect(caller().call(calls, 'getxattrat', -100, 'f', 0, NAME, 'unmapped', 16)).toBe('goes on');
    expect(caller().call(calls, 'setxattrat', -100, 'f', 0, NAME, args(0, 4), 16)).toBe('goes on');
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KNOWN_MODULES } from '../../../lsm/known-modules.ts';
import { isDescriptorLink, mayBeOurs, parseAttrPath, procComponents, splitAttrPath } from './proc-path.ts';

const KNOWN = KNOWN_MODULES.find(({ attrDirectory }) => attrDirectory)?.name;

const scan = mayBeOurs();

describe('the scan', () => {
  it.each([
    '/proc/self/attr/current',
    '/proc/thread-self/attr',
    'attr/exec',
    'current',
    'exec',
    'fscreate',
    `${KNOWN}/exec`,
    './current',
    './/./current',
    '.',
    './',
    './.',
    './12',
    '/dev/kmsg',
    'kmsg',
    '/proc/self/mountinfo',
    'mounts',
    '/etc/mtab',
    '/proc/self/loginuid',
    'sessionid',
    '/proc/keys',
  ])('keeps %s', (path) => {
    expect(scan(path)).toBe(true);
  });

  it.each([
    '/etc/passwd',
    '/proc/self/status',
    'Makefile',
    '',
    '.git/config',
    './.git/config',
    './conftest.c',
    './cur',
    '..',
    './..',
    'cur',
    '/at/tr',
    '/mnt/a',
    '/dev/kms/g',
  ])('drops %j', (path) => {
    expect(scan(path)).toBe(false);
  });

  it.each(['/proc/self/fd/3', '/dev/fd/0', 'fd/12', '12', '/proc/12/task/12/fd/3'])(
    'knows the link to a descriptor: %s',
    (path) => {
      expect([isDescriptorLink(path), scan(path)]).toEqual([true, true]);
    },
  );

  it.each(['/proc/self/fd', '/proc/self/fd/3/x', '/sys/fd/', 'afd/3', '3/4', '/3', '/proc/self/fd/03'])(
    '%s is none',
    (path) => {
      expect(isDescriptorLink(path)).toBe(false);
    },
  );

  it('knows further names, of any characters', () => {
    const more = mayBeOurs(['vm.max', 'kernel']);
    expect(['/proc/sys/vm.max', 'kernel', 'a/kernels', '/vmxmax', '/etc'].map((path) => more(path))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('never drops a path that leads to attr', () => {
    const head = fc.stringMatching(/^\/?([a-z]{0,5}\/){0,4}$/);
    fc.assert(
      fc.property(head, fc.constantFrom('attr', 'attr/current', 'attr/toy/exec'), (directory, tail) => {
        expect(scan(directory + tail)).toBe(true);
      }),
    );
  });

  it('compares whole names', () => {
    for (const path of ['attribute', '/a/attributes/b', '/a/xattr/b', 'internal', 'container/exec', 'executable'])
      expect(scan(path), path).toBe(false);
    for (const path of ['attr', '/a/attr', 'attr/current', '/a/attr/x', 'context', 'prev/x', 'exec'])
      expect(scan(path), path).toBe(true);
  });
});

describe('the split', () => {
  it.each([
    ['/proc/self/attr/current', true, 'proc', ['self', 'attr', 'current']],
    ['/proc//123/./attr', true, 'proc', ['123', 'attr']],
    ['/proc/1/task/2/attr/exec', true, 'proc', ['1', 'task', '2', 'attr', 'exec']],
    ['/c/proc/thread-self/attr/toy/exec', true, 'c/proc', ['thread-self', 'attr', 'toy', 'exec']],
    ['attr/current', false, '', ['attr', 'current']],
    ['task/7/attr/current', false, '', ['task', '7', 'attr', 'current']],
    ['7/attr', false, '', ['7', 'attr']],
    ['current', false, '', ['current']],
    ['/proc/self/attr/../attr/current', true, 'proc', ['self', 'attr', 'current']],
    ['/x/attr/../attr/current', true, 'x/attr/..', ['attr', 'current']],
    ['/etc/attr/x', true, 'etc', ['attr', 'x']],
  ])('%s', (path, absolute, head, tail) => {
    expect(splitAttrPath(path)).toEqual({ absolute, head, tail });
  });

  it.each(['/etc/passwd', '../../x', '/proc/self/attr/a/b/c/d/e'])('%s is not for us', (path) => {
    expect(splitAttrPath(path)).toBeUndefined();
  });

  it('keeps the meaning of the path', () => {
    const component = fc.constantFrom('proc', 'self', 'thread-self', '12', 'task', 'attr', 'current', '.', 'x');
    fc.assert(
      fc.property(fc.array(component, { maxLength: 7 }), fc.boolean(), (components, absolute) => {
        const path = (absolute ? '/' : '') + components.join('/');
        const split = splitAttrPath(path);
        if (split === undefined) return;
        const joined = [...split.head.split('/'), ...split.tail].filter((name) => name !== '');
        expect(joined).toEqual(components.filter((name) => name !== '.'));
      }),
    );
  });
});

describe('components below the root of a procfs', () => {
  it('name process, thread and file', () => {
    expect(parseAttrPath(['self', 'attr', 'current'])).toEqual({
      process: 'self',
      thread: undefined,
      rest: ['current'],
    });
    expect(parseAttrPath(['1', 'task', '2', 'attr', 'other', 'current'])).toEqual({
      process: '1',
      thread: '2',
      rest: ['other', 'current'],
    });
    expect(parseAttrPath(['thread-self', 'attr'])).toEqual({ process: 'thread-self', thread: undefined, rest: [] });
  });

  it.each([[[]], [['attr']], [['self']], [['self', 'task', 'x', 'attr']], [['0', 'attr']], [['self', 'fd', '3']]])(
    '%j is something else',
    (components) => {
      expect(parseAttrPath(components)).toBeUndefined();
    },
  );

  it('come from where a descriptor points, mounted or detached', () => {
    expect(procComponents('/proc/12/task')).toEqual(['12', 'task']);
    expect(procComponents('/12/attr/toy')).toEqual(['12', 'attr', 'toy']);
    expect(procComponents('/mnt/5/12/task/13')).toEqual(['12', 'task', '13']);
    expect(procComponents('/proc/sys/kernel')).toEqual([]);
  });
});

/**
 * Whatever is written to whichever node: the kernel's kind of answer, and an errno means that nothing changed.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failed } from '../../linux/errno.ts';
import { policyImage, SelinuxBox } from '../../test/selinux-golden/selinux-box.ts';
import type { Directory, FileNode } from '../../vfs/tree/node.ts';
import * as operations from '../../vfs/tree/operations.ts';

const MINI = policyImage('mini.33');

/** Every file of the tree by path. */
function files(box: SelinuxBox): Map<string, FileNode> {
  const found = new Map<string, FileNode>();
  const walk = (directory: Directory, path: string): void => {
    const entries = directory.entries(box.caller);
    if (failed(entries)) return;
    for (const { name, node } of entries) {
      if (node.kind === 'directory') walk(node, `${path}${name}/`);
      if (node.kind === 'file') found.set(`${path}${name}`, node);
    }
  };
  const root = box.session.paths.resolve('/sys/fs/selinux', true, box.caller);
  if (failed(root) || root.node.kind !== 'directory') throw new Error('no selinuxfs');
  walk(root.node, '');
  return found;
}

const context = fc.constantFrom(
  'msys_u:msys_r:mapp_t:s0',
  'msys_u:msys_r:mkern_t:s0-s2:c0.c7',
  'msys_u:object_r:mdata_t:s1:c1',
  'msys_u:object_r:nosuch_t:s0',
  'mbob_u:mapp_r:mapp2_t:s0',
  'kernel',
  'x',
  ':::',
);
const word = fc.oneof(context, fc.nat(70_000).map(String), fc.constantFrom('msys_u', '-1', '%41+', '%zz', '0x1'));
const text = fc.array(word, { maxLength: 6 }).map((words) => Buffer.from(words.join(' '), 'latin1'));
const number = fc.constantFrom('0', '1', ' 1', '-1', '1\0', '0\n', '4294967296', 'junk', '').map((t) => Buffer.from(t));
const mutated = fc.tuple(fc.nat(MINI.length - 1), fc.nat(255), fc.nat(MINI.length)).map(([at, value, length]) => {
  const image = MINI.slice(0, length > MINI.length / 2 ? MINI.length : length);
  if (at < image.length) image[at] = value;
  return Buffer.from(image);
});
const data = fc.oneof(
  text,
  number,
  mutated,
  fc.uint8Array({ maxLength: 5000 }).map((bytes) => Buffer.from(bytes)),
);
const offset = fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(5000), fc.constant(2 ** 40));

describe.each([
  { name: 'before the first load', policy: undefined },
  { name: 'with a policy', policy: 'mini.33' },
])('$name', ({ policy }) => {
  const box = new SelinuxBox(policy === undefined ? {} : { policy });
  const paths = [...files(box).keys()].filter((path) => !path.startsWith('class/') || path.startsWith('class/file/'));

  it('no write to any node throws, and a refused one changes nothing', () => {
    const step = fc.record({ path: fc.constantFrom(...paths), data, offset, twice: fc.boolean() });
    fc.assert(
      fc.property(step, (tried) => {
        const node = files(box).get(tried.path);
        if (node === undefined) return; // gone with a policy that a mutated image replaced
        const before = box.dump();
        const handle = operations.open(node, 2, box.caller);
        if (failed(handle)) {
          expect(box.dump()).toBe(before);
          return;
        }
        const results = [operations.write(handle, tried.data, { offset: tried.offset }, box.caller)];
        if (tried.twice) results.push(operations.write(handle, tried.data, { offset: tried.offset }, box.caller));
        const answer = operations.read(handle, 8192, { offset: tried.offset }, box.caller);
        operations.release(handle);
        for (const result of results) {
          if (!failed(result)) expect(result).toBe(tried.data.length);
        }
        if (!failed(answer)) expect(answer).toBeInstanceOf(Uint8Array);
        if (results.every((result) => failed(result))) expect(box.dump()).toBe(before);
      }),
      { numRuns: 600 },
    );
  });

  it('no write to an attribute throws, and a refused one changes nothing', () => {
    const attributes = ['current', 'prev', 'exec', 'fscreate', 'keycreate', 'sockcreate'];
    const values = () => attributes.map((name) => box.read(`/proc/100/attr/${name}`)).join('|');
    fc.assert(
      fc.property(fc.constantFrom(...attributes), data, (name, value) => {
        const before = values();
        const result = box.write(`/proc/100/attr/${name}`, value);
        if (typeof result === 'string') expect(values()).toBe(before);
        else expect(result).toBeLessThanOrEqual(value.length);
      }),
      { numRuns: 300 },
    );
  });
});

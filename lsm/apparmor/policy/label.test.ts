import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../../linux/bytes.ts';
import { failed } from '../../../linux/errno.ts';
import { Label } from './label.ts';
import { findLabel, formatLabel, listProfiles, parseLabel } from './label-text.ts';
import { baseName, parentName, splitQualifiedName } from './names.ts';
import { labelOf, load, loadInto, namespace, policyWith, profile } from './testing/policies.ts';

function world() {
  const policy = policyWith('A', 'B', { name: 'C', mode: 1 }, '/p', 'zz', 'un', 'par', 'par//kid');
  const ns1 = namespace(policy, policy.root, 'ns1');
  loadInto(policy, ns1, 'A', 'B');
  const deep = namespace(policy, ns1, 'deep');
  loadInto(policy, deep, 'D');
  return { policy, root: policy.root, ns1, deep };
}

describe('names', () => {
  it.each([
    ['p', undefined, 'p'],
    [' p ', undefined, 'p '],
    [':ns:p', 'ns', 'p'],
    [':ns://p', 'ns', 'p'],
    [':a//b:p//q', 'a//b', 'p//q'],
    [':ns:', 'ns', undefined],
    [':ns://', 'ns', undefined],
    [':ns', 'ns', undefined],
    ['::p', undefined, 'p'],
    [': :p', undefined, 'p'],
    [': ns: p', 'ns', 'p'],
    [':', undefined, undefined],
    ['', undefined, undefined],
    ['://p', '//p', undefined],
    [':ns:/', 'ns', '/'],
  ])('%s', (text, ns, name) => {
    expect(splitQualifiedName(text)).toEqual({ ns, name });
  });

  it('splits hierarchies from the left', () => {
    expect(baseName('a///b')).toBe('/b');
    expect(parentName('a///b')).toBe('a');
    expect(baseName('a//b//')).toBe('');
    expect(parentName('a')).toBeUndefined();
    expect(baseName('evil // name')).toBe(' name');
  });
});

describe('order', () => {
  it('is by level, namespace and name, without duplicates', () => {
    const { root, ns1, deep } = world();
    const label = labelOf(
      profile(deep, 'D'),
      root.unconfined,
      profile(ns1, 'A'),
      profile(root, '/p'),
      profile(ns1, 'A'),
    );
    expect(formatLabel(root, label, { mode: false })).toBe('/p//&unconfined//&:ns1:A//&:ns1//deep:D');
    expect(label.namespace).toBe(deep);
    expect(label.namespaceStacked).toBe(true);
    expect(label.inScope.map((member) => member.hname)).toEqual(['D']);
  });

  it('makes merging commutative, associative and idempotent', () => {
    const { root, ns1, deep } = world();
    const all = [...root.profiles, ...ns1.profiles, ...deep.profiles, root.unconfined, ns1.unconfined];
    const label = fc
      .uniqueArray(fc.nat(all.length - 1), { minLength: 1, maxLength: 5 })
      .map((picks) => picks.map((pick) => all[pick] ?? root.unconfined))
      .map(([first = root.unconfined, ...rest]) => Label.of(first, ...rest));
    fc.assert(
      fc.property(label, label, label, (a, b, c) => {
        expect(a.merge(b).equals(b.merge(a))).toBe(true);
        expect(
          a
            .merge(b)
            .merge(c)
            .equals(a.merge(b.merge(c))),
        ).toBe(true);
        expect(a.merge(a).equals(a)).toBe(true);
        expect(a.merge(b).includes(a) && a.merge(b).includesConfined(b)).toBe(true);
        // What is printed for the root namespace is read as the same label.
        const text = formatLabel(root, a, { mode: false });
        const parsed = parseLabel(Label.of(root.unconfined), text);
        expect(parsed instanceof Label && parsed.equals(a)).toBe(true);
      }),
    );
  });
});

describe('printing', () => {
  const { root, ns1, deep } = world();
  it.each([
    ['unconfined', root, labelOf(root.unconfined)],
    ['A (enforce)', root, labelOf(profile(root, 'A'))],
    ['A//&B (enforce)', root, labelOf(profile(root, 'B'), profile(root, 'A'))],
    ['A//&C (mixed)', root, labelOf(profile(root, 'A'), profile(root, 'C'))],
    ['A//&unconfined (enforce)', root, labelOf(profile(root, 'A'), root.unconfined)],
    ['unconfined//&zz (enforce)', root, labelOf(profile(root, 'zz'), root.unconfined)],
    ['A//&:ns1:unconfined (enforce)', root, labelOf(profile(root, 'A'), ns1.unconfined)],
    [':ns1:unconfined', root, labelOf(ns1.unconfined)],
    ['unconfined', ns1, labelOf(ns1.unconfined)],
    [':ns1:A//&B (enforce)', root, labelOf(profile(ns1, 'A'), profile(ns1, 'B'))],
    ['A//&:deep:D (enforce)', ns1, labelOf(profile(root, 'B'), profile(ns1, 'A'), profile(deep, 'D'))],
    ['---', ns1, labelOf(profile(root, 'A'))],
  ])('%s', (text, view, label) => {
    expect(formatLabel(view, label, { mode: true })).toBe(text);
  });

  it('can show only the namespace itself, and a name for what is hidden', () => {
    const label = labelOf(profile(root, 'A'), profile(ns1, 'A'));
    expect(formatLabel(root, label, { mode: true, subtree: false })).toBe('A (enforce)');
    expect(formatLabel(deep, label, { mode: true, hidden: 'unconfined' })).toBe('unconfined');
  });

  it('lists a namespace and those below it, newest first', () => {
    expect(listProfiles(ns1)).toBe('B (enforce)\nA (enforce)\n:deep:D (enforce)\n');
    expect(listProfiles(root)).toContain('par (enforce)\npar//kid (enforce)\nun (enforce)\n');
  });
});

describe('reading', () => {
  const { root, ns1 } = world();
  const read = (base: Label, text: string) => {
    const label = parseLabel(base, text);
    return label instanceof Label ? formatLabel(root, label, { mode: false }) : label.code;
  };
  const unconfined = labelOf(root.unconfined);
  it.each([
    ['A', 'A'],
    ['  A', 'A'],
    ['', 'EINVAL'],
    [' ', 'EINVAL'],
    ['&A', 'A//&unconfined'],
    ['B//&A', 'A//&B'],
    ['A//&A', 'A'],
    ['A//&', 'A//&unconfined'],
    ['//&A', 'ENOENT'],
    ['A///&B', 'ENOENT'],
    [':ns1:A//&B', ':ns1:A//&B'],
    [':ns1:A//&:ns1:B', ':ns1:A//&B'],
    ['A//&:ns1:B//&zz', 'ENOENT'],
    [':ns1//deep:D', ':ns1//deep:D'],
    [':ns1', ':ns1:unconfined'],
    [':no:A', 'ENOENT'],
    ['nope', 'ENOENT'],
    ['par//kid', 'par//kid'],
    ['par//', 'ENOENT'],
    ['par//kid//', 'ENOENT'],
    ['unconfined', 'unconfined'],
    ['unc', 'unconfined'],
    ['un', 'un'],
    ['unconfinedx', 'ENOENT'],
    ['=A', 'ENOENT'],
  ])('%s', (text, expected) => {
    expect(read(unconfined, text)).toBe(expected);
  });

  it('starts from the namespace of the reader', () => {
    const inside = labelOf(profile(root, 'A'), profile(ns1, 'A'));
    expect(read(inside, 'B')).toBe(':ns1:B');
    expect(read(inside, ':deep:D')).toBe(':ns1//deep:D');
    expect(read(inside, ':ns1:B')).toBe('ENOENT');
    expect(read(inside, '=B')).toBe('ENOENT');
  });
});

describe('compound labels', () => {
  const stack = () => {
    const { policy, root, ns1 } = world();
    const unconfined = labelOf(root.unconfined);
    const find = (text: string) => !failed(findLabel(unconfined, text));
    const remove = (text: string) => policy.remove(root, bytesOf(text), () => {});
    return { policy, root, ns1, find, remove };
  };

  it('can be found once somebody made them', () => {
    const { root, find } = stack();
    expect([find('A'), find('B//&A')]).toEqual([true, false]);
    labelOf(profile(root, 'A'), profile(root, 'B')).enlist();
    expect(find('B//&A')).toBe(true);
  });

  it('cannot after a profile was replaced, until they are made again', () => {
    const { policy, root, find } = stack();
    const label = labelOf(profile(root, 'A'), profile(root, 'B')).enlist();
    load(policy, { name: 'A', mode: 1 });
    expect(find('B//&A')).toBe(false);
    expect(formatLabel(root, label.newest(), { mode: true })).toBe('A//&B (mixed)');
    label.newest().enlist();
    expect(find('B//&A')).toBe(true);
  });

  it('become what is left when a profile is removed', () => {
    const { root, ns1, find, remove } = stack();
    labelOf(profile(root, 'A'), profile(root, 'B'), profile(ns1, 'A')).enlist();
    remove('A');
    expect(find('B//&unconfined//&:ns1:A')).toBe(true);
    remove(':ns1:A');
    expect(find('B//&unconfined//&:ns1:unconfined')).toBe(true);
  });

  it('stay as they are when their namespace ends', () => {
    const { policy, root, ns1 } = stack();
    const show = (label: Label) => formatLabel(root, label.newest(), { mode: true });
    const both = labelOf(profile(root, 'A'), profile(ns1, 'A'));
    const single = labelOf(profile(ns1, 'A'));
    policy.removeNamespace(root, 'ns1');
    expect(show(both)).toBe('A//&:ns1:A (enforce)');
    expect(show(single)).toBe(':ns1:unconfined');
    // Who makes a new label of the same profiles gets what stands for them, which is of the namespace, too, and then of its parent.
    const next = labelOf(...both.profiles);
    expect(show(next)).toBe('A//&:ns1:unconfined (enforce)');
    expect(show(labelOf(...next.profiles))).toBe('A//&unconfined (enforce)');
  });

  it('are unconfined only if they were made by adding', () => {
    const { root, ns1 } = stack();
    const [single, other] = [labelOf(root.unconfined), labelOf(ns1.unconfined)];
    expect(single.unconfined).toBe(true);
    expect(labelOf(root.unconfined, ns1.unconfined).unconfined).toBe(false);
    expect(single.merge(other).unconfined).toBe(true);
    expect(single.merge(labelOf(profile(root, 'A'))).unconfined).toBe(false);
    // There is one label for everybody.
    expect(single.merge(other).enlist()).toBe(labelOf(root.unconfined, ns1.unconfined).enlist());
  });
});

describe('labels of changed policy', () => {
  it('follow replacement and removal', () => {
    const { policy, root, ns1, deep } = world();
    const label = labelOf(profile(root, 'A'), profile(ns1, 'B'), profile(deep, 'D'));
    expect(label.newest()).toBe(label);
    load(policy, { name: 'A', mode: 1 });
    expect(formatLabel(root, label.newest(), { mode: true })).toBe('A//&:ns1:B//&:ns1//deep:D (mixed)');
    policy.remove(root, Buffer.from(':ns1:B'), () => {});
    expect(formatLabel(root, label.newest(), { mode: false })).toBe('A//&:ns1:unconfined//&:ns1//deep:D');
  });
});

/**
 * Random operations on /proc/<pid>/attr and on the system calls for the same attributes, in forked children and their threads, so that what
 * a task sets for itself ends with it. The probe's own context never changes: in enforcing mode it must go on.
 *
 * Left out, because it reaches the host's own /proc and not the emulation: labels (getxattr, listxattr) of attr files, as of all ordinary
 * files; O_PATH opens, which a supervisor cannot hand out; exclusive creation, and chmod, chown, truncate and unlink, of files that the
 * host does not have.
 */
import fc from 'fast-check';
import { openStep, useStep } from './descriptor-steps.ts';
import type { Step } from './step.ts';
import { attributeValue } from './values.ts';

const OWN = ['/proc/self', '/proc/thread-self', '/proc/@PID', '/proc/@PID/task/@TID', '/proc/self/task/@PID'];
const OTHERS = ['/proc/@PPID', '/proc/1', '/proc/@PPID/task/@PPID'];
const PLAIN = ['current', 'exec', 'fscreate', 'keycreate', 'sockcreate', 'prev'];
const NAMES = [...PLAIN, 'apparmor/current', 'smack/current', 'nosuch'];

const file = (folders: readonly string[], names = NAMES) =>
  fc.tuple(fc.constantFrom(...folders), fc.constantFrom(...names)).map(([folder, name]) => `${folder}/attr/${name}`);
const own = file(OWN);
const any = file([...OWN, ...OWN, ...OTHERS]);

const LSM_IDS = [0, 100, 101, 104, 105, 999];
const ATTRIBUTES = [0, 99, 100, 101, 102, 103, 104, 105, 106];

const systemCall = fc.oneof(
  fc
    .tuple(
      fc.constantFrom(...ATTRIBUTES),
      fc.constantFrom(4096, 0, 8, 64),
      fc.constantFrom(0, 0, 1, 2),
      fc.constantFrom(...LSM_IDS),
    )
    .map(
      ([attr, size, lflags, inid]): Step => ({ op: 'lsm_get', attr, size, lflags, ...(lflags === 1 ? { inid } : {}) }),
    ),
  fc
    .tuple(
      fc.constantFrom(...ATTRIBUTES),
      fc.constantFrom(101, 101, 101, ...LSM_IDS),
      attributeValue,
      fc.constantFrom(0, 0, 0, 1),
    )
    .map(([attr, lsm, data, lflags]): Step => ({ op: 'lsm_set', attr, lsm, data, lflags })),
);

const path = fc.oneof(
  any.chain((name) => fc.constantFrom<Step>({ op: 'stat', path: name }, { op: 'access', path: name, mode: 'w' })),
  file(OWN, PLAIN).chain((name) =>
    fc.constantFrom<Step>(
      { op: 'chmod', path: name, mode: '600' },
      { op: 'chown', path: name, uid: 0, gid: 0 },
      { op: 'truncate', path: name },
      { op: 'unlink', path: name },
    ),
  ),
  fc
    .constantFrom(...OWN, '/proc/1')
    .chain((folder) =>
      fc.constantFrom<Step>(
        { op: 'list', path: `${folder}/attr` },
        { op: 'stat', path: `${folder}/attr` },
        { op: 'mkdir', path: `${folder}/attr/new` },
        { op: 'mkfile', path: `${folder}/attr/new` },
        { op: 'list', path: `${folder}/attr/smack` },
      ),
    ),
);

const attrStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(own, attributeValue).map(([name, data]): Step => ({ op: 'write', path: name, data })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(any, attributeValue).map(([name, data]): Step => ({ op: 'write', path: name, data })),
  },
  { weight: 5, arbitrary: any.map((name): Step => ({ op: 'read', path: name })) },
  { weight: 3, arbitrary: any.chain((name) => openStep({ path: name, data: attributeValue })) },
  { weight: 2, arbitrary: useStep(attributeValue) },
  { weight: 2, arbitrary: systemCall },
  { weight: 1, arbitrary: path },
);

const steps = (step: fc.Arbitrary<Step>, maxLength: number) => fc.array(step, { minLength: 1, maxLength });

const inChild = (nodes: fc.Arbitrary<Step>) =>
  fc.oneof({ weight: 4, arbitrary: attrStep }, { weight: 1, arbitrary: nodes });

/**
 * A child that changes its own attributes, and with them acts on `nodes`. A thread comes last: its end becomes known to a world a moment
 * after it, and until then the child counts as having two threads, which may not change their context freely.
 */
export function childStep(nodes: fc.Arbitrary<Step>): fc.Arbitrary<Step> {
  const plain = inChild(nodes);
  const nested = steps(plain, 3).map((list): Step => ({ op: 'child', steps: list }));
  const inner = fc.oneof({ weight: 9, arbitrary: plain }, { weight: 1, arbitrary: nested });
  const thread = steps(plain, 4).map((list): Step => ({ op: 'thread', steps: list }));
  return fc
    .tuple(steps(inner, 6), fc.option(thread, { freq: 2 }))
    .map(([list, last]): Step => ({ op: 'child', steps: last === null ? list : [...list, last] }));
}

/** A child that does not fork again: in enforcing mode the kernel may forbid that to its new context, as it forbids any system call. */
export function loneChildStep(nodes: fc.Arbitrary<Step>): fc.Arbitrary<Step> {
  return steps(inChild(nodes), 6).map((list): Step => ({ op: 'child', steps: list }));
}

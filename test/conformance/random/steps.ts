/**
 * Random questions to selinuxfs and to attr files, as steps of a scenario. What FUSE cannot answer as the kernel does is left out (writev,
 * lseek relative to the position or before an append, mappings, sizes of mapped nodes: see known-differences.json), and so is what counts or enforces.
 */
import fc from 'fast-check';

export type Step = Readonly<Record<string, unknown>>;

const SELINUXFS = '/sys/fs/selinux';
const NUMBER_NODES = ['checkreqprot', 'disable', 'commit_pending_bools', 'avc/cache_threshold'];
const BOOLEAN_NODES = ['booleans/mone', 'booleans/mtwo', 'booleans/mzed'];
const QUERY_NODES = ['access', 'create', 'relabel', 'member', 'user', 'context', 'validatetrans'];
const READ_NODES = ['mls', 'policyvers', 'deny_unknown', 'reject_unknown', 'initial_contexts/kernel', 'enforce'];
const LOADED_NODES = ['class/file/index', 'class/process/perms/fork', 'policy_capabilities/open_perms'];
const ATTRIBUTES = ['current', 'exec', 'fscreate', 'keycreate', 'sockcreate', 'prev'];

/** Names of the policy data/mini.33, and some that it does not have. */
const USERS = ['msys_u', 'mbob_u', 'nobody_u', ''];
const ROLES = ['msys_r', 'mapp_r', 'object_r', 'norole'];
const TYPES = ['mapp_t', 'mapp2_t', 'mkern_t', 'mdata_t', 'mexec_t', 'mbin_t', 'mapp_alias', 'mnosuch_t', 'dom'];
const RANGES = ['s0', 's1', 's0-s1', 's0-s2:c0.c7', 's0:c1,c2', 's1:c9', 's0-s1:c0.c3', 'mlow', 's9', 's0:c3.c1'];

const context = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .tuple(...[USERS, ROLES, TYPES, RANGES].map((list) => fc.constantFrom(...list)))
      .map((parts) => parts.join(':')),
  },
  { weight: 1, arbitrary: fc.constantFrom('kernel', 'unlabeled', 'msys_u:msys_r:mapp_t', 'a:b:c:d', ':::', '') },
);
const number = fc.oneof(
  fc.constantFrom(
    '0',
    '1',
    '-1',
    '+1',
    '010',
    '0x2',
    '1 ',
    ' 1',
    '1\n',
    '',
    '1x',
    '2147483648',
    '18446744073709551616',
    '1\0',
  ),
  fc.integer({ min: -3, max: 40 }).map(String),
);
/** An @ would begin a token of the scenario language. */
const plain = (maxLength: number) => fc.string({ maxLength }).map((letters) => letters.replaceAll('@', '#'));
const text = fc.oneof(
  plain(12),
  fc.array(fc.constantFrom(' ', '\n', '\0', ':', 's0', '1', 'x'), { maxLength: 6 }).map((parts) => parts.join('')),
);
const ending = fc.constantFrom('', '', '', '\0', '\n', ' ', ' x');

/** A query: contexts and numbers, mostly as many as the node wants. */
const query = fc
  .tuple(context, context, fc.array(fc.oneof(number, context), { maxLength: 3 }), ending)
  .map(([source, target, rest, end]) => [source, target, ...rest].join(' ') + end);
const value = fc.oneof(
  { weight: 4, arbitrary: query },
  { weight: 3, arbitrary: number },
  { weight: 3, arbitrary: fc.tuple(context, ending).map((parts) => parts.join('')) },
  { weight: 2, arbitrary: text },
);
const openFlags = fc.constantFrom('O_RDWR', 'O_RDWR', 'O_WRONLY', 'O_RDONLY', 'O_RDWR|O_TRUNC');

/** Where FUSE's position cannot be by itself: a seek to just there cannot be told from a write that moved it. */
const SEEK_FAR = 1000;

const action = (data: fc.Arbitrary<string>) =>
  fc.oneof(
    data.map((written) => ['write', written]),
    fc.integer({ min: 1, max: 200 }).map((size) => ['read', size]),
    fc.constantFrom(0, SEEK_FAR).map((to) => ['lseek', to]),
    fc.constant(['fstat']),
  );

function descriptorStep(node: fc.Arbitrary<string>, data: fc.Arbitrary<string>): fc.Arbitrary<Step> {
  return fc
    .tuple(node, openFlags, fc.array(action(data), { minLength: 1, maxLength: 5 }))
    .map(([name, flags, actions]) => ({ op: 'fd', path: `${SELINUXFS}/${name}`, flags, do: actions }));
}

const transaction = fc
  .tuple(fc.constantFrom(...QUERY_NODES), value)
  .map(([node, data]) => ({ op: 'txn', path: `${SELINUXFS}/${node}`, data, readanyway: true }));

/** In a child, so that what it sets for itself ends with it. */
const attributes: fc.Arbitrary<Step> = fc
  .array(
    fc.oneof(
      fc
        .tuple(fc.constantFrom(...ATTRIBUTES), value)
        .map(([name, data]) => ({ op: 'write', path: `/proc/thread-self/attr/${name}`, data })),
      fc.constantFrom(...ATTRIBUTES).map((name) => ({ op: 'read', path: `/proc/self/attr/${name}` })),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((steps) => ({ op: 'child', steps }));

const MINI: Step = { file: 'data/mini.33' };
const MINI_SIZE = 6447;

/** The policy with a byte changed, cut short, or with something behind it. */
const damagedPolicy = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: MINI_SIZE - 1 }), fc.integer({ min: 0, max: 255 }))
    .map(([at, byte]) => ({ ...MINI, patch: [[at, byte.toString(16).padStart(2, '0')]] })),
  fc.integer({ min: 0, max: MINI_SIZE - 1 }).map((end) => ({ ...MINI, slice: [0, end] })),
  plain(20),
);
const load = damagedPolicy.map((data) => ({ op: 'write', path: `${SELINUXFS}/load`, data }));

/** A policy stays permissive here: with enforcing=1 it would decide about the probe itself. */
const enforce = number.map((data) => ({ op: 'write', path: `${SELINUXFS}/enforce`, data }));

const status: fc.Arbitrary<Step> = fc.constant({ op: 'fd', path: `${SELINUXFS}/status`, do: [['read', 20]] });

const always = (nodes: readonly string[]) =>
  [
    { weight: 8, arbitrary: transaction },
    { weight: 4, arbitrary: attributes },
    { weight: 4, arbitrary: descriptorStep(fc.constantFrom(...nodes), number) },
    { weight: 3, arbitrary: descriptorStep(fc.constantFrom(...QUERY_NODES), value) },
    { weight: 2, arbitrary: status },
  ] as const;

/** Steps of one session: before a policy, or after one was loaded. */
export function session(length: number): fc.Arbitrary<readonly Step[]> {
  const before = fc.oneof(...always([...NUMBER_NODES, ...READ_NODES]), { weight: 1, arbitrary: enforce });
  const after = fc.oneof(
    ...always([...NUMBER_NODES, ...BOOLEAN_NODES, ...READ_NODES.filter((name) => name !== 'enforce'), ...LOADED_NODES]),
    { weight: 1, arbitrary: load },
  );
  // Unbiased: a bias towards short lists would waste booted kernels.
  const steps = (step: fc.Arbitrary<Step>) =>
    fc.noBias(fc.array(step, { minLength: 1, maxLength: length, size: 'max' }));
  const loading: Step = { op: 'write', path: `${SELINUXFS}/load`, data: MINI };
  return fc.oneof(
    steps(before),
    steps(after).map((list) => [loading, ...list]),
  );
}

/**
 * Random operations on selinuxfs.
 *
 * Left out: the contents of `policy` (the kernel writes its tables in the order of its hash buckets), counters of the AVC and of the SID
 * table (they count the kernel's own accesses too; their digits are replaced), POSIX ACLs, which the kernel's FUSE answers by itself,
 * and the right to execute files, which a world mounts noexec.
 */
import fc from 'fast-check';
import { openStep, type Target, useStep } from './descriptor-steps.ts';
import type { Step } from './step.ts';
import { anyQuery, context, type Data, junk, numberText, QUERIES } from './values.ts';

const SELINUXFS = '/sys/fs/selinux';

const FLAG_NODES = ['checkreqprot', 'disable', 'commit_pending_bools', 'avc/cache_threshold', 'validatetrans', 'load'];
const TEXT_NODES = [
  ...[
    'policyvers',
    'mls',
    'deny_unknown',
    'reject_unknown',
    'enforce',
    'initial_contexts/kernel',
    'initial_contexts/init',
  ],
  ...[
    'initial_contexts/file',
    'initial_contexts/unlabeled',
    'initial_contexts/devnull',
    'policy_capabilities/open_perms',
  ],
  ...['policy_capabilities/network_peer_controls', 'policy_capabilities/userspace_initial_context'],
];
/** Exist only while a policy is loaded; the last one in none. */
const POLICY_NODES = ['class/file/index', 'class/process/perms/fork', 'class/mdb/perms/get', 'class/nosuch/index'];
const BOOLEANS = ['booleans/mone', 'booleans/mtwo', 'booleans/mzed', 'booleans/mnone'];
const COUNTERS = ['avc/cache_stats', 'avc/hash_stats', 'ss/sidtab_hash_stats'];
const DIRECTORIES = [
  '.',
  'booleans',
  'class',
  'class/file',
  'class/file/perms',
  'avc',
  'ss',
  'initial_contexts',
  'policy_capabilities',
];
const NAMES = ['new', 'enforce', 'mone', 'file', 'index', 'x'.repeat(256)];

const at = (name: string) => `${SELINUXFS}/${name}`;
const text = (arbitrary: fc.Arbitrary<Data>): fc.Arbitrary<Data> => arbitrary;
const numbers: fc.Arbitrary<Data> = fc.oneof(
  { weight: 6, arbitrary: text(numberText) },
  { weight: 1, arbitrary: junk },
);
const READABLE = [...TEXT_NODES, ...POLICY_NODES, ...BOOLEANS];
const ANY_FILE = [
  ...FLAG_NODES,
  ...READABLE,
  ...COUNTERS,
  ...Object.keys(QUERIES),
  'status',
  'policy',
  'null',
  'nosuch',
];
const anyPath = fc.oneof(fc.constantFrom(...ANY_FILE), fc.constantFrom(...DIRECTORIES)).map(at);

/** What a node understands, and now and then what another does. */
function wanted(node: string): fc.Arbitrary<Data> {
  const query = QUERIES[node];
  if (query === undefined) return numbers;
  return fc.oneof(
    { weight: 8, arbitrary: text(query) },
    { weight: 1, arbitrary: text(anyQuery) },
    { weight: 1, arbitrary: junk },
  );
}

const targets = (nodes: readonly string[]): Target[] =>
  nodes.map((node) => ({ path: at(node), flags: ['O_RDWR|O_CREAT|O_EXCL', 'O_PATH'], data: wanted(node) }));

const transaction = fc.constantFrom(...Object.keys(QUERIES)).chain((node) =>
  wanted(node).map(
    (data): Step => ({
      op: 'txn',
      path: at(node),
      data,
      ...(node === 'validatetrans' ? { flags: 'O_WRONLY' } : { readanyway: true }),
    }),
  ),
);

/** `enforce` is not among them: in enforcing mode a policy would decide about the probe itself; see sequences.ts. */
const descriptor = fc.oneof(
  { weight: 3, arbitrary: fc.oneof(...targets(Object.keys(QUERIES)).map(openStep)) },
  {
    weight: 3,
    arbitrary: fc.oneof(...targets([...FLAG_NODES.filter((node) => node !== 'load'), ...BOOLEANS]).map(openStep)),
  },
  {
    weight: 2,
    arbitrary: fc.oneof(
      ...targets([...TEXT_NODES.filter((node) => node !== 'enforce'), ...POLICY_NODES, 'null']).map(openStep),
    ),
  },
);

const boolean = fc.oneof(
  fc.tuple(fc.constantFrom(...BOOLEANS), numbers).map(([node, data]): Step => ({ op: 'write', path: at(node), data })),
  numbers.map((data): Step => ({ op: 'write', path: at('commit_pending_bools'), data })),
  fc.constantFrom(...BOOLEANS).map((node): Step => ({ op: 'read', path: at(node) })),
);

const reading = fc.oneof(
  fc.constantFrom(...READABLE).map((node): Step => ({ op: 'read', path: at(node) })),
  fc.constantFrom(...COUNTERS).map(
    (node): Step => ({
      op: 'read',
      path: at(node),
      norm: [
        ['\\d+', 'N'],
        ['(N ){5}N\n', ''],
      ],
    }),
  ),
  fc.constant<Step>({
    op: 'fd',
    path: at('status'),
    do: [
      ['read', 20],
      ['read', 20],
    ],
  }),
  fc
    .constantFrom('O_RDONLY', 'O_RDWR', 'O_WRONLY', 'O_RDONLY|O_TRUNC')
    .map((flags): Step => ({ op: 'open', path: at('policy'), flags })),
);

const NO_SIZE = /\/(?:status|policy)$/;

const directory = fc.tuple(fc.constantFrom(...DIRECTORIES), fc.constantFrom(...NAMES)).chain(([folder, name]) => {
  const path = at(`${folder}/${name}`);
  return fc.constantFrom<Step>(
    { op: 'mkdir', path },
    { op: 'rmdir', path },
    { op: 'unlink', path },
    { op: 'mkfile', path },
    { op: 'mknod', path },
    { op: 'symlink', path, target: 'x' },
    { op: 'link', path: at('mls'), to: path },
    { op: 'rename', path: at('mls'), to: path },
    { op: 'rename', path, to: at('avc/new') },
    { op: 'list', path: at(folder) },
  );
});

const MODES = ['000', '444', '600', '755', '4777'];

const attributes = anyPath.chain((path) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Step>({ op: NO_SIZE.test(path) ? 'open' : 'stat', path }) },
    { weight: 2, arbitrary: fc.constantFrom('f', 'r', 'w').map((mode): Step => ({ op: 'access', path, mode })) },
    { weight: 1, arbitrary: fc.constantFrom(...MODES).map((mode): Step => ({ op: 'chmod', path, mode })) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1000, -1).map((id): Step => ({ op: 'chown', path, uid: id, gid: id })) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1).map((size): Step => ({ op: 'truncate', path, size })) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Step>({ op: 'utime', path }, { op: 'readlink', path }, { op: 'statfs', path }),
    },
  ),
);

const XATTRS = ['security.selinux', 'security.other', 'user.x', 'trusted.x', 'nonsense'];

const extended = fc.tuple(anyPath, fc.constantFrom('security.selinux', ...XATTRS)).chain(([path, name]) =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant<Step>({ op: 'getxattr', path, name }) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, 5, 40).map((size): Step => ({ op: 'getxattrn', path, name, size })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.oneof(context, fc.constant('')), fc.constantFrom('', 'create', 'replace'))
        .map(([data, xflags]): Step => ({ op: 'setxattr', path, name, data, xflags })),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ op: 'removexattr', path, name }) },
    { weight: 1, arbitrary: fc.constant<Step>({ op: 'listxattr', path }) },
  ),
);

const isLabelChange = ({ op, name }: Step) =>
  name === 'security.selinux' && (op === 'setxattr' || op === 'removexattr');

const steps = (labels: fc.Arbitrary<Step>) =>
  fc.oneof(
    { weight: 8, arbitrary: transaction },
    { weight: 6, arbitrary: descriptor },
    { weight: 3, arbitrary: useStep(fc.oneof(numbers, text(anyQuery))) },
    { weight: 3, arbitrary: boolean },
    { weight: 3, arbitrary: reading },
    { weight: 2, arbitrary: directory },
    { weight: 3, arbitrary: attributes },
    { weight: 3, arbitrary: labels },
  );

/** Anything that neither loads a policy nor touches `enforce`. */
export const nodeStep = steps(extended);

/** For other identities: without CAP_SYS_ADMIN the host's kernel refuses to change security attributes before it asks anybody. */
export const ordinaryStep = steps(extended.filter((step) => !isLabelChange(step)));

export const enforceStep: fc.Arbitrary<Step> = fc.oneof(
  numbers.map((data): Step => ({ op: 'write', path: at('enforce'), data })),
  openStep({ path: at('enforce'), data: numbers }),
);

/** Writes of `load` whose data are no policy at all. */
export const refusedLoad: fc.Arbitrary<Step> = fc.oneof(
  junk.map((data): Step => ({ op: 'write', path: at('load'), data })),
  fc
    .constantFrom(1, 4096)
    .map((offset): Step => ({ op: 'write', path: at('load'), data: { file: 'data/mini.33' }, offset })),
  fc
    .integer({ min: 0, max: 6446 })
    .map((end): Step => ({ op: 'write', path: at('load'), data: { file: 'data/mini.33', slice: [0, end] } })),
);

export function load(file: string, patch: readonly (readonly [number, string])[] = []): Step {
  return { op: 'write', path: at('load'), data: { file: `data/${file}`, ...(patch.length === 0 ? {} : { patch }) } };
}

export const PERMISSIVE: Step = { op: 'write', path: at('enforce'), data: '0' };
export const ENFORCING: Step = { op: 'write', path: at('enforce'), data: '1' };

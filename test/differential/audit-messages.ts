/**
 * Random messages to audit: every type, structures of every length, flags, ports and sequence numbers of all kinds, rules that are right
 * and wrong.
 *
 * Left out: `failure` 2, with which a lost record ends the kernel; rules that match what the probe itself does, which would hold it;
 * directories that are removed meanwhile, with which rules end; requests with an answer in a datagram of several messages, as a
 * thread of the kernel sends the answer at any time; AUDIT_STATUS_LOST and AUDIT_STATUS_BACKLOG_WAIT_TIME_ACTUAL alone, of which the
 * answer is how many records were lost and how long somebody has waited, as that depends on time; without an address, messages that do
 * not ask for an acknowledgement, of which nobody knows when they are answered, and those with paths, which nobody looks up then.
 */
import fc from 'fast-check';
import { AUDIT, FIELD, LIST, OP } from '../../linux/audit.ts';

/** As the probe has it: netlink_audit.py. */
export type AuditMessage = Readonly<Record<string, unknown>>;

const CONTROL = [
  ...[AUDIT.GET, AUDIT.SET, AUDIT.LIST, AUDIT.ADD, AUDIT.DEL, AUDIT.SIGNAL_INFO, AUDIT.ADD_RULE, AUDIT.DEL_RULE],
  ...[
    AUDIT.LIST_RULES,
    AUDIT.TRIM,
    AUDIT.MAKE_EQUIV,
    AUDIT.TTY_GET,
    AUDIT.TTY_SET,
    AUDIT.SET_FEATURE,
    AUDIT.GET_FEATURE,
  ],
];
const USER = [AUDIT.USER, 1100, 1105, AUDIT.USER_AVC, 1112, AUDIT.USER_TTY, 1199, 2100, 2500, 2999];
const OTHERS = [0, 1, 2, 3, 4, 15, 16, 999, 1006, 1007, 1009, 1099, 1200, 1299, 2000, 2099, 2100, 3000, 65535];

const NUMBERS = [
  0, 1, 2, 3, 4, 5, 16, 64, 255, 256, 1000, 65534, 65535, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];
const u32 = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 1, arbitrary: fc.nat(0xffffffff) },
);

/** The length of a structure, or nearly. */
const lengthNear = (size: number) =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constant(size) },
    { weight: 3, arbitrary: fc.constantFrom(size - 1, size + 1, size - 4, size + 4, 0, 1, 4) },
    { weight: 1, arbitrary: fc.nat(2 * size) },
  );

/** AUDIT_STATUS_LOST, AUDIT_STATUS_BACKLOG_WAIT_TIME_ACTUAL */
const OF_TIME = [0x40, 0x80];
const MASKS = [0x01, 0x02, 0x08, 0x10, 0x20, 0x40, 0x80];
const mask = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc.subarray(MASKS, { minLength: 1, maxLength: 2 }).map((bits) => bits.reduce((all, bit) => all | bit)),
    },
    { weight: 1, arbitrary: fc.constantFrom(0, 0x04, 0x0c, 0x100, 0xc0, 0x140, 0xffffff00, 0x44) },
  )
  .filter((bits) => !OF_TIME.includes(bits));
const statusWith = (enabled: readonly number[]) =>
  fc
    .record({
      mask,
      enabled: fc.constantFrom(...enabled),
      failure: fc.constantFrom(0, 1, 3, 0xffffffff),
      pid: fc.constantFrom('0', '0', '@PID', '@PPID', '1', '2', '4294967295'),
      rate_limit: fc.constantFrom(0, 0, 5, 0xffffffff),
      backlog_limit: fc.constantFrom(0, 64, 8192, 0xffffffff),
      lost: u32,
      backlog: u32,
      feature_bitmap: u32,
      backlog_wait_time: fc.constantFrom(0, 1, 6000, 60000, 60001, 0x7fffffff, 0xffffffff),
      backlog_wait_time_actual: u32,
    })
    .chain((fields) => lengthNear(44).map((len) => ({ status: fields, len })))
    .filter(({ status: { mask: bits }, len }) => !OF_TIME.includes(bits % 256 ** len));

const bytes = (max: number) =>
  fc.uint8Array({ maxLength: max }).map((data) => ({ hex: Buffer.from(data).toString('hex') }));
const words = (count: number) => fc.array(u32, { minLength: count, maxLength: count }).map((list) => ({ u32: list }));
const cut = (data: fc.Arbitrary<{ readonly u32: number[] }>) =>
  data.chain(({ u32: list }) =>
    lengthNear(4 * list.length).map((length) => {
      const whole = Buffer.alloc(length);
      Buffer.from(new Uint32Array(list).buffer).copy(whole);
      return { hex: whole.toString('hex') };
    }),
  );
/** u32 version, mask, features, lock. */
const featuresWith = (locks: readonly number[]) =>
  cut(
    fc
      .tuple(u32, fc.constantFrom(0, 1, 2, 3, 4, 0xffffffff), fc.constantFrom(0, 1, 2, 3), fc.constantFrom(...locks))
      .map((list) => ({ u32: list })),
  );

/** Settings that last until the next boot are among what is set. */
interface Range {
  readonly status: fc.Arbitrary<unknown>;
  readonly features: fc.Arbitrary<unknown>;
}
const PASSING: Range = { status: statusWith([0, 0, 1, 3, 0xffffffff]), features: featuresWith([0]) };
const LASTING: Range = {
  status: statusWith([0, 0, 1, 1, 1, 2, 0xffffffff]),
  features: featuresWith([0, 0, 0, 1, 2, 3, 0xffffffff]),
};

const PATHS = [
  ...['/etc/passwd', '/etc', '/tmp', '/nosuch/file', '/etc/nosuch', 'relative', '/etc/', '', '/', '/bin/ls'],
  ...['/etc/passwd/x', '/etc/.', '/etc/..', '//etc//passwd', '/proc/self/exe', '/root/x', '/root/x/y', '/etc/mtab'],
  ...[
    '/etc/passwd\0',
    '/etc/\0',
    '/etc\0/x',
    '\0',
    '\0/etc',
    `/etc/${'x'.repeat(256)}`,
    `/${'x'.repeat(255)}`,
    `/${'e/'.repeat(2100)}x`,
  ],
];
const LABELS = ['nosuch_t', 's0', 's0-s15:c0.c1023', '_', '', 's0\0', '\0'];
const KEYS = ['k', 'two words', 'x'.repeat(255), 'x'.repeat(256), 'x'.repeat(257), '', 'k\0', '\0k', '\u00e9'];
const OPERATORS = Object.values(OP);
const op = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(OP.EQUAL, OP.NOT_EQUAL) },
  { weight: 3, arbitrary: fc.constantFrom(...OPERATORS) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 0x70000000, 0x78000000, 0x40000001, 0xffffffff) },
);
const LABEL_FIELDS: readonly number[] = [
  ...[FIELD.SUBJ_USER, FIELD.SUBJ_ROLE, FIELD.SUBJ_TYPE, FIELD.SUBJ_SEN, FIELD.SUBJ_CLR],
  ...[FIELD.OBJ_USER, FIELD.OBJ_ROLE, FIELD.OBJ_TYPE, FIELD.OBJ_LEV_LOW, FIELD.OBJ_LEV_HIGH],
];
const PATH_FIELDS: readonly number[] = [FIELD.WATCH, FIELD.DIR, FIELD.EXE];
const KERNELS = Object.values(FIELD).filter((type) => type !== FIELD.CONTID);
const fieldType = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...KERNELS) },
  { weight: 1, arbitrary: fc.constantFrom(27, 28, 99, 114, 199, 204, 211, 0xffffffff) },
);
const value = (type: number): fc.Arbitrary<number | string> => {
  if (LABEL_FIELDS.includes(type)) return fc.constantFrom(...LABELS);
  if (PATH_FIELDS.includes(type)) return fc.constantFrom(...PATHS);
  return type === FIELD.FILTERKEY ? fc.constantFrom(...KEYS) : u32;
};
const field = fieldType.chain((type) => fc.tuple(fc.constant(type), op, value(type)));
/** Of calls that the probe does not make: mkdir, mount, swapon, sethostname, acct. */
const SYSCALLS = [83, 165, 167, 170, 163, 2047, 2046, 600];
const list = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(LIST.EXIT, LIST.EXCLUDE, LIST.USER, LIST.FS, LIST.URING) },
  { weight: 1, arbitrary: fc.constantFrom(LIST.TASK, 2, 3, 7, 8, 0x20, 0x10, 0xffffffff) },
);
const rule = fc.record(
  {
    list,
    action: fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(0, 2) },
      { weight: 1, arbitrary: fc.constantFrom(1, 3, 0xffffffff) },
    ),
    prepend: fc.boolean(),
    syscalls: fc.oneof({ weight: 8, arbitrary: fc.subarray(SYSCALLS) }, { weight: 1, arbitrary: fc.constant([]) }),
    fields: fc.array(field, { maxLength: 4 }),
    count: fc.constantFrom(0, 1, 63, 64, 65, 0xffffffff),
    buflen: fc.constantFrom(0, 1, 4096, 0xffffffff),
  },
  { requiredKeys: ['list', 'action', 'fields'] },
);
const usualRule = rule.map(({ count: _, buflen: __, ...whole }) => ({ rule: whole }));
const oddRule = fc.oneof(
  rule.map((whole) => ({ rule: whole })),
  usualRule.chain((whole) => fc.constantFrom(1039, 1040, 1041, 1036, 0, 4, 268).map((end) => ({ ...whole, cut: end }))),
  usualRule.chain((whole) => fc.constantFrom(1, 3, 4, 5000).map((more) => ({ ...whole, more }))),
);

/** u32 length of the first path, u32 length of the second, both. */
const WRONG = [0, 0, 0, 0, 1, -1, 4097, 0xffff];
const pair = fc
  .tuple(fc.constantFrom(...PATHS), fc.constantFrom(...PATHS), fc.constantFrom(...WRONG), fc.constantFrom(...WRONG))
  .map(([first, second, ...wrong]) => {
    const head = new Uint32Array([first.length + wrong[0], second.length + wrong[1]]);
    return [{ hex: Buffer.from(head.buffer).toString('hex') }, first + second];
  });
const text = fc.oneof(
  fc.constantFrom(
    'hello\0',
    'op=x res=success\0',
    '',
    'x',
    'xy',
    '\0',
    "it's\0",
    'a\0b\0',
    'x'.repeat(8969),
    'x'.repeat(9000),
  ),
  bytes(40),
);

function dataFor(type: number, { status, features }: Range): fc.Arbitrary<unknown> {
  if (type === AUDIT.SET) return status;
  if (type === AUDIT.SET_FEATURE) return features;
  if (type === AUDIT.TTY_SET) return cut(words(2));
  if (type === AUDIT.ADD_RULE || type === AUDIT.DEL_RULE)
    return fc.oneof({ weight: 5, arbitrary: usualRule }, { weight: 2, arbitrary: oddRule });
  if (type === AUDIT.MAKE_EQUIV) return fc.oneof({ weight: 3, arbitrary: pair }, { weight: 1, arbitrary: bytes(16) });
  if (USER.includes(type)) return text;
  return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: bytes(24) });
}

const type = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...CONTROL) },
  { weight: 5, arbitrary: fc.constantFrom(AUDIT.SET, AUDIT.ADD_RULE, AUDIT.DEL_RULE, AUDIT.MAKE_EQUIV) },
  { weight: 2, arbitrary: fc.constantFrom(...USER) },
  { weight: 1, arbitrary: fc.constantFrom(...OTHERS) },
  { weight: 2, arbitrary: fc.integer({ min: 1000, max: 2099 }) },
);
const rarely = <T>(what: fc.Arbitrary<T>, often = 12) =>
  fc.oneof({ weight: often, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: what });
const simpleIn = (range: Range) =>
  type.chain((chosen) =>
    fc.record({
      type: fc.constant(chosen),
      data: dataFor(chosen, range),
      flags: fc.oneof(
        { weight: 6, arbitrary: fc.constant(5) },
        { weight: 2, arbitrary: fc.constantFrom(0, 1, 4, 0x305, 0xffff) },
      ),
    }),
  );
const RARE = {
  nllen: [0, 1, 15, 16, 17, 60, 1055, 1056, 1057, 0x7fffffff, 0xffffffff],
  dst: [100_000, 5_000_000, 0xffffffff],
};

/** Types whose answer a thread of the kernel sends (audit_send_reply()): not in a datagram of several messages. */
const LATE: readonly number[] = [AUDIT.GET, AUDIT.LIST_RULES, AUDIT.SIGNAL_INFO, AUDIT.TTY_GET, AUDIT.GET_FEATURE];
const WITH_PATHS: readonly number[] = [AUDIT.ADD_RULE, AUDIT.DEL_RULE, AUDIT.MAKE_EQUIV];

const requestIn = (range: Range): fc.Arbitrary<AuditMessage> =>
  fc
    .record({
      whole: simpleIn(range),
      seq: fc.constantFrom(7, 7, 0, 1, 0xffffffff),
      port: rarely(fc.constantFrom(1, 4242, 0xffffffff)),
      nllen: rarely(fc.constantFrom(...RARE.nllen)),
      dst: rarely(fc.constantFrom(...RARE.dst), 40),
      dstgroups: rarely(fc.constantFrom(1, 2, 0x80000000), 40),
      behind: rarely(
        fc.array(
          simpleIn(range).filter(({ type: chosen }) => !LATE.includes(chosen)),
          { minLength: 1, maxLength: 2 },
        ),
      ),
      bare: rarely(fc.constant(true)),
    })
    .map(({ whole, seq, port, bare, ...rest }) => {
      if (bare && !WITH_PATHS.includes(whole.type)) return withoutAbsent({ ...whole, flags: 5, seq, port, bare });
      const behind = LATE.includes(whole.type) ? undefined : rest.behind;
      return withoutAbsent({ ...whole, seq, port, ...rest, behind });
    });

/** NETLINK_ADD_MEMBERSHIP, NETLINK_DROP_MEMBERSHIP */
const MEMBERSHIP = [1, 2];
/** Another socket is to be in a group. */
const join: fc.Arbitrary<AuditMessage> = fc.oneof(
  fc.constantFrom(0, 1, 2, 3, 0x80000000, 0xffffffff).map((groups) => ({ join: true, groups })),
  fc
    .tuple(fc.constantFrom(...MEMBERSHIP), fc.constantFrom(0, 1, 2, 31, 32, 33, 0xffffffff))
    .map(([option, value]) => ({ join: true, option, value })),
);

/** @param lasting also settings that last until the next boot. */
export const auditMessage = (lasting: boolean): fc.Arbitrary<AuditMessage> =>
  fc.oneof({ weight: 20, arbitrary: requestIn(lasting ? LASTING : PASSING) }, { weight: 1, arbitrary: join });

function withoutAbsent(message: AuditMessage): AuditMessage {
  return Object.fromEntries(Object.entries(message).filter(([, part]) => part !== undefined));
}

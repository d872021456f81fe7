/**
 * Random words and bytes for SELinux nodes: contexts, numbers and queries, right and wrong. The names are those of the small policy
 * scenarios/data/mini.33. No text holds `@`, which starts a token of the probe.
 */
import fc from 'fast-check';

/** Data of a step: a text, or bytes in hexadecimal. */
export type Data = string | { readonly hex: string };

const USERS = ['msys_u', 'msys_u', 'mbob_u', 'nobody_u', ''];
const ROLES = ['msys_r', 'mapp_r', 'object_r', 'norole'];
const TYPES = [
  ...['mapp_t', 'mapp2_t', 'mkern_t', 'mkid_t', 'mperm_t', 'mapp_alias'],
  ...['mdata_t', 'mdata2_t', 'mexec_t', 'mbin_t', 'mtmp_t', 'munl_t', 'msec_t', 'mnosuch_t', 'dom'],
];
const LEVELS = [
  ...[
    's0',
    's1',
    's2',
    's0-s1',
    's0-s2:c0.c7',
    's0:c1,c2',
    's1:c0.c3-s2:c0.c5',
    'mlow',
    's0:mcat',
    's0:c0,c1-s1:c0.c3',
  ],
  ...['s9', 's1-s0', 's0:c3.c1', 's0:c9', 's0:', 's0-', 's0 ', 's0:c0.c1.c2', 's0:c1,c1', 's0-s0', 's0:c2,c1'],
];
const CLASSES = ['file', 'dir', 'process', 'security', 'mdb', 'nosuch'];
/** Contexts that the policy allows, for what is wanted to succeed often. */
const DOMAINS = [
  ...['msys_u:msys_r:mapp_t:s0', 'msys_u:msys_r:mapp2_t:s1', 'mbob_u:mapp_r:mapp_t:s1', 'msys_u:msys_r:mkern_t:s0'],
  ...['msys_u:msys_r:mkid_t:s0-s2:c0.c7', 'msys_u:msys_r:mperm_t:s0', 'msys_u:msys_r:mkern_t:s0-s1:c0,c2'],
];
const OBJECTS = [
  ...[
    'msys_u:object_r:mdata_t:s0',
    'msys_u:object_r:mexec_t:s0',
    'mbob_u:object_r:mtmp_t:s1',
    'msys_u:object_r:mbin_t:s2',
  ],
  ...['msys_u:object_r:mdata2_t:s0-s2:c0.c7', 'msys_u:object_r:munl_t:mlow'],
];
const ODD_CONTEXTS = [
  'kernel',
  'unlabeled',
  'devnull',
  'msys_u:msys_r:mapp_t',
  'a:b:c:d',
  ':::',
  'msys_u:msys_r:mapp_t:s0:c1:c2',
  '',
];
const LETTERS = [...' \t\n\0:,.-_+01289asxcmu/*\\~\u007f\u00a0\u00ff'];

const text = fc.string({ unit: fc.constantFrom(...LETTERS), maxLength: 12 });
const hex = fc.uint8Array({ maxLength: 24 }).map((bytes) => ({ hex: Buffer.from(bytes).toString('hex') }));

const assembled = fc
  .tuple(fc.constantFrom(...USERS), fc.constantFrom(...ROLES), fc.constantFrom(...TYPES), fc.constantFrom(...LEVELS))
  .map((parts) => parts.join(':'));

export const domain = fc.constantFrom(...DOMAINS);

export const context = fc.oneof(
  { weight: 4, arbitrary: domain },
  { weight: 4, arbitrary: fc.constantFrom(...OBJECTS) },
  { weight: 5, arbitrary: assembled },
  { weight: 1, arbitrary: fc.constantFrom(...ODD_CONTEXTS) },
  { weight: 1, arbitrary: text },
);

const ODD_NUMBERS = [
  ...[
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
    '-2147483649',
    '4294967296',
    '18446744073709551617',
  ],
  ...['1\0', '\0', '-', '--1', '00000000000000000000000000000001', '1 2', '\n', '\t1', '\u00a01', '0'.repeat(4090)],
];

export const numberText = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('0', '1') },
  { weight: 3, arbitrary: fc.constantFrom(...ODD_NUMBERS) },
  { weight: 1, arbitrary: fc.integer({ min: -3, max: 70_000 }).map(String) },
);

const classNumber = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 14 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('-1', '65535', '65536', '65537', '0x2', '1x', '', ...CLASSES) },
);

const ending = fc.constantFrom('', '', '', '', '\0', '\n', ' ', ' x', '\0x');
const gap = fc.constantFrom(' ', ' ', ' ', ' ', '  ', '\t', '\n', '\0', '');
const objectName = fc.oneof(
  fc.constantFrom('mnamed', '%6dnamed', '%', '%zz', 'a+b', '%00', 'x'.repeat(300)),
  fc.string({ unit: fc.constantFrom(...LETTERS), maxLength: 6 }),
);

function words(...parts: fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(fc.tuple(...parts), gap, ending).map(([list, between, end]) => list.join(between) + end);
}

/** Queries by the node that understands them, each sometimes sent to another. */
export const QUERIES: Readonly<Record<string, fc.Arbitrary<string>>> = {
  context: fc.tuple(context, ending).map((parts) => parts.join('')),
  access: words(context, context, classNumber),
  create: fc.oneof(words(context, context, classNumber), words(context, context, classNumber, objectName)),
  relabel: words(context, context, classNumber),
  member: words(context, context, classNumber),
  user: words(context, fc.constantFrom('msys_u', 'mbob_u', 'mno_u', '')),
  validatetrans: words(context, context, classNumber, context),
};

export const anyQuery: fc.Arbitrary<string> = fc.oneof(...Object.values(QUERIES));

/** What no node wants. */
export const junk: fc.Arbitrary<Data> = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 2, arbitrary: hex },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(4087), 'y'.repeat(4088), 'z'.repeat(4096), 'q'.repeat(5000)) },
);

/** What is written to attr files. */
export const attributeValue: fc.Arbitrary<Data> = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(domain, ending).map((parts) => parts.join('')) },
  { weight: 4, arbitrary: fc.tuple(context, ending).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: fc.constantFrom('', '\0', '\n', '\0x', '\nx', ' ') },
  { weight: 1, arbitrary: junk },
);

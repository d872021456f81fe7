/**
 * Random operations on the nodes of TOMOYO.
 *
 * Left out, because the probe's own domain would be held by it: profiles of `<kernel>` and the modes of its profile 0; `query` and
 * `audit`, which show what programs do. Numbers of bytes are normalised: structures of a kernel have other sizes.
 */
import fc from 'fast-check';
import type { Step } from './step.ts';
import { one } from './texts.ts';
import { NODES } from './tomoyo-lines.ts';
import { domain } from './tomoyo-rules.ts';

const DIRECTORY = '/sys/kernel/security/tomoyo';
const at = (node: string): string => `${DIRECTORY}/${node}`;

const WEIGHTS: Readonly<Record<string, number>> = { domain_policy: 8, exception_policy: 6, profile: 4, manager: 2 };
const node = fc.oneof(
  ...Object.keys(NODES).map((name) => ({ weight: WEIGHTS[name] ?? 1, arbitrary: fc.constant(name) })),
);

const NORM = [
  ['\\d{4}/\\d\\d/\\d\\d \\d\\d:\\d\\d:\\d\\d', 'DATE'],
  ['(Memory used by [a-z ]+:|Total memory used:) +\\d+', '\\1 N'],
];
const SHOWN = ['domain_policy', 'exception_policy', 'profile', 'manager', 'stat', 'self_domain', 'version'];
const size = 262_144;
const show = (name: string): Step => ({ op: 'read', path: at(name), size, norm: NORM });
const write = node.chain((name) =>
  (NODES[name] as fc.Arbitrary<string>).map((data): Step => ({ op: 'write', path: at(name), data })),
);
const read = fc.constantFrom(...SHOWN).map(show);
/** One that selects, then reads the same descriptor. */
const selection = fc.oneof(
  domain.map((name) => `select domain=${name}`),
  domain.map((name) => `select ${name}`),
  one('select transition_only', 'select pid=1', 'select pid=999999999', 'select Q=7', 'select bogus', 'reset'),
);
const selected = selection.map(
  (text): Step => ({ op: 'txn', path: at('domain_policy'), data: `${text}\n`, readanyway: true, size, norm: NORM }),
);
/** In two writes of one descriptor. */
const split = fc.tuple(one('exception_policy', 'manager', 'profile'), fc.nat(20)).chain(([name, where]) =>
  (NODES[name] as fc.Arbitrary<string>).map(
    (data): Step => ({
      op: 'fd',
      path: at(name),
      flags: 'O_WRONLY',
      do: [
        ['write', data.slice(0, where)],
        ['write', data.slice(where)],
      ],
    }),
  ),
);
const asOther = fc
  .tuple(
    fc.oneof(write, read),
    fc.constantFrom(1000, { drop: ['CAP_MAC_ADMIN'] }, { uid: 1000, keep: ['CAP_DAC_OVERRIDE'] }),
  )
  .map(([step, as]): Step => ({ ...step, as }));
const status = one('1', 'x', '999999999', 'global-pid 1', '+1', '-1', '').map(
  (data): Step => ({ op: 'txn', path: at('.process_status'), data: `${data}\n`, readanyway: true }),
);
const step = fc.oneof(
  { weight: 10, arbitrary: write },
  { weight: 3, arbitrary: read },
  { weight: 2, arbitrary: selected },
  { weight: 2, arbitrary: split },
  { weight: 1, arbitrary: asOther },
  { weight: 1, arbitrary: status },
);

/** @returns `count` steps, then all that there is to read; the same for the same seed. */
export function tomoyoSteps(seed: number, count: number): Step[] {
  return [...fc.sample(step, { seed, numRuns: count }), ...SHOWN.map(show)];
}

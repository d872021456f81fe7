/**
 * Random use of one open file.
 *
 * Left out, because a FUSE transport cannot answer it as the kernel's own file does: writev, whose parts FUSE joins; reads of zero bytes,
 * which never reach the file; lseek relative to the position and to the end, which FUSE answers by itself; mappings;
 * sizes of files that can be mapped; O_APPEND, at whose place FUSE puts writes; and positional transfers at a place
 * where FUSE believes the position to be, which look like sequential ones: pread and pwrite go to places that no sum of
 * transferred bytes reaches.
 */
import fc from 'fast-check';
import type { Step } from './step.ts';
import type { Data } from './values.ts';

const FLAGS = [
  ...['O_RDWR', 'O_RDWR', 'O_RDWR', 'O_WRONLY', 'O_RDONLY', 'O_RDWR|O_TRUNC', 'O_WRONLY|O_TRUNC'],
  ...['O_RDONLY|O_TRUNC', 'O_RDWR|O_CREAT', 'O_RDONLY|O_DIRECTORY', 'O_RDWR|O_NONBLOCK'],
  'O_RDWR|O_NOFOLLOW',
];

/** Not reachable by transfers of this file's sizes. */
const FAR = [1_000_003, 70_000_001, 2_000_000_011];
const far = fc.constantFrom(...FAR);
const length = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(4087, 4096, 8192));

export type Action = readonly unknown[];

export function action(data: fc.Arbitrary<Data>): fc.Arbitrary<Action> {
  return fc.oneof(
    { weight: 5, arbitrary: data.map((written): Action => ['write', written]) },
    { weight: 5, arbitrary: length.map((size): Action => ['read', size]) },
    { weight: 1, arbitrary: fc.constant<Action>(['readall']) },
    { weight: 1, arbitrary: fc.tuple(data, far).map(([written, at]): Action => ['pwrite', written, at]) },
    { weight: 1, arbitrary: fc.tuple(length, far).map(([size, at]): Action => ['pread', size, at]) },
    { weight: 1, arbitrary: fc.oneof(far, fc.constantFrom(0, -1)).map((to): Action => ['lseek', to]) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Action>(['fstat'], ['ftruncate', 0], ['ftruncate', 5], ['poll', 'in|out']),
    },
  );
}

const KEPT = ['a', 'b'];

export interface Target {
  readonly path: string;
  /** Open flags besides the usual ones. */
  readonly flags?: readonly string[];
  readonly data: fc.Arbitrary<Data>;
}

function actions(data: fc.Arbitrary<Data>): fc.Arbitrary<readonly Action[]> {
  return fc.array(action(data), { minLength: 1, maxLength: 5 });
}

/** Opens a file, does something with it, and perhaps keeps it open for later steps. */
export function openStep({ path, flags: more = [], data }: Target): fc.Arbitrary<Step> {
  return fc
    .tuple(fc.constantFrom(...FLAGS, ...more), actions(data), fc.option(fc.constantFrom(...KEPT), { freq: 2 }))
    .map(([flags, list, keep]): Step => ({ op: 'fd', path, flags, do: list, ...(keep === null ? {} : { keep }) }));
}

/** Something with a file that an earlier step may have kept open. */
export function useStep(data: fc.Arbitrary<Data>): fc.Arbitrary<Step> {
  return fc.oneof(
    {
      weight: 5,
      arbitrary: fc
        .tuple(fc.constantFrom(...KEPT), actions(data))
        .map(([use, list]): Step => ({ op: 'fd', use, do: list })),
    },
    { weight: 1, arbitrary: fc.constantFrom(...KEPT).map((use): Step => ({ op: 'closefd', use })) },
  );
}

/** What ends a sequence: nothing stays open. */
export const CLOSING_STEPS: readonly Step[] = KEPT.map((use) => ({ op: 'closefd', use }));

/**
 * Nodes with one number or one label: doi, direct, mapped, logging, ptrace; ambient, syslog, unconfined.
 *
 * Writes do not look at the position and leave it alone.
 */

import { bytesOf, slice } from '../../../linux/bytes.ts';
import { E, type Errno, failed } from '../../../linux/errno.ts';
import { PAGE_SIZE } from '../../../linux/fs.ts';
import { PseudoFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { DirectoryEntry, Handle } from '../../../vfs/tree/node.ts';
import { parseLabel, SPECIAL } from '../policy/label.ts';
import type { SmackfsContext } from './context.ts';
import { type IntegerType, parseInteger } from './integer.ts';

const U32: IntegerType = { bits: 32, signed: false };
const U8: IntegerType = { bits: 8, signed: false };
const INT: IntegerType = { bits: 32, signed: true };

type Check = (caller: Caller) => Errno | undefined;

export function scalarNodes({ security, init }: SmackfsContext): DirectoryEntry[] {
  const { labels, refuseUnprivileged: privileged, refuseNetlabel: network } = security;
  const number = (ino: number, options: NumberOptions) => new PseudoFile(init(ino, 0o644), () => numberHandle(options));
  const label = (ino: number, options: Omit<LabelOptions, 'check' | 'shown'>) =>
    new PseudoFile(init(ino, 0o644), () =>
      labelHandle({ check: privileged, shown: (name, caller) => security.shown(name, caller), ...options }),
    );
  const imported = (name: string): string => labels.import(name).name;
  const within = (highest: number, store: (value: number) => void) => (value: number) => {
    if (value < 0 || value > highest) return E.EINVAL;
    store(value);
    return undefined;
  };
  const level = (kind: 'direct' | 'mapped', value: number) => {
    labels.setLevel(kind, value);
    return undefined;
  };
  const nodes: DirectoryEntry[] = [
    {
      name: 'doi',
      node: number(5, {
        type: U32,
        check: network,
        show: () => String(security.doi),
        store: (value) => {
          if (value === 0) return E.EINVAL;
          security.doi = value;
          return undefined;
        },
      }),
    },
    {
      name: 'direct',
      node: number(6, {
        type: U8,
        check: network,
        show: () => String(labels.levels.direct),
        store: (value) => level('direct', value),
      }),
    },
    {
      name: 'ambient',
      node: label(7, {
        show: () => security.ambient,
        store: (name) => {
          if (name === undefined) return E.EINVAL;
          security.ambient = imported(name);
          return undefined;
        },
      }),
    },
    {
      name: 'logging',
      node: number(10, {
        type: INT,
        check: privileged,
        show: () => `${security.logging}\n`,
        store: within(3, (value) => {
          security.logging = value;
        }),
      }),
    },
    {
      name: 'mapped',
      node: number(13, {
        type: U8,
        check: network,
        show: () => String(labels.levels.mapped),
        store: (value) => level('mapped', value),
      }),
    },
    {
      name: 'syslog',
      node: label(20, {
        show: () => security.syslog ?? SPECIAL.star,
        store: (name) => {
          if (name === undefined) return E.EINVAL;
          security.syslog = imported(name);
          return undefined;
        },
      }),
    },
    {
      name: 'ptrace',
      node: number(21, {
        type: INT,
        check: privileged,
        show: () => `${security.ptrace}\n`,
        store: within(2, (value) => {
          security.ptrace = value;
        }),
      }),
    },
  ];
  const unconfined = label(22, {
    show: () => security.unconfined ?? '',
    emptyClears: true,
    store: (name) => {
      security.unconfined = name === undefined ? undefined : imported(name);
      return undefined;
    },
  });
  return security.bringup ? [...nodes, { name: 'unconfined', node: unconfined }] : nodes;
}

interface NumberOptions {
  readonly type: IntegerType;
  readonly check: Check;
  readonly show: () => string;
  readonly store: (value: number) => Errno | undefined;
}

function numberHandle({ type, check, show, store }: NumberOptions): Handle {
  return {
    writeMovesPosition: false,
    // From the beginning or not at all: a shorter read ends the file.
    read: (length, { offset }) => (offset === 0 ? slice(bytesOf(show()), length, 0) : new Uint8Array(0)),
    write: (data, _at, caller) => {
      const refused = check(caller);
      if (refused !== undefined) return refused;
      const value = parseInteger(data, type);
      if (failed(value)) return value;
      return store(value) ?? data.length;
    },
  };
}

interface LabelOptions {
  readonly check: Check;
  /** The label; empty = none. */
  readonly show: () => string;
  /** As this caller sees it. */
  readonly shown: (label: string, caller: Caller) => string;
  /** An empty write is one of no label, not an error. */
  readonly emptyClears?: boolean;
  /** `undefined` = what was written does not begin with a label. */
  readonly store: (label: string | undefined) => Errno | undefined;
}

function labelHandle({ check, show, shown, emptyClears = false, store }: LabelOptions): Handle {
  return {
    writeMovesPosition: false,
    read: (length, { offset }, caller) => {
      if (offset !== 0) return new Uint8Array(0);
      const label = show();
      const text = bytesOf(`${label === '' ? '' : shown(label, caller)}\0`);
      return length < text.length ? E.EINVAL : text;
    },
    write: (data, _at, caller) => {
      const refused = check(caller);
      if (refused !== undefined) return refused;
      if ((data.length === 0 && !emptyClears) || data.length > PAGE_SIZE) return E.EINVAL;
      return store(parseLabel(data)) ?? data.length;
    },
  };
}

/**
 * Labels of remote hosts: netlabel (IPv4) and ipv6host.
 *
 * Model: smk_write_net4addr(), smk_write_net6addr() of security/smack/smackfs.c, Linux 6.12, which scan the text with
 * sscanf(): white space is allowed before each number and need not stand before the label. A number takes all digits
 * there are.
 */

import { bytesOf, textOf, untilNul } from '../../../linux/bytes.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { PAGE_SIZE } from '../../../linux/fs.ts';
import { SequenceFile } from '../../../vfs/pseudo/index.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { shownIn } from '../namespaces/namespaces.ts';
import type { HostTable, LabelledHost } from '../policy/hosts.ts';
import { parseLabel } from '../policy/label.ts';
import type { SmackfsContext } from './context.ts';

/** SMK_NETLBLADDRMIN */
const SHORTEST = 9;
/** Packets of these hosts bring their own label. */
const CIPSO_OPTION = '-CIPSO';
/** The entry is not shown any more. */
const DELETE_OPTION = '-DELETE';

const SPACE = '[\\t-\\r \\xa0]*';
const WORD = '([^\\t-\\r \\xa0]+)';
const NUMBER4 = `${SPACE}(-?\\d+)(?!\\d)`;
const NUMBER6 = `${SPACE}(?:0[xX](?=[\\da-fA-F]))?([\\da-fA-F]+)(?![\\da-fA-F])`;
const ADDRESS4 = new RegExp(`^${Array(4).fill(NUMBER4).join('\\.')}`);
const ADDRESS6 = new RegExp(`^${Array(8).fill(NUMBER6).join(':')}`);
const PREFIX_AND_LABEL = new RegExp(`^/${SPACE}(\\d+)(?!\\d)${SPACE}${WORD}`);
const LABEL = new RegExp(`^${SPACE}${WORD}`);

export function hostNodes({ security, init }: SmackfsContext): DirectoryEntry[] {
  const node = (ino: number, table: HostTable, family: Family) =>
    new SequenceFile(init(ino, 0o644), {
      records: (caller) => {
        const namespace = security.namespaceOfCaller(caller);
        const shown = (label: string | undefined) => label && shownIn(namespace, label);
        return table.entries().map((host) => family.show({ ...host, label: shown(host.label) }));
      },
      positionalWrites: false,
      write: (data, at, caller) => {
        const refused = security.refuseNetlabel(caller);
        if (refused !== undefined) return refused;
        if (at.offset !== 0 || data.length < SHORTEST || data.length > PAGE_SIZE - 1) return E.EINVAL;
        return set(security, table, family, textOf(untilNul(data))) ?? data.length;
      },
    });
  return [
    { name: 'netlabel', node: node(8, security.hosts4, IPV4) },
    { name: 'ipv6host', node: node(23, security.hosts6, IPV6) },
  ];
}

interface Family {
  readonly pattern: RegExp;
  readonly bits: number;
  readonly option: string;
  /** EINVAL for numbers that are too large. @returns the bytes of the address with all but `prefix` bits cleared. */
  address(numbers: readonly string[], prefix: number): Result<Uint8Array>;
  show(host: LabelledHost): string;
}

function set(security: SmackSecurity, table: HostTable, family: Family, text: string) {
  const found = family.pattern.exec(text);
  if (found === null) return E.EINVAL;
  const rest = text.slice(found[0].length);
  const prefixed = PREFIX_AND_LABEL.exec(rest);
  const [prefixText = String(family.bits), word = ''] =
    prefixed === null ? [undefined, LABEL.exec(rest)?.[1]] : prefixed.slice(1);
  if (word === '') return E.EINVAL;
  const prefix = Number(BigInt.asUintN(32, BigInt(prefixText)));
  if (prefix > family.bits) return E.EINVAL;
  const bytes = family.address(found.slice(1), prefix);
  if (failed(bytes)) return bytes;
  const label = labelOf(security, word, family.option);
  if (failed(label)) return label;
  const host = { address: textOf(bytes), prefix };
  table.set({ ...host, label });
  return undefined;
}

/** @returns `undefined` for the option. */
function labelOf(security: SmackSecurity, word: string, option: string): Result<string | undefined> {
  if (word.startsWith('-')) return word === option ? undefined : E.EINVAL;
  const name = parseLabel(bytesOf(word));
  return name === undefined ? E.EINVAL : security.labels.import(name).name;
}

const IPV4: Family = {
  pattern: ADDRESS4,
  bits: 32,
  option: CIPSO_OPTION,
  // Of each number the lowest byte counts.
  address: (numbers, prefix) => {
    const bytes = numbers.map((number) => Number(BigInt.asUintN(8, BigInt(number))));
    return Uint8Array.from(bytes, (byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, prefix - 8 * index))));
  },
  show: ({ address, prefix, label = CIPSO_OPTION }) => `${[...bytesOf(address)].join('.')}/${prefix} ${label}\n`,
};

const IPV6: Family = {
  pattern: ADDRESS6,
  bits: 128,
  option: DELETE_OPTION,
  // A group that the prefix cuts keeps its low bits as it lies in memory: those of its first byte come first.
  address: (numbers, prefix) => {
    const groups = numbers.map((number) => Number(BigInt.asUintN(32, BigInt(`0x${number}`))));
    if (groups.some((group) => group > 0xffff)) return E.EINVAL;
    const bytes = groups.flatMap((group, index) => {
      const mask = 2 ** Math.min(16, Math.max(0, prefix - 16 * index)) - 1;
      return [(group >> 8) & mask, group & 0xff & (mask >> 8)];
    });
    return Uint8Array.from(bytes);
  },
  show: ({ address, prefix, label }) => {
    if (label === undefined) return '';
    const groups = Buffer.from(address, 'latin1')
      .toString('hex')
      .replace(/....(?!$)/g, '$&:');
    return `${groups}/${prefix} ${label}\n`;
  },
};

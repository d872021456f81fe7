/**
 * Nodes with a list of labels: onlycap (whose tasks can be privileged) and relabel-self (what the task may change to).
 *
 * Model: smk_parse_label_list() of security/smack/smackfs.c, Linux 6.12: words are separated by spaces alone.
 */

import { untilNul } from '../../../linux/bytes.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { PAGE_SIZE } from '../../../linux/fs.ts';
import { SequenceFile } from '../../../vfs/pseudo/index.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import type { SmackSecurity } from '../decide/security.ts';
import { parseLabel } from '../policy/label.ts';
import type { SmackfsContext } from './context.ts';

const SPACE = 0x20;

export function listNodes({ security, init }: SmackfsContext): DirectoryEntry[] {
  const list = (ino: number, mode: number, options: ListOptions) =>
    new SequenceFile(init(ino, mode), {
      records: (caller) => options.labels(caller).map((label) => `${security.shown(label, caller)} `),
      positionalWrites: false,
      write: (data, at, caller) => {
        if (!options.may(caller)) return E.EPERM;
        if (at.offset !== 0 && options.fromStart) return E.EINVAL;
        if ((data.length === 0 && options.fromStart) || data.length > PAGE_SIZE) return E.EINVAL;
        const labels = parseList(security, data, caller);
        if (failed(labels)) return labels;
        options.store(labels, caller);
        return data.length;
      },
    });
  const onlycap: ListOptions = {
    may: (caller) => security.administers(caller),
    fromStart: false,
    labels: () => security.onlycap,
    store: (labels) => {
      security.onlycap = labels;
    },
  };
  const relabelSelf: ListOptions = {
    may: (caller) => security.privileged(caller),
    fromStart: true,
    labels: (caller) => security.of(security.taskOf(caller)).relabel,
    store: (relabel, caller) => {
      const task = security.taskOf(caller);
      const own = security.of(task);
      // On a copy of the credentials, which turns the rules round.
      security.set(task, { ...own, rules: own.rules.toReversed(), relabel });
    },
  };
  return [
    { name: 'onlycap', node: list(9, 0o644, onlycap) },
    { name: 'relabel-self', node: list(24, 0o666, relabelSelf) },
  ];
}

interface ListOptions {
  readonly may: (caller: Caller) => boolean;
  /** The write must be at position 0 and not empty. */
  readonly fromStart: boolean;
  readonly labels: (caller: Caller) => readonly string[];
  readonly store: (labels: readonly string[], caller: Caller) => void;
}

/** Newest first. What is no label makes an empty list when it comes first (`-` is how lists are cleared), and is EINVAL behind a label. */
function parseList(security: SmackSecurity, data: Uint8Array, caller: Caller): Result<readonly string[]> {
  const labels: string[] = [];
  for (const word of words(untilNul(data))) {
    const label = parseLabel(word);
    if (label === undefined) return labels.length === 0 ? [] : E.EINVAL;
    const meant = security.named(label, caller);
    if (failed(meant)) return meant;
    labels.unshift(meant);
  }
  return labels;
}

function words(text: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; at < text.length; at++) {
    const space = text.indexOf(SPACE, at);
    const end = space < 0 ? text.length : space;
    if (end > at) found.push(text.subarray(at, end));
    at = end;
  }
  return found;
}

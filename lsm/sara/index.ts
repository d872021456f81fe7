/**
 * S.A.R.A.: switches of the whole, and flags of each task that only get stricter. Memory is not watched.
 *
 * Model: the patches of Salvatore Mesoraca, version 5 of 2019, as far as they are described; no kernel was recorded. The
 * rules for programs are kept as they are written, and given back; they are not applied.
 */
import { bytesOf, slice, textOf } from '../../linux/bytes.ts';
import { CAP } from '../../linux/capability.ts';
import { E } from '../../linux/errno.ts';
import { capable } from '../../vfs/tree/caller.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import { SaraState, saraDirectory } from './fs.ts';

/** SARA_WXP_HEAP to SARA_WXP_TRANSFER. */
const ALL_FLAGS = 0x3ff;
const LONGEST_NUMBER = 7;

export const sara: ModuleDefinition = {
  name: 'sara',
  id: 1002,
  order: 'mutable',
  legacyMajor: false,
  exclusive: false,
  proposed: true,
  create: (host) => {
    const state = new SaraState();
    const flags = host.taskBlob<number>('sara', { initial: () => 0, fork: (parent) => parent });
    return {
      hooks: {},
      securityfs: [saraDirectory(state, host)],
      attrFiles: [
        {
          directory: 'sara',
          name: 'wxprot',
          mode: 0o666,
          open: (target) => ({
            writeMovesPosition: false,
            read: (length, at, caller) => {
              if (host.taskOf(caller) !== target && !capable(caller, CAP.MAC_ADMIN)) return E.EACCES;
              return slice(bytesOf(`0x${flags.of(target).toString(16).padStart(4, '0')}\n`), length, at.offset);
            },
            write: (data, at, caller) => {
              if (host.taskOf(caller) !== target) return E.EACCES;
              const text = textOf(data).replace(/\n$/, '');
              if (at.offset !== 0 || data.length > LONGEST_NUMBER || !/^(?:0x[\da-f]+|\d+)$/i.test(text))
                return E.EINVAL;
              const wanted = Number(text);
              const old = flags.of(target);
              if (wanted > ALL_FLAGS || (wanted & old) !== old) return E.EINVAL;
              flags.set(target, wanted);
              return data.length;
            },
          }),
        },
      ],
    };
  },
};

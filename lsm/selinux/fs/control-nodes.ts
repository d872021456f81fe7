/**
 * The nodes that show and change the state: enforce, load, policy, commit_pending_bools and their kin.
 *
 * What each checks, and in which order, decides the errno that a caller sees; `checkFirst` is before size and position, `check` after.
 */

import { E } from '../../../linux/errno.ts';
import { BlobFile, FlagFile, NumberFile, PseudoFile, SimpleWriteFile, TextFile } from '../../../vfs/pseudo/index.ts';
import { scanUnsigned } from '../../../vfs/pseudo/scan.ts';
import type { DirectoryEntry, FileNode } from '../../../vfs/tree/node.ts';
import { KERN_ERR } from '../../framework/facts.ts';
import { POLICY_VERSION_MAX } from '../decide/load.ts';
import { checkTransition } from '../decide/queries.ts';
import type { SelinuxfsContext } from './context.ts';
import { PolicyFile } from './policy-file.ts';

/** Longest policy image that a write may have. */
const LOAD_LIMIT = 64 * 1024 * 1024;

export function controlNodes(context: SelinuxfsContext): DirectoryEntry[] {
  return Object.entries({ ...stateNodes(context), ...writeOnlyNodes(context), policy: new PolicyFile(context) }).map(
    ([name, node]) => ({ name, node }),
  );
}

function stateNodes({ state, foreign, check, changed, init }: SelinuxfsContext): Record<string, FileNode> {
  const flag = (name: string, ino: number, value: () => boolean) =>
    new TextFile(init(`/${name}`, ino, 0o444), () => (value() ? '1' : '0'));
  const unknown = () => state.loaded?.state.db.handleUnknown;
  return {
    enforce: new FlagFile(init('/enforce', 4, 0o644), {
      read: () => state.enforcing,
      checkFirst: foreign,
      store: (value, caller) => {
        if (value === state.enforcing) return undefined;
        const refused = check(caller, 'setenforce');
        if (refused !== undefined) return refused;
        state.setEnforcing(value);
        changed(caller);
        return undefined;
      },
    }),
    checkreqprot: new NumberFile(init('/checkreqprot', 15, 0o644), {
      read: () => 0,
      scan: scanUnsigned,
      checkFirst: (caller) => foreign(caller) ?? check(caller, 'setcheckreqprot'),
      store: (value, caller) => {
        const { comm, tid } = caller;
        if (value !== 0)
          state.log.print(`SELinux: ${comm} (${tid}) set checkreqprot to 1. This is no longer supported.`, KERN_ERR);
        changed(caller);
        return undefined;
      },
    }),
    policyvers: new TextFile(init('/policyvers', 10, 0o444), () => String(POLICY_VERSION_MAX)),
    mls: flag('mls', 12, () => state.loaded?.state.db.mls === true),
    reject_unknown: flag('reject_unknown', 17, () => unknown() === 'reject'),
    deny_unknown: flag('deny_unknown', 18, () => unknown() !== 'allow'),
  };
}

function writeOnlyNodes({ state, foreign, check, changed, init }: SelinuxfsContext): Record<string, FileNode> {
  let disableWasLogged = false;
  return {
    load: new BlobFile(init('/load', 3, 0o600), {
      limit: LOAD_LIMIT,
      begin: (offset, caller, length) => {
        if (offset !== 0 || length === 0) return E.EINVAL;
        return foreign(caller) ?? check(caller, 'load_policy');
      },
      commit: (image, caller) => state.load(image, () => changed(caller)),
    }),
    commit_pending_bools: new FlagFile(init('/commit_pending_bools', 11, 0o200), {
      checkFirst: foreign,
      check: (caller) => check(caller, 'setbool'),
      store: (value, caller) => {
        if (!value) return undefined;
        state.commitBooleans();
        changed(caller);
        return undefined;
      },
    }),
    disable: new PseudoFile(init('/disable', 13, 0o200), () => ({
      writeMovesPosition: false,
      write: (data, _at, { comm, tid }) => {
        if (!disableWasLogged)
          state.log.print(`SELinux: ${comm} (${tid}) wrote to disable. This is no longer supported.`, KERN_ERR);
        disableWasLogged = true;
        return data.length;
      },
    })),
    validatetrans: new SimpleWriteFile(init('/validatetrans', 21, 0o222), {
      checkFirst: (caller) => foreign(caller) ?? check(caller, 'validate_trans'),
      store: (query) => checkTransition(state, query),
    }),
  };
}

/**
 * The bpf module, as far as it shows in files: it registers every hook with a body that returns the hook's default.
 *
 * So before a labelling module it takes the plain attr files for itself and makes each read and write of them EINVAL, while
 * lsm_get_self_attr(2) skips it (security/bpf/hooks.c of Linux 6.12; recorded with lsm=bpf,selinux).
 */
import { E } from '../../linux/errno.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import { knownModule } from '../known-modules.ts';

export const bpf: ModuleDefinition = {
  ...knownModule('bpf'),
  create: () => ({
    hooks: {
      getprocattr: () => E.EINVAL,
      setprocattr: () => E.EINVAL,
      getselfattr: () => E.EOPNOTSUPP,
      setselfattr: () => E.EOPNOTSUPP,
    },
  }),
};

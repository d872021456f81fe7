/**
 * Which policy a world boots with, from `--policy`: that of the machine, our own small one, a file, or a store (a directory like
 * /etc/selinux/TYPE).
 */
import path from 'node:path';
import type { HostFiles, PolicyStores } from '../../lsm/framework/host-side.ts';
import { HOST_FILES } from '../doctor/host-files.ts';
import { WorldError } from '../errors.ts';
import { lookAt } from '../look-at.ts';
import type { PolicyChoice } from '../options.ts';
import { SMALL, SMALL_STORE } from '../policies/small.ts';
import { isPacked, unloadable } from '../policy-file.ts';
import { policyStores } from '../policy-stores.ts';

/** @param asked `none`, `auto`, `small`, or a path. @throws WorldError */
export function choosePolicy(
  asked: string,
  host: HostFiles = HOST_FILES,
  small = SMALL_STORE,
): PolicyChoice | undefined {
  const looked = new Set<string>();
  const choice = choose(asked, noting(host, looked), small);
  return choice && { ...choice, looked: [...looked] };
}

function noting(host: HostFiles, looked: Set<string>): HostFiles {
  const noted = <T>(look: (file: string) => T): ((file: string) => T) => {
    return (file) => {
      looked.add(file);
      return look(file);
    };
  };
  return {
    read: noted((file) => host.read(file)),
    exists: noted((file) => host.exists(file)),
    list: noted((directory) => host.list(directory)),
    hasProgram: (name) => host.hasProgram(name),
  };
}

function choose(asked: string, host: HostFiles, small: string): PolicyChoice | undefined {
  if (asked === 'none') return undefined;
  const stores = policyStores();
  if (asked === SMALL) return inStore(small, stores, host);
  if (asked === 'auto') {
    const system = stores.systemStore(host);
    const files = system === undefined ? [] : stores.policies(system, host);
    const problems = files.map((file) => unloadable(file, stores));
    const loadable = files.filter((_, index) => problems[index] === undefined);
    if (system !== undefined && loadable.length > 0)
      return { files: loadable, store: system, shown: false, optional: true };
    const [file] = files;
    const remark = file && `${file} ${problems[0]}: the world has our small policy (--policy=small).`;
    return { ...inStore(small, stores, host), optional: true, ...(remark !== undefined && { remark }) };
  }
  const place = path.resolve(asked);
  const status = lookAt(place);
  if (status?.isDirectory() === true) return inStore(place, stores, host);
  // A pipe or a device may block its reader. Whoever reads the file says that it is missing.
  if (status?.isFile() === false)
    throw new WorldError('unreadable-policy', `The policy ${asked} is not a regular file.`, 'Check --policy.');
  const packed = status !== undefined && isPacked(place);
  return { files: [place], shown: packed, ...(packed && { packed }) };
}

function inStore(store: string, stores: PolicyStores, host: HostFiles): PolicyChoice {
  const files = stores.policies(store, host);
  if (files.length === 0) {
    throw new WorldError(
      'unreadable-policy',
      `There is no policy in ${store}/policy.`,
      `Name a directory like those in ${stores.directory}, a policy file, or --policy=small.`,
    );
  }
  return { files, store, shown: path.dirname(store) !== stores.directory || store !== stores.systemStore(host) };
}

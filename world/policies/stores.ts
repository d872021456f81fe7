/** Policies that this machine has: each store, and what is in a file or directory that a user names. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { didYouMean } from '../../lsm/framework/nearest.ts';
import type { PolicyDescription, PolicyImages } from '../../lsm/framework/policy-image.ts';
import { MODULES } from '../../lsm/modules.ts';
import { HOST_FILES } from '../doctor/host-files.ts';
import { WorldError } from '../errors.ts';
import { lookAt } from '../look-at.ts';
import { readPackedPolicy } from '../policy-file.ts';
import { policyStores } from '../policy-stores.ts';
import { SMALL, SMALL_STORE } from './small.ts';

export interface ListedPolicy {
  readonly name: string;
  readonly file: string;
  /** It comes with lsmfs. */
  readonly own?: boolean;
  /** Worlds have it by default: the machine's configuration chooses it, or there is none that it could. */
  readonly chosen: boolean;
  /** Absent = it cannot be read, or is none; `problem` says why. */
  readonly policy?: PolicyDescription;
  readonly problem?: string;
}

export interface ShownPolicy {
  readonly file: string;
  /** Name of the store that is packed with it, or that it belongs to. */
  readonly store?: string;
  /** Files that are packed with it. */
  readonly packed?: readonly string[];
  readonly policy: PolicyDescription;
}

/** Of the module whose policies are images. */
export function policyImages(): PolicyImages {
  const found = MODULES.find((module) => module.policyImages !== undefined)?.policyImages;
  if (found === undefined) throw new Error('no module has policy images');
  return found;
}

/** The machine's, then our own. */
export function listPolicies(): readonly ListedPolicy[] {
  return knownPolicies().map((known) => ({ ...known, ...examined(known.file) }));
}

/** Names and directories of the machine's stores, and our own's name. No policy is read. */
export function policyNames(): readonly { readonly name: string; readonly directory?: string }[] {
  const { directory } = policyStores();
  return knownPolicies().map(({ name, own }) => (own ? { name } : { name, directory: path.join(directory, name) }));
}

function knownPolicies(): ListedPolicy[] {
  const { directory, systemStore } = policyStores();
  const chosen = systemStore(HOST_FILES);
  const machines = [...HOST_FILES.list(directory)].sort().flatMap((name) => {
    const store = path.join(directory, name);
    const file = imageOf(store);
    return file === undefined ? [] : [{ name, file, chosen: store === chosen }];
  });
  const file = imageOf(SMALL_STORE);
  if (file === undefined || machines.some(({ name }) => name === SMALL)) return machines;
  return [...machines, { name: SMALL, file, own: true, chosen: machines.every((policy) => !policy.chosen) }];
}

/** @param name of a store, a file or a directory that has a policy; absent: what the machine's configuration chooses. */
export function showPolicy(name?: string): ShownPolicy {
  const file = policyNamed(name);
  const { image, store } = readPackedPolicy(file);
  const policy = describe(image, file);
  const belongs = store?.name ?? storeOf(file);
  return {
    file,
    ...(belongs !== undefined && { store: belongs }),
    ...(store !== undefined && { packed: Object.keys(store.files).sort() }),
    policy,
  };
}

/** The image with the highest version in a store; `undefined` = it has none. */
export const imageOf = (store: string): string | undefined => policyStores().policies(store, HOST_FILES)[0];

/** @throws WorldError `bad-policy` */
export function describe(image: Uint8Array, file: string): PolicyDescription {
  const found = policyImages().describe(image, file);
  if ('problem' in found) throw new WorldError(found.code ?? 'bad-policy', found.problem, found.fix);
  return found;
}

/** Its file. @throws WorldError `bad-option`, `bad-policy` */
export function policyNamed(name: string | undefined): string {
  const { directory } = policyStores();
  const known = knownPolicies().find((policy) => (name === undefined ? policy.chosen : policy.name === name));
  if (known !== undefined) return known.file;
  const store = name ?? directory;
  const found = lookAt(store);
  if (found?.isFile() === true) return store;
  if (found?.isDirectory() === false) {
    throw new WorldError(
      'bad-policy',
      `${store} is neither a regular file nor a directory.`,
      'Name a policy or its store.',
    );
  }
  const inside = found === undefined ? undefined : imageOf(store);
  if (inside !== undefined) return inside;
  if (found !== undefined) {
    throw new WorldError('bad-policy', `${store} is no store of a policy: it has no policy/policy.N.`, BUILDS);
  }
  const names = knownPolicies().map((policy) => policy.name);
  throw new WorldError(
    'bad-option',
    `There is no policy, file or directory '${store}'.`,
    `${didYouMean(store, names)}lsmfs policy list shows what there is.`,
  );
}

const BUILDS = 'lsmfs policy build DIR -o FILE makes a policy from modules.';

function storeOf(file: string): string | undefined {
  const { directory } = policyStores();
  const [name, policy] = path.relative(directory, path.resolve(file)).split('/');
  return policy === 'policy' && name !== '..' ? name : undefined;
}

function examined(file: string): Pick<ListedPolicy, 'policy' | 'problem'> {
  try {
    return { policy: describe(readPackedPolicy(file).image, file) };
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    return { problem: error.message };
  }
}

/** What programs read of a store beside the policy, without what only the libraries of one machine understand. */
export function storeFiles(store: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(store, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    const name = path.relative(store, file);
    if (!entry.isFile() || name.startsWith('policy/') || name.endsWith('.bin')) continue;
    files[name] = readFileSync(file, 'latin1');
  }
  return files;
}

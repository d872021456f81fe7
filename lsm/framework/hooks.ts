/**
 * Hook dispatch: the order of modules, when a call ends, and the default result.
 *
 * Rules of security/security.c: hooks are kept in registration order, which is the order of the stack. An `int` hook is called until one
 * module returns something other than the hook's default; a `void` hook is called in all modules; attr hooks are chosen by module id, where
 * id 0 means the first module that has the hook, whose answer is final. A further hook is one line here and one in `Hooks` (module.ts).
 */

import { E, type Errno } from '../../linux/errno.ts';
import { LSM_ID_UNDEF } from '../../linux/lsm.ts';
import type { AccessHook } from './access/access.ts';
import type { Hooks, ModuleId } from './module.ts';

type Hook<Name extends keyof Hooks> = NonNullable<Hooks[Name]>;

/** Hooks that deny: default 0, written `undefined`. */
type IntHook =
  | 'syslog'
  | 'ptraceAccessCheck'
  | 'ptraceTraceme'
  | 'bprmCredsForExec'
  | 'inodeSetxattr'
  | 'inodeSetsecurity'
  | 'inodeRemovexattr'
  | 'fsContextParseParam'
  | 'sbSetMntOpts'
  | 'sbRemount'
  | 'taskSetDefault'
  | 'socketGetsockopt'
  | AccessHook
  | 'fileUse'
  | 'metadataSetattr'
  | 'pathChange';
/** Hooks that give a value or an error of their own: the first answer other than the hook's default. */
type ValueHook = 'taskPrctl' | 'socketGetpeersec' | 'inodeGetsecurity' | 'inodeStoredName' | 'inodeVisibleName';
/** Hooks that each module adds to. */
type ListHook =
  | 'accessSubject'
  | 'useNeeds'
  | 'inodeListsecurity'
  | 'inodeInitSecurity'
  | 'metadataChanged'
  | 'metadataVerify'
  | 'sbShowOptions';
type VoidHook = 'bprmCommittedCreds' | 'credFree' | 'taskFree' | 'keyPostCreateOrUpdate';
/** Hooks of one module, chosen by id. */
type SelectedHook =
  | 'getprocattr'
  | 'setprocattr'
  | 'getselfattr'
  | 'setselfattr'
  | 'unshare'
  | 'socketGetpeersec'
  | 'taskGetsecid'
  | 'secidToSecctx';
type DefaultedHook = 'getprocattr' | 'setprocattr' | 'getselfattr' | 'setselfattr' | ValueHook;

/** LSM_RET_DEFAULT of the hooks whose default is an error: the module says "not mine". */
export const HOOK_DEFAULT: { readonly [Name in DefaultedHook]: Errno } = {
  getprocattr: E.EINVAL,
  setprocattr: E.EINVAL,
  getselfattr: E.EOPNOTSUPP,
  setselfattr: E.EOPNOTSUPP,
  socketGetpeersec: E.ENOPROTOOPT,
  taskPrctl: E.ENOSYS,
  inodeGetsecurity: E.EOPNOTSUPP,
  inodeStoredName: E.EOPNOTSUPP,
  inodeVisibleName: E.EOPNOTSUPP,
};

export interface RegisteredModule {
  readonly name: string;
  readonly id: ModuleId;
  readonly hooks: Hooks;
}

export class HookList {
  readonly #modules: readonly RegisteredModule[];

  /** @param modules in registration order. */
  constructor(modules: readonly RegisteredModule[]) {
    this.#modules = modules;
  }

  has(name: keyof Hooks): boolean {
    return this.#modules.some(({ hooks }) => hooks[name] !== undefined);
  }

  /** The first answer other than "allowed"; `undefined` = all allowed. */
  deny<Name extends IntHook>(name: Name, ...args: Parameters<Hook<Name>>): Errno | undefined {
    for (const { hooks } of this.#modules) {
      const hook = hooks[name] as ((...args: Parameters<Hook<Name>>) => Errno | undefined) | undefined;
      const answer = hook?.apply(hooks, args);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** The first answer other than "not mine". */
  first<Name extends ValueHook>(name: Name, ...args: Parameters<Hook<Name>>): ReturnType<Hook<Name>> | Errno {
    for (const { hooks } of this.#modules) {
      const hook = hooks[name] as ((...args: Parameters<Hook<Name>>) => ReturnType<Hook<Name>>) | undefined;
      const answer = hook?.apply(hooks, args);
      if (answer !== undefined && answer !== HOOK_DEFAULT[name]) return answer;
    }
    return HOOK_DEFAULT[name];
  }

  /** Calls the hook in every module. */
  notify<Name extends VoidHook>(name: Name, ...args: Parameters<Hook<Name>>): void {
    for (const { hooks } of this.#modules) {
      const hook = hooks[name] as ((...args: Parameters<Hook<Name>>) => void) | undefined;
      hook?.apply(hooks, args);
    }
  }

  /** What each module that has the hook answers. */
  collect<Name extends ListHook>(name: Name, ...args: Parameters<Hook<Name>>): ReturnType<Hook<Name>>[] {
    return this.#modules.flatMap(({ hooks }) => {
      const hook = hooks[name] as ((...args: Parameters<Hook<Name>>) => ReturnType<Hook<Name>>) | undefined;
      return hook === undefined ? [] : [hook.apply(hooks, args)];
    });
  }

  /** The modules that have the hook and may answer for `id`, in order. */
  having<Name extends SelectedHook>(
    name: Name,
    id: ModuleId = LSM_ID_UNDEF,
  ): readonly (RegisteredModule & { readonly hooks: Hooks & Required<Pick<Hooks, Name>> })[] {
    return this.#modules.filter(
      (module): module is RegisteredModule & { hooks: Hooks & Required<Pick<Hooks, Name>> } =>
        module.hooks[name] !== undefined && (id === LSM_ID_UNDEF || id === module.id),
    );
  }
}

/**
 * Hook dispatch: the order of modules, when a call ends, and the default result.
 *
 * Rules of security/security.c: hooks are kept in registration order, which is the order of the stack. How each hook is called is told in
 * hook-table.ts. Of the hooks that are chosen by module id, id 0 means the first module that has the hook, whose answer is final.
 */

import type { Errno } from '../../linux/errno.ts';
import { LSM_ID_UNDEF } from '../../linux/lsm.ts';
import { HOOKS, type HookAnswer, type HookArguments, type HookOf, type Hooks } from './hook-table.ts';
import type { ModuleId } from './module-facts.ts';
import { type Decision, WaitingDecision } from './waiting-decision.ts';

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
    return this.count(name) > 0;
  }

  /** Of modules that have the hook. */
  count(name: keyof Hooks): number {
    return this.#modules.filter(({ hooks }) => hooks[name] !== undefined).length;
  }

  /** Has each module that has one of the others this one, too? */
  accompanies(name: keyof Hooks, others: readonly (keyof Hooks)[]): boolean {
    return this.#modules.every(
      ({ hooks }) => hooks[name] !== undefined || others.every((other) => hooks[other] === undefined),
    );
  }

  /** The first answer other than "allowed"; `undefined` = all allowed. */
  deny<Name extends HookOf<'refusing' | 'mediated'>>(name: Name, ...args: HookArguments<Name>): Errno | undefined {
    for (const { hooks } of this.#modules) {
      const hook = hooks[name] as ((...args: HookArguments<Name>) => Errno | undefined) | undefined;
      const answer = hook?.apply(hooks, args);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** As {@link deny}, of a hook that may sleep: the modules after it are called when it is settled. */
  denyOrWait<Name extends HookOf<'sleeping'>>(name: Name, ...args: HookArguments<Name>): Decision {
    return this.#denyFrom(0, name, args);
  }

  #denyFrom<Name extends HookOf<'sleeping'>>(first: number, name: Name, args: HookArguments<Name>): Decision {
    for (const [index, { hooks }] of this.#modules.entries()) {
      const hook = hooks[name] as ((...args: HookArguments<Name>) => Decision) | undefined;
      const answer = index < first ? undefined : hook?.apply(hooks, args);
      if (answer instanceof WaitingDecision) return answer.followedBy(() => this.#denyFrom(index + 1, name, args));
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  /** The first answer other than "not mine". */
  first<Name extends HookOf<'answering'>>(name: Name, ...args: HookArguments<Name>): HookAnswer<Name> | Errno {
    for (const { hooks } of this.#modules) {
      const hook = hooks[name] as ((...args: HookArguments<Name>) => HookAnswer<Name>) | undefined;
      const answer = hook?.apply(hooks, args);
      if (answer !== undefined && answer !== HOOKS[name].default) return answer;
    }
    return HOOKS[name].default;
  }

  /** Calls the hook in every module. */
  notify<Name extends HookOf<'notified'>>(name: Name, ...args: HookArguments<Name>): void {
    for (const { hooks } of this.#modules) {
      const hook = hooks[name] as ((...args: HookArguments<Name>) => void) | undefined;
      hook?.apply(hooks, args);
    }
  }

  /** What each module that has the hook answers. */
  collect<Name extends HookOf<'collected'>>(name: Name, ...args: HookArguments<Name>): HookAnswer<Name>[] {
    return this.#modules.flatMap(({ hooks }) => {
      const hook = hooks[name] as ((...args: HookArguments<Name>) => HookAnswer<Name>) | undefined;
      return hook === undefined ? [] : [hook.apply(hooks, args)];
    });
  }

  /** The modules that have the hook and may answer for `id`, in order. */
  having<Name extends HookOf<'selected' | 'answering'>>(
    name: Name,
    id: ModuleId = LSM_ID_UNDEF,
  ): readonly (RegisteredModule & { readonly hooks: Hooks & Required<Pick<Hooks, Name>> })[] {
    return this.#modules.filter(
      (module): module is RegisteredModule & { hooks: Hooks & Required<Pick<Hooks, Name>> } =>
        module.hooks[name] !== undefined && (id === LSM_ID_UNDEF || id === module.id),
    );
  }
}

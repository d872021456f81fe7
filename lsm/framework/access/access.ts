/**
 * Mediation: what a system call asks the modules, in the arguments of the `mediated` rows of hook-rows.ts.
 *
 * Model: during a system call the kernel calls a sequence of hooks; the first refusal is the call's errno. The
 * supervisor (world/supervisor) sees the call before the kernel executes it, looks up its objects, and calls all these
 * hooks at once, in the kernel's order. Objects that could not be looked at are not decided about. The hooks change no
 * state except counters, caches of decisions and the log, so these calls are no events.
 */
import type { HookArguments, HookOf, Hooks } from '../hook-table.ts';

export type AccessHook = HookOf<'mediated'>;

/** What a module implements of them. */
export type AccessHooks = Pick<Hooks, AccessHook>;

/** What each is asked about. */
export type AccessArguments = { [Name in AccessHook]: HookArguments<Name>[1] };

/** Who mounted a filesystem with layers. `capabilities`: the effective ones that it had then in the initial user namespace. */
export interface Mounter {
  readonly device: string;
  readonly capabilities: bigint;
}

/**
 * A hook with its arguments. `refusal`: the call's result after a refusal, where that is not the hook's errno. `otherwise`: what is
 * asked in its place when it is refused. `follows`: it is asked only if the one before it was not refused, nor left out. `by`: it is
 * asked with the rights of who mounted the filesystem on this device (files/layers.ts), and of nobody who is not known.
 */
export type AccessCheck = {
  [Name in AccessHook]: {
    readonly hook: Name;
    readonly about: AccessArguments[Name];
    readonly refusal?: 'ignored' | 'EPERM' | 'EACCES' | 'ENODATA' | 'ENOENT' | 'ENOMEM' | 'ENOMSG';
    readonly otherwise?: readonly AccessCheck[];
    readonly follows?: true;
    readonly by?: Mounter;
  };
}[AccessHook];

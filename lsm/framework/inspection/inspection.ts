/**
 * The state of a stack for `lsmfs tree`: modules in order with their namespaces, owners of exclusive resources, tasks with their labels.
 */
import type { Tgid, Tid } from '../../../linux/ids.ts';
import type { Claim } from '../labels/claims.ts';

/** A namespace of a module. */
export interface NamespaceInspection {
  readonly name: string;
  /** 0 = the one that is there from boot. */
  readonly depth: number;
  readonly tasks: number;
  readonly mode?: string;
  readonly policyLoaded?: boolean;
  /** Number of loaded profiles. */
  readonly profiles?: number;
  /** Number of loaded rules. */
  readonly rules?: number;
  /** Number of labels that it has names for. */
  readonly labels?: number;
  /** Length of its measurement list, and the violations among that. */
  readonly measurements?: number;
  readonly violations?: number;
}

/** A module's part. Namespaces: each after its parent. */
export interface ModuleInspection {
  readonly namespaces: readonly NamespaceInspection[];
}

export interface TaskInspection {
  readonly tid: Tid;
  readonly tgid: Tgid;
  /** Number of the labels; compound when there are several labelling modules. */
  readonly secid: number;
  /** By module name. */
  readonly labels: Readonly<Record<string, string>>;
  /** The module that plain files mean; absent in `mainline`. */
  readonly defaultModule?: string;
}

export interface StackInspection {
  readonly modules: readonly ({
    readonly name: string;
    readonly id: number;
    readonly proposed?: true;
    readonly supposed?: true;
  } & Partial<ModuleInspection>)[];
  readonly claims: Readonly<Partial<Record<Claim, string>>>;
  readonly secids: readonly { readonly secid: number; readonly labels: Readonly<Record<string, string>> }[];
  readonly tasks: readonly TaskInspection[];
}

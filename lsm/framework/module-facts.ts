/**
 * The constants of a module: what is known of it without creating it, as the kernel's build knows it.
 */
import type { HostSide } from './host-side.ts';
import type { Claim } from './labels/claims.ts';

/** LSM_ID_* of include/uapi/linux/lsm.h; also what lsm_list_modules(2) returns. */
export type ModuleId = number;

/** The six names of /proc/<pid>/attr, with their LSM_ATTR_* numbers in attr.ts. */
export type AttrName = 'current' | 'prev' | 'exec' | 'fscreate' | 'keycreate' | 'sockcreate';

/** `context`: `current` as it stands in a compound label, without the decoration it has in a file of its own. */
export type ReadableAttr = AttrName | 'context';

/** Constants of a module in the kernel's build; the values are in lsm/known-modules.ts. */
export interface ModuleFacts {
  /** Name in `lsm=`: `selinux`, `yama`, ... */
  readonly name: string;
  readonly id: ModuleId;
  readonly order: 'first' | 'mutable' | 'last';
  /** Of no released kernel: every build has it in profile `talk`, none in the others. */
  readonly proposed?: true;
  /** Only its name and purpose are known: the interface is this project's. */
  readonly supposed?: true;
  /** One of the modules that `security=` chooses between. */
  readonly legacyMajor: boolean;
  /** At most one exclusive module is enabled. */
  readonly exclusive: boolean;
  /** It labels tasks: it can be a task's default module and has a part in compound labels. */
  readonly labelling?: true;
  /** It labels ordinary files. */
  readonly labelsFiles?: true;
  /** Exclusive resources that it claims (claims.ts). */
  readonly claims?: readonly Claim[];
  /** File names in /proc/<pid>/attr/<name>/, if the module has that directory; it exists whenever the module is compiled in. */
  readonly attrDirectory?: readonly AttrName[];
  /** The same in profiles other than `mainline`, for a module that has no such directory in mainline. */
  readonly addedAttrDirectory?: readonly AttrName[];
  /** The filesystem type that a kernel has registered exactly if it runs the module. */
  readonly filesystem?: ModuleFilesystem;
  /** Audit record types of its own that linux/audit-types.ts lacks. */
  readonly auditRecords?: readonly (readonly [type: number, name: string])[];
  /** Its AVC records, where they are not of the form that ausearch(8) reads, and what makes them so. */
  readonly avc?: {
    /** How they begin: a field and its value, or a part of it. */
    readonly begins: string;
    /** Types of their own (msg_typetab), by the value of the first field. */
    readonly types?: readonly (readonly [value: string, type: string])[];
    /** What is missing at their end. */
    readonly tail?: string;
  };
  /** It explains its decisions. */
  readonly explains?: {
    /** Names of the words that a question begins with at least. */
    readonly words: readonly string[];
    /** Each task has a policy that is its own, or its namespace's. */
    readonly perTask?: true;
    /** A namespace can be asked by name (`WhyRequest.namespace`). */
    readonly perNamespace?: true;
    /** The attribute with a file's label: for the second and third word, a label and a class, the path of a file may stand. */
    readonly fileLabel?: string;
    /** The first word is the path of a file, about which the question has what rules may compare (`WhyRequest.file`). */
    readonly fileFacts?: true;
  };
  readonly host?: HostSide;
}

/** Constants of a module's filesystem type. */
export interface ModuleFilesystem {
  readonly type: string;
  /** Where distributions mount it. */
  readonly mountPoint: string;
  /** Types that /proc/filesystems has just before it, the nearest first; it comes after the first that there is. */
  readonly registeredAfter: readonly string[];
  /** It has device nodes that are to work. */
  readonly devices?: true;
  /** Writing to one of its files may change the label of who writes. */
  readonly relabelsWriter?: true;
}

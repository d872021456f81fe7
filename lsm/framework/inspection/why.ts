/**
 * `lsmfs why`: the question from the command line, and a module's answer. Both are plain data. Names are bytes, one
 * character each.
 */

export interface WhyRequest {
  /** The arguments after the options: subject, object, and further words by module. */
  readonly words: readonly string[];
  /** What is to be explained, `access` where a module has nothing else. */
  readonly query: string;
  /** Command of an ioctl or type of a netlink message, 16 bits. */
  readonly command?: number;
  /** The file in question has another owner than the subject. */
  readonly notOwner?: boolean;
  /** Namespace of the module whose policy is asked alone, as `inspect` names it; absent = as the task has it. */
  readonly namespace?: string;
  /** The file that is asked about, for modules whose rules compare such things. */
  readonly file?: AskedFile;
}

/** A file, and who uses it. Ids are those of the initial user namespace. */
export interface AskedFile {
  /** Absolute, without symbolic links, from the root of the one who asks. */
  readonly path?: string;
  /** `f_type` of statfs(2), and the type in /proc/filesystems. */
  readonly magic: number;
  readonly type: string;
  readonly uuid?: string;
  readonly uid: number;
  readonly gid: number;
  /** `st_mode` */
  readonly mode: number;
  readonly user: { readonly uid: number; readonly euid: number; readonly gid: number; readonly egid: number };
}

export interface WhyTold {
  /** Is all of it allowed? */
  readonly allowed: boolean;
  /** The answer for programs. */
  readonly report: object;
  /** The same for people: whole lines. */
  readonly text: string;
}

/** A refusal that a module recorded, and the question that has the same answer as long as the policy stays as it is. */
export type RefusalAsked = WhyRequest | WhyProblem;

/** Why there is no answer: one sentence, and what to do about it. */
export interface WhyProblem {
  /** Absent = the question makes no sense. */
  readonly code?: 'bad-option' | 'bad-policy' | 'no-policy';
  readonly problem: string;
  readonly fix: string;
}

/** What measuring files needs of its module: rules, attributes, signatures, and what is known of labels and metadata. */
import type { IntegritySubject } from '../../framework/audit/integrity.ts';
import type { NamedDigest } from '../../framework/digests/hash.ts';
import type { Digests } from '../../framework/facts.ts';
import type { UseContext, UsedFile, UseHook } from '../../framework/files/file-use.ts';
import type { InodeFacts } from '../../framework/files/inode.ts';
import type { MetadataVerdict } from '../../framework/files/metadata.ts';
import type { SignatureResult } from '../../framework/keys/keyring.ts';
import type { LabelRule } from '../../framework/labels/label-rule.ts';
import type { Task } from '../../framework/task.ts';
import type { Modsig } from '../decide/modsig.ts';
import type { Policy } from '../policy/policy.ts';
import type { UseRecordsHost } from './use-records.ts';

/** Who verifies signatures. */
export interface Signatures {
  /** @param uid of the task that needs it. @param hook keys of the platform count for kexec. */
  verify(value: Uint8Array, digest: NamedDigest, uid: number, hook: UseHook): SignatureResult;
  /** The signature at the end of a file. */
  verifyModsig(modsig: Modsig, uid: number, hook: UseHook): boolean;
  fileIdDigest(type: number, digest: NamedDigest): NamedDigest | undefined;
}

export interface MeasureHost extends UseRecordsHost {
  readonly policy: Policy;
  readonly signatures: Signatures;
  subject(task: Task, context: UseContext): IntegritySubject;
  /** Of no content, in hexadecimal. */
  emptyDigest(algorithm: string): string | undefined;
  readonly digests: Digests;
  /** Gives the file a new value of security.ima. @returns the attributes that it has then. */
  store(file: UsedFile, value: string): InodeFacts['xattrs'];
  /** What EVM says of the file, and the attributes that it has then. */
  metadata(file: UsedFile): MetadataVerdict;
  /** Does the label of the file, or of who uses it, have this part? */
  labelMatches(rule: LabelRule, file: UsedFile, context: UseContext): boolean;
  /** Is a file with this digest refused, whatever it is signed with? */
  isBlacklisted(digest: Uint8Array): boolean;
  /** Lists that one was used: `digest` is empty for a file without an appended signature. */
  measureBlacklisted(digest: Uint8Array, pcr: number, subject: IntegritySubject, context: UseContext): void;
  /** Is EVM on? */
  metadataGuarded(): boolean;
}

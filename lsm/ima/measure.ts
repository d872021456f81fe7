/**
 * What happens when a file is used: process_measurement() of security/integrity/ima/ima_main.c, with ima_rdwr_violation_check() and the
 * storing of ima_api.c.
 */
import { bytesOf } from '../../vfs/bytes.ts';
import { E, type Errno } from '../../vfs/errno.ts';
import type { KernelLog } from '../core/facts.ts';
import type { FileUse, UseContext, UsedFile, UseHook, UseNeeds } from '../core/file-use.ts';
import type { Task } from '../core/task.ts';
import { INTEGRITY, logMessage, ruleMessage, type Subject } from './audit.ts';
import { isOld, type NamedDigest, zeroDigest } from './hash.ts';
import { type InodeState, InodeStates } from './inode-state.ts';
import type { MeasuredEvent } from './list/fields.ts';
import type { Measurements } from './list/measurements.ts';
import type { Template } from './list/template.ts';
import type { Settings } from './parameters.ts';
import type { Credentials, Decision } from './policy/match.ts';
import type { Policy } from './policy/policy.ts';
import type { Func } from './policy/rule.ts';
import { algorithmOf, XATTR_IMA } from './xattr-value.ts';

const FUNC_OF: Readonly<Record<UseHook, Func>> = {
  open: 'FILE_CHECK',
  exec: 'BPRM_CHECK',
  creds: 'CREDS_CHECK',
  'mmap-requested': 'MMAP_CHECK_REQPROT',
  mmap: 'MMAP_CHECK',
  mprotect: 'MMAP_CHECK',
  module: 'MODULE_CHECK',
  firmware: 'FIRMWARE_CHECK',
  'kexec-kernel': 'KEXEC_KERNEL_CHECK',
  'kexec-initramfs': 'KEXEC_INITRAMFS_CHECK',
  policy: 'POLICY_CHECK',
};
const S_IFMT = 0o170000;
const S_IFREG = 0o100000;
/** include/uapi/linux/capability.h */
const CAP_SETGID = 6;
const CAP_SETUID = 7;
/** Violations go to this register, whatever a rule says. */
const VIOLATION_PCR = 10;

/** What a use is judged with. */
interface Judged {
  readonly use: FileUse;
  readonly decision: Decision;
  readonly subject: Subject;
  readonly context: UseContext;
}

export interface MeasureHost {
  readonly log: KernelLog;
  readonly policy: Policy;
  readonly measurements: Measurements;
  readonly settings: Settings;
  subject(task: Task, context: UseContext): Subject;
}

export class FileMeasuring {
  readonly #host: MeasureHost;
  readonly #states = new InodeStates();

  constructor(host: MeasureHost) {
    this.#host = host;
  }

  /** `undefined` when the use means nothing here. */
  needs(use: FileUse, context: UseContext): UseNeeds | undefined {
    if (this.#isIrrelevant(use)) return undefined;
    const decision = this.#decide(use, context);
    const state = this.#states.find(use.file);
    if (decision.actions.size === 0)
      return this.#isWatchedWriter(use) && state !== undefined ? { digests: [] } : undefined;
    const changed = state === undefined || state.isChanged(use.file);
    if (!changed && !this.#asksForContent(state, decision)) return { digests: [] };
    const algorithm = this.#algorithm(use.file);
    const template = decision.template ?? this.#host.settings.template;
    const short = decision.actions.has('measure') && template.fields.includes('d');
    return { digests: short ? [algorithm, this.#shortAlgorithm] : [algorithm] };
  }

  use(task: Task, use: FileUse, context: UseContext): Errno | undefined {
    if (this.#isIrrelevant(use)) return undefined;
    const decision = this.#decide(use, context);
    const known = this.#states.find(use.file);
    const judged: Judged = { use, decision, context, subject: this.#host.subject(task, context) };
    if (decision.actions.size === 0) {
      if (known !== undefined && this.#isWatchedWriter(use)) {
        known.look(use.file);
        this.#checkViolation(known, judged);
      }
      return undefined;
    }
    const state = this.#states.get(use.file);
    if (this.#isViolationHook(use) && (decision.actions.has('measure') || use.writes === true))
      this.#checkViolation(state, judged);
    return this.#process(state, judged);
  }

  get #shortAlgorithm(): string {
    const { algorithm } = this.#host.settings;
    return isOld(algorithm) ? algorithm : 'sha1';
  }

  #algorithm({ xattrs }: UsedFile): string {
    const value = xattrs[XATTR_IMA];
    return algorithmOf(value === undefined ? undefined : bytesOf(value), this.#host.settings.algorithm);
  }

  #isIrrelevant({ file }: FileUse): boolean {
    return this.#host.policy.isIdle || (file.mode & S_IFMT) !== S_IFREG;
  }

  #isViolationHook({ hook }: FileUse): boolean {
    return this.#host.policy.asksFor('measure') && (hook === 'open' || hook === 'mmap' || hook === 'mmap-requested');
  }

  #isWatchedWriter(use: FileUse): boolean {
    return use.writes === true && this.#isViolationHook(use);
  }

  #decide(use: FileUse, context: UseContext): Decision {
    const { file, mask, hook } = use;
    return this.#host.policy.match({
      func: FUNC_OF[hook],
      mask,
      credentials: credentialsOf(use, context),
      file: {
        fsmagic: BigInt(file.magic),
        fsname: file.type,
        fsuuid: file.uuid,
        uid: file.uid,
        gid: file.gid,
      },
    });
  }

  /** Is there anything left to be done that takes a digest? */
  #asksForContent(state: InodeState, { actions, pcr }: Decision): boolean {
    if (state.digest === undefined) return actions.has('measure') || actions.has('audit') || actions.has('appraise');
    // A digest of another algorithm than is to be shown.
    return (actions.has('measure') && !state.measuredPcrs.has(pcr)) || (actions.has('audit') && !state.audited);
  }

  #checkViolation(state: InodeState, judged: Judged): void {
    const { use, decision } = judged;
    if (use.writes === true) {
      if (!use.file.openers || !state.mayEmitToMToU) return;
      state.mayEmitToMToU = false;
      this.#addViolation(judged, 'ToMToU');
      return;
    }
    if (!decision.actions.has('measure')) return;
    state.mayEmitToMToU = true;
    if (!use.file.writers || state.emittedOpenWriters) return;
    state.emittedOpenWriters = true;
    this.#addViolation(judged, 'open_writers');
  }

  #addViolation(judged: Judged, cause: string): void {
    const { use, subject } = judged;
    const { measurements, settings, log } = this.#host;
    const { file } = use;
    const event = { ...this.#event(file, undefined), violation: true };
    event.xattrs.delete(XATTR_IMA);
    measurements.add(settings.template, VIOLATION_PCR, event);
    this.#inform(judged, true);
    logMessage(log, INTEGRITY.PCR, subject, {
      op: 'invalid_pcr',
      cause,
      result: 0,
      name: file.path,
      file: { dev: file.device, ino: file.ino },
    });
  }

  #process(state: InodeState, judged: Judged): Errno | undefined {
    const { use, decision } = judged;
    const { actions, pcr } = decision;
    const measures = actions.has('measure') && !state.measuredPcrs.has(pcr);
    const audits = actions.has('audit') && !state.audited;
    if (!measures && !audits) return undefined;
    const collected = this.#collect(state, judged);
    if (measures) this.#store(state, judged, collected, decision.template ?? this.#host.settings.template);
    if (audits) this.#audit(state, judged, collected ?? zeroDigest(this.#algorithm(use.file)));
    return undefined;
  }

  /** The digest that others compute; `undefined` when that was impossible. */
  #collect(state: InodeState, { use, subject, decision }: Judged): NamedDigest | undefined {
    if (state.digest !== undefined) return state.digest;
    const algorithm = this.#algorithm(use.file);
    const hex = use.file.digests[algorithm];
    const verity = [...decision.rules.values()].some((rule) => rule.verity === true);
    const cause = verity ? 'no-verity-digest' : use.direct === true ? 'failed(directio)' : 'failed';
    if (hex === undefined || use.direct === true || verity) {
      logMessage(this.#host.log, INTEGRITY.DATA, subject, {
        op: 'collect_data',
        cause,
        result: -E.EINVAL.number,
        name: use.file.path,
        file: { dev: use.file.device, ino: use.file.ino },
      });
      return undefined;
    }
    state.digest = { algorithm, bytes: Buffer.from(hex, 'hex') };
    return state.digest;
  }

  #store(state: InodeState, judged: Judged, digest: NamedDigest | undefined, template: Template): void {
    const { use, decision } = judged;
    const { measurements } = this.#host;
    const event = this.#event(use.file, digest);
    const added = measurements.add(template, decision.pcr, event);
    if (use.direct !== true) state.measuredPcrs.add(decision.pcr);
    this.#inform(judged, added);
  }

  /** Only where integrity_audit=1. */
  #inform({ use, subject }: Judged, added: boolean): void {
    if (!this.#host.settings.informs) return;
    logMessage(this.#host.log, INTEGRITY.PCR, subject, {
      op: 'add_template_measure',
      cause: added ? 'hash_added' : 'hash_exists',
      result: added ? 0 : -E.EEXIST.number,
      name: use.file.path,
      file: { dev: use.file.device, ino: use.file.ino },
    });
  }

  #audit(state: InodeState, { use, subject, context }: Judged, digest: NamedDigest): void {
    const hash = `${digest.algorithm}:${Buffer.from(digest.bytes).toString('hex')}`;
    this.#host.log.audit(INTEGRITY.RULE, ruleMessage(use.file.path, hash, context.task, subject, use.program));
    state.audited = true;
  }

  #event(
    file: UsedFile,
    digest: NamedDigest | undefined,
  ): MeasuredEvent & { readonly xattrs: Map<string, Uint8Array> } {
    const short = file.digests[this.#shortAlgorithm];
    return {
      name: file.path,
      shortName: file.path.slice(file.path.lastIndexOf('/') + 1),
      ...(digest && { digest }),
      algorithm: digest === undefined ? this.#host.settings.algorithm : digest.algorithm,
      ...(short !== undefined && { shortDigest: Buffer.from(short, 'hex') }),
      uid: file.uid,
      gid: file.gid,
      mode: file.mode,
      xattrs: new Map(Object.entries(file.xattrs).map(([name, value]) => [name, bytesOf(value)])),
    };
  }
}

function credentialsOf({ ids }: FileUse, { task, caller }: UseContext): Credentials {
  const has = (capability: number): boolean => (caller.capabilities >> BigInt(capability)) % 2n === 1n;
  const { uid, euid, suid, gid, egid, sgid } = ids ?? task.ids;
  return { uid, euid, suid, gid, egid, sgid, maySetuid: has(CAP_SETUID), maySetgid: has(CAP_SETGID) };
}

/**
 * What a use of a file leaves behind: entries of the measurement list (ima_api.c) and audit records.
 */
import { bytesOf, hex } from '../../../linux/bytes.ts';
import { E } from '../../../linux/errno.ts';
import { INTEGRITY, type IntegritySubject, logMessage } from '../../framework/audit/integrity.ts';
import type { NamedDigest } from '../../framework/digests/hash.ts';
import type { KernelLog } from '../../framework/facts.ts';
import type { FileUse, UseContext } from '../../framework/files/file-use.ts';
import { ruleMessage } from '../decide/audit.ts';
import { shortAlgorithm } from '../decide/collect.ts';
import type { InodeState } from '../decide/inode-state.ts';
import type { Modsig } from '../decide/modsig.ts';
import { XATTR_IMA } from '../decide/xattr-value.ts';
import type { MeasuredEvent } from '../list/fields.ts';
import type { Added, Measurements } from '../list/measurements.ts';
import type { Template } from '../list/template.ts';
import { tpmCause } from '../list/tpm-error.ts';
import type { Settings } from '../parameters.ts';
import type { RuleMatch } from '../policy/match.ts';

/** Violations go to this register, whatever a rule says. */
const VIOLATION_PCR = 10;

/** A use, what the rules say of it, and who is named in records. */
export interface JudgedUse {
  readonly use: FileUse;
  readonly decision: RuleMatch;
  readonly subject: IntegritySubject;
  readonly context: UseContext;
}

export interface UseRecordsHost {
  readonly log: KernelLog;
  readonly measurements: Measurements;
  readonly settings: Settings;
  /** Violations have a record each: those of the initial namespace alone. */
  readonly tellsViolations: boolean;
  /** The user namespace that a use comes from, as lists name it. */
  origin(context: UseContext): string;
  /** Is there still a user namespace of this name? */
  isNamed(name: string): boolean;
}

export class UseRecords {
  readonly #host: UseRecordsHost;

  constructor(host: UseRecordsHost) {
    this.#host = host;
  }

  /** Do the rules ask for an entry that there was not? */
  isDue(state: InodeState, decision: RuleMatch, context: UseContext): boolean {
    const template = this.#template(decision);
    if (!decision.actions.has('measure')) return false;
    return !state.measured.has(decision.pcr, template, this.#origin(template, context));
  }

  /** Is a signature at the end of the file to be listed though the file is in the list already? */
  isDueAgain(state: InodeState, decision: RuleMatch): boolean {
    return state.measured.size > 0 && this.#template(decision).fields.includes('modsig');
  }

  /** ima_store_measurement() */
  store(state: InodeState, judged: JudgedUse, digest: NamedDigest | undefined, modsig: Modsig | undefined): void {
    const { use, decision } = judged;
    const template = this.#template(decision);
    if (template.fields.includes('d-modsig') && modsig !== undefined && modsig.digest === undefined) {
      this.record(judged, INTEGRITY.PCR, 'add_template_measure', 'ENOMEM', -E.EINVAL.number);
      return;
    }
    const event = {
      ...this.#event(judged, digest, template),
      verity: state.demands.verity,
      ...(modsig && { modsig }),
    };
    const added = this.#host.measurements.add(template, decision.pcr, event);
    const { pcr } = decision;
    if (use.direct !== true) state.measured.add(pcr, template, event.namespace, (name) => this.#host.isNamed(name));
    this.#tell(judged, added);
  }

  /** ima_add_violation() */
  violation(judged: JudgedUse, cause: string): void {
    const { measurements, settings, tellsViolations } = this.#host;
    const event = { ...this.#event(judged, undefined, settings.template), violation: true };
    event.xattrs.delete(XATTR_IMA);
    this.#tell(judged, measurements.add(settings.template, VIOLATION_PCR, event));
    if (tellsViolations) this.record(judged, INTEGRITY.PCR, 'invalid_pcr', cause, 0);
  }

  /** ima_audit_measurement() */
  audit(state: InodeState, { use, subject, context }: JudgedUse, digest: NamedDigest): void {
    const hash = `${digest.algorithm}:${hex(digest.bytes)}`;
    this.#host.log.audit(INTEGRITY.RULE, ruleMessage(use.file.path, hash, context.task, subject, use.program));
    state.audited = true;
  }

  /**
   * integrity_audit_msg() about the file that is used.
   * @param result negative errno.
   * @param path the name in the record, where it is not the path.
   */
  record(judged: JudgedUse, type: number, op: string, cause: string, result: number, path?: string): void {
    const { use, subject } = judged;
    const { file } = use;
    const about = { name: path ?? file.path, file: file.inode };
    logMessage(this.#host.log, type, subject, { op, cause, result, ...about });
  }

  /** Nobody is named whom no template asks for. */
  #origin({ fields }: Template, context: UseContext): string {
    return fields.includes('ns') ? this.#host.origin(context) : '';
  }

  #template({ template }: RuleMatch): Template {
    return template ?? this.#host.settings.template;
  }

  /** Without an error only where integrity_audit=1. */
  #tell(judged: JudgedUse, { isNew, tpmError }: Added): void {
    const { log, settings } = this.#host;
    const cause = tpmError === undefined ? undefined : tpmCause(log, tpmError);
    if (cause === undefined && !settings.informs) return;
    const [done, result] = isNew ? ['hash_added', 0] : ['hash_exists', -E.EEXIST.number];
    this.record(judged, INTEGRITY.PCR, 'add_template_measure', cause ?? String(done), Number(result));
  }

  #event(
    { use: { file }, context }: JudgedUse,
    digest: NamedDigest | undefined,
    template: Template,
  ): MeasuredEvent & { readonly xattrs: Map<string, Uint8Array>; readonly namespace: string } {
    const { settings } = this.#host;
    const short = file.content.digests[shortAlgorithm(digest?.algorithm, template, settings)];
    return {
      name: file.path,
      shortName: file.path.slice(file.path.lastIndexOf('/') + 1),
      ...(digest && { digest }),
      algorithm: digest === undefined ? settings.algorithm : digest.algorithm,
      ...(short !== undefined && { shortDigest: Buffer.from(short, 'hex') }),
      uid: file.inode.uid,
      gid: file.inode.gid,
      mode: file.mode,
      namespace: this.#origin(template, context),
      xattrs: new Map(Object.entries(file.inode.xattrs).map(([name, value]) => [name, bytesOf(value)])),
    };
  }
}

/**
 * The state of one SELinux namespace: mode, policy, SIDs, decisions.
 *
 * Model (security/selinux/ss/services.c): until the first load there is no policy - every access is allowed, the initial SIDs go by their
 * names, and any other context text means the kernel's SID. A load replaces policy, class map and SID table at once or not at all.
 * `seqno` numbers policy changes: loads and boolean commits.
 */

import { AUDIT } from '../../../linux/audit.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import type { ActingTask } from '../../framework/audit/lsm-audit.ts';
import { NO_SESSION } from '../../framework/audit/subject.ts';
import { KERN_WARNING, type KernelLog } from '../../framework/facts.ts';
import type { Sid } from '../policy/index.ts';
import { type AccessVector, AccessVectorCache } from './avc.ts';
import {
  type BoundsViolation,
  computeXperms,
  dumpPolicy,
  formatContext,
  hasFunction,
  INITIAL_SIDS,
  kernelClass,
  kernelPermission,
  parseContext,
  SID,
  type XpermsDecision,
} from './index.ts';
import { type LoadedPolicy, type PolicyLoader, prepareParsed, preparePolicy } from './load.ts';
import { printCapabilities, recordBounds, recordCheck } from './state-records.ts';
import { StatusPage } from './status.ts';

/** Without a policy contexts are initial SID names; the kernel's search stops before the last of them, devnull. */
const INITIAL_SIDS_BY_NAME: ReadonlyMap<string, Sid> = new Map(
  [...INITIAL_SIDS].filter(([sid]) => sid !== SID.devnull).map(([sid, name]) => [name, sid]),
);

export class SelinuxState {
  readonly log: KernelLog;
  readonly avc = new AccessVectorCache((ssid, tsid, tclass) => this.#computeAv(ssid, tsid, tclass));
  readonly status: StatusPage;
  /** Called when a load has taken effect. */
  onLoad: ((loaded: LoadedPolicy) => void) | undefined;
  /** Boolean values to be committed, index = value - 1; undefined before the first load. */
  pendingBooleans: Uint8Array | undefined;
  #enforcing: boolean;
  readonly #loader: PolicyLoader;
  #loaded: LoadedPolicy | undefined;
  #seqno = 0;

  constructor(options: PolicyLoader & { readonly enforcing: boolean }) {
    this.log = options.log;
    this.#loader = options;
    this.#enforcing = options.enforcing;
    this.status = new StatusPage({ enforcing: options.enforcing, policyload: 0, denyUnknown: true });
  }

  get enforcing(): boolean {
    return this.#enforcing;
  }

  get loaded(): LoadedPolicy | undefined {
    return this.#loaded;
  }

  get seqno(): number {
    return this.#seqno;
  }

  // --- Contexts and SIDs ---

  /** Text up to its first NUL to a SID. EINVAL. */
  contextToSid(text: string): Result<Sid> {
    if (text.length === 0) return E.EINVAL;
    if (this.#loaded === undefined) return INITIAL_SIDS_BY_NAME.get(cString(text)) ?? SID.kernel;
    const { sids, state } = this.#loaded;
    const known = sids.ofText(text);
    if (known !== undefined) return known;
    const context = parseContext(state.db, text);
    return failed(context) ? context : sids.intern(context, [], text);
  }

  /** As {@link contextToSid}, but a text that the policy does not understand is kept as it is. */
  contextToSidForced(text: string): Result<Sid> {
    const sid = this.contextToSid(text);
    if (sid !== E.EINVAL || this.#loaded === undefined || text.length === 0) return sid;
    return this.#loaded.sids.internRaw(cString(text));
  }

  /** Canonical text, no NUL. `forced` = the stored text of a context that the policy does not understand, instead of unlabeled. */
  sidToContext(sid: Sid, forced = false): Result<string> {
    if (this.#loaded === undefined) return INITIAL_SIDS.get(sid === SID.init ? SID.kernel : sid) ?? E.EINVAL;
    const raw = forced ? this.#loaded.sids.raw(sid) : undefined;
    if (raw !== undefined) return raw;
    const context = this.#loaded.sids.context(sid);
    return context === undefined ? E.EINVAL : formatContext(this.#loaded.state.db, context);
  }

  // --- Access checks ---

  /**
   * Checks permissions of a kernel class, lets them through when permissive, and writes the audit record.
   * @param details object fields of the record, each with its leading space.
   * @param unrecorded a permission of class file: a refusal is not recorded where the policy does not want refusals of this one
   * recorded, or of what has its number in the object's class, as FILE__AUDIT_ACCESS has that of a socket's shutdown.
   */
  check(
    subject: ActingTask,
    ssid: Sid,
    tsid: Sid,
    className: string,
    permissions: string | readonly string[],
    details = '',
    unrecorded?: string,
  ): Errno | undefined {
    const tclass = kernelClass(className);
    const requested = permissionBits(tclass, permissions);
    const av = this.avc.decide(ssid, tsid, tclass);
    const refused = this.#refuse(ssid, tsid, tclass, requested, av);
    const denied = requested & ~av.allowed;
    const silent = unrecorded !== undefined && (av.auditdeny & kernelPermission(kernelClass('file'), unrecorded)) === 0;
    const reported = denied === 0 ? requested & av.auditallow : silent ? 0 : denied & av.auditdeny;
    recordCheck(this, { subject, ssid, tsid, className, details }, reported, denied !== 0, refused);
    return refused;
  }

  /**
   * avc_has_extended_perms() for `ioctl`. @param command 16 bits: where the policy names commands, they need to be named, too.
   * @param details as of {@link check}; the command is added.
   */
  checkCommand(
    subject: ActingTask,
    ssid: Sid,
    tsid: Sid,
    className: string,
    command: number,
    details: string,
  ): Errno | undefined {
    const tclass = kernelClass(className);
    const requested = kernelPermission(tclass, 'ioctl');
    const av = this.avc.decide(ssid, tsid, tclass);
    const commands = this.#commands(ssid, tsid, tclass, command);
    const named = commands === undefined || hasFunction(commands.allowed, command & 0xff);
    const allowed = (av.allowed & requested) !== 0 && (named || this.avc.hasCommand(ssid, tsid, tclass, command));
    const refused = allowed ? undefined : this.#refuse(ssid, tsid, tclass, requested, { ...av, allowed: 0 });
    if (!allowed && refused === undefined) this.avc.grantCommand(ssid, tsid, tclass, command);
    const heard = (set: Uint32Array | undefined): boolean => set !== undefined && hasFunction(set, command & 0xff);
    const reported = allowed
      ? requested & (commands === undefined || heard(commands.auditallow) ? av.auditallow : 0)
      : requested & (heard(commands?.dontaudit) ? 0 : av.auditdeny);
    const shown = `${details} ioctlcmd=0x${command.toString(16)}`;
    recordCheck(this, { subject, ssid, tsid, className, details: shown }, reported, !allowed, refused);
    return refused;
  }

  #commands(ssid: Sid, tsid: Sid, tclass: number, command: number): XpermsDecision | undefined {
    const loaded = this.#loaded;
    const [source, target] = [loaded?.sids.context(ssid), loaded?.sids.context(tsid)];
    if (loaded === undefined || source === undefined || target === undefined) return undefined;
    return computeXperms(loaded.state, source, target, loaded.map.policyClass(tclass), command >> 8, 'ioctl');
  }

  /** As {@link check}, without a record. */
  allows(ssid: Sid, tsid: Sid, className: string, permissions: string | readonly string[]): boolean {
    const tclass = kernelClass(className);
    const av = this.avc.decide(ssid, tsid, tclass);
    return this.#refuse(ssid, tsid, tclass, permissionBits(tclass, permissions), av) === undefined;
  }

  /** The same of what was checked before: no look-up is counted. */
  allowed(ssid: Sid, tsid: Sid, className: string, permissions: string): boolean {
    const tclass = kernelClass(className);
    const av = this.avc.cached(ssid, tsid, tclass) ?? this.#computeAv(ssid, tsid, tclass);
    return (permissionBits(tclass, permissions) & ~av.allowed) === 0 || !this.#enforcing || av.permissive;
  }

  // --- Changes ---

  setEnforcing(value: boolean): void {
    this.log.audit(
      AUDIT.MAC_STATUS,
      `enforcing=${Number(value)} old_enforcing=${Number(this.#enforcing)} ${NO_SESSION} enabled=1 old-enabled=1 lsm=selinux res=1`,
    );
    this.#enforcing = value;
    if (value) this.avc.reset(0);
    this.status.update({ enforcing: value });
  }

  /**
   * Replaces the policy by a binary image, or leaves everything as it is. The image must not be changed afterwards.
   * @param inForce called before the load is recorded.
   */
  load(image: Uint8Array, inForce: () => void = () => undefined): Errno | undefined {
    const prepared = preparePolicy(image, this.#loaded, this.#loader, this.#enforcing);
    if (failed(prepared)) {
      this.log.print('SELinux: failed to load policy', KERN_WARNING);
      return prepared;
    }
    this.#loaded = prepared;
    this.pendingBooleans = Uint8Array.from(prepared.state.booleans);
    printCapabilities(this.log, prepared.state.db);
    this.#policyChanged();
    this.onLoad?.(prepared);
    inForce();
    this.log.audit(AUDIT.MAC_POLICY_LOAD, `${NO_SESSION} lsm=selinux res=1`);
    return undefined;
  }

  /** Makes the pending boolean values the active ones. Counts as a policy change even when none differs. */
  commitBooleans(): void {
    const { pendingBooleans: values } = this;
    if (this.#loaded === undefined || values === undefined || values.length === 0) return;
    const { state } = this.#loaded;
    values.forEach((value, index) => {
      const old = state.booleans[index];
      if (value === old) return;
      const name = state.db.booleans.nameOf(index + 1);
      this.log.audit(AUDIT.MAC_CONFIG_CHANGE, `bool=${name} val=${value} old_val=${old} ${NO_SESSION}`);
    });
    state.setBooleans(values);
    this.#policyChanged();
  }

  /**
   * Notes mode, policy and booleans. @returns a function that brings them back. Without a policy there is none to come back: a kernel
   * cannot unload one, and labels in use would mean nothing.
   */
  remember(): () => void {
    const { enforcing, loaded } = this;
    const booleans = Uint8Array.from(loaded?.state.booleans ?? []);
    const { threshold } = this.avc;
    return () => {
      this.#enforcing = enforcing;
      this.avc.threshold = threshold;
      if (loaded !== undefined) this.#bringBack(loaded, booleans);
      this.#policyChanged();
      this.status.update({ enforcing });
    };
  }

  #bringBack({ state: { db } }: LoadedPolicy, booleans: Uint8Array): void {
    if (this.#loaded?.state.db !== db) {
      const prepared = prepareParsed(db, this.#loaded, this.#loader, this.#enforcing);
      if (failed(prepared)) return; // Labels in use mean nothing in it.
      this.#loaded = prepared;
      this.onLoad?.(prepared);
    }
    this.#loaded.state.setBooleans(booleans);
    this.pendingBooleans = Uint8Array.from(booleans);
  }

  /** The namespace is at its end: its policy and what was derived from it go, the mode stays. */
  free(): void {
    this.#loaded = undefined;
    this.pendingBooleans = undefined;
    this.avc.reset(0);
    // What shows it, too: remains of a task may still know the state.
    this.onLoad = undefined;
    this.status.onChange = undefined;
  }

  /** The loaded policy as a binary image. */
  dump(): Result<Uint8Array> {
    return this.#loaded === undefined ? E.EINVAL : dumpPolicy(this.#loaded.state);
  }

  // --- Inside ---

  #computeAv(ssid: Sid, tsid: Sid, tclass: number): AccessVector {
    const loaded = this.#loaded;
    const base = { auditallow: 0, auditdeny: 0xffffffff, seqno: this.#seqno, permissive: false };
    if (loaded === undefined) return { ...base, allowed: 0xffffffff };
    const source = loaded.sids.context(ssid);
    const target = loaded.sids.context(tsid);
    if (source === undefined || target === undefined) return { ...base, allowed: 0 };
    const { allowed, auditallow, auditdeny, flags } = loaded.map.computeAv(loaded.state, source, target, tclass, (v) =>
      this.auditBounds(v),
    );
    return { allowed, auditallow, auditdeny, seqno: this.#seqno, permissive: (flags & 1) !== 0 };
  }

  /** EACCES, or nothing; what a permissive mode lets through is added to the cache so that it is reported once. */
  #refuse(ssid: Sid, tsid: Sid, tclass: number, requested: number, av: AccessVector): Errno | undefined {
    if ((requested & ~av.allowed) === 0) return undefined;
    if (this.#enforcing && !av.permissive) return E.EACCES;
    this.avc.grant(ssid, tsid, tclass, requested, av.seqno);
    return undefined;
  }

  /** Permissions that a bounding type took away are reported, once per computed decision. */
  auditBounds(violation: BoundsViolation): void {
    if (this.#loaded !== undefined) recordBounds(this.log, this.#loaded.state.db, violation);
  }

  #policyChanged(): void {
    this.#seqno++;
    this.avc.reset(this.#seqno);
    const denyUnknown = this.#loaded?.state.db.handleUnknown !== 'allow';
    this.status.update({ policyload: this.#seqno, denyUnknown });
  }
}

function permissionBits(tclass: number, names: string | readonly string[]): number {
  if (typeof names === 'string') return kernelPermission(tclass, names);
  return names.reduce((bits, name) => bits | kernelPermission(tclass, name), 0);
}

function cString(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}

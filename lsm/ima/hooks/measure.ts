/**
 * What happens when a file is used: process_measurement() of security/integrity/ima/ima_main.c, with ima_rdwr_violation_check().
 */
import { E, type Errno } from '../../../linux/errno.ts';
import { S_IFMT, S_IFREG } from '../../../linux/stat.ts';
import { INTEGRITY, type IntegritySubject } from '../../framework/audit/integrity.ts';
import { algorithmNumber, type NamedDigest, zeroDigest } from '../../framework/digests/hash.ts';
import type { FileUse, UseContext, UsedFile, UseNeeds, UseSettled } from '../../framework/files/file-use.ts';
import type { InodeFacts } from '../../framework/files/inode.ts';
import type { LabelField } from '../../framework/labels/label-rule.ts';
import type { Task } from '../../framework/task.ts';
import { collectDigest, fileAlgorithm, NO_VERITY, shortAlgorithm } from '../decide/collect.ts';
import { type InodeState, InodeStates, type VerdictClass } from '../decide/inode-state.ts';
import { type Modsig, modsigOf, readsWhole } from '../decide/modsig.ts';
import { XATTR_IMA, XATTR_TYPE } from '../decide/xattr-value.ts';
import { FAMILIES, type RuleMatch } from '../policy/match.ts';
import { MAY } from '../policy/rule.ts';
import { UseAppraisal } from './appraisal.ts';
import { classOf, FUNC_OF, ruleCredentials } from './hook-facts.ts';
import type { MeasureHost } from './measure-host.ts';
import { type JudgedUse, UseRecords } from './use-records.ts';

/** Of attributes that EVM covers. */
const COVERED = /^(?:security|system)\./;
const NOTHING = new Uint8Array(0);
const WITHOUT_APPRAISAL = FAMILIES.filter((family) => family !== 'appraise');

export class FileMeasuring {
  readonly #host: MeasureHost;
  readonly #records: UseRecords;
  readonly #appraisal: UseAppraisal;
  readonly #states = new InodeStates();

  constructor(host: MeasureHost) {
    this.#host = host;
    this.#records = new UseRecords(host);
    this.#appraisal = new UseAppraisal(host, this.#records);
  }

  /** `undefined` when the use means nothing here. */
  needs(use: FileUse, context: UseContext): UseNeeds | undefined {
    if (this.#isIrrelevant(use)) return undefined;
    const { settings } = this.#host;
    const state = this.#states.find(use.file);
    const found = state?.find(use.file);
    const updates = state?.isUpdatedAt(use.file) === true;
    const update: UseNeeds | undefined = updates ? { digests: [settings.algorithm], stores: true } : undefined;
    if (use.hook === 'update-xattr') return update ?? (found?.closed === true ? { digests: [] } : undefined);
    if (use.hook === 'mprotect') return this.#protects(use, context) === undefined ? undefined : { digests: [] };
    const decision = this.#decide(use, context);
    if (decision.actions.size === 0) {
      const matters = state !== undefined && (use.writes === true || found?.closed === true);
      return update ?? (matters ? { digests: [] } : undefined);
    }
    if (use.created === true) return { digests: [] };
    // EVM may have something to store, too.
    const gives = settings.appraise === 'fix' || this.#host.metadataGuarded();
    const stores = updates || (gives && decision.actions.has('appraise'));
    const { metadataGuarded } = this.#host;
    const isGiven = state?.isGiven(use.file, metadataGuarded()) === true || this.#states.wasSet(use.file);
    const isFresh = state === undefined || found?.changed === true || isGiven;
    if (!isFresh && !this.#asksForContent(state, decision, use, context)) return { digests: [], stores };
    const algorithm = updates ? settings.algorithm : fileAlgorithm(use.file, settings);
    const template = decision.template ?? settings.template;
    const short = decision.actions.has('measure') && template.fields.includes('d');
    const appended = readsWhole(use) && (decision.demands.modsig || state?.demands.modsig === true);
    const digests = [...new Set([algorithm, ...(short ? [shortAlgorithm(algorithm, template, settings)] : [])])];
    return { digests, stores, ...(appended && { appended }) };
  }

  /** To be asked after the use was decided. */
  settled(use: FileUse, context: UseContext): UseSettled {
    const { policy } = this.#host;
    if (policy.isWritten || policy.asksForLabels) return 'no';
    if (this.#isIrrelevant(use)) return 'always';
    if (use.hook === 'update-xattr' || use.hook === 'made' || use.hook === 'mprotect' || use.created === true)
      return 'no';
    const state = this.#states.find(use.file);
    const decision = this.#decide(use, context);
    const { actions, demands } = decision;
    if (actions.size === 0) return state === undefined || (use.writes !== true && !state.written) ? 'always' : 'no';
    if (state === undefined || use.writes === true || use.direct === true) return 'no';
    const watches = !actions.has('measure') || !this.#isViolationHook(use) || state.mayEmitToMToU;
    const hashed = !actions.has('hash') || state.hashed;
    const done = watches && hashed && !this.#asksForContent(state, decision, use, context);
    const rests =
      done && !this.#states.wasSet(use.file) && state.isSettled(use.file, demands, this.#host.metadataGuarded());
    return rests ? 'unwritten' : 'no';
  }

  /** Somebody may set or remove an attribute of a file that this level sees. A kernel forgets its verdict even when that fails. */
  attributeSet(inode: InodeFacts, name: string): void {
    const matters = name === XATTR_IMA || (this.#host.metadataGuarded() && COVERED.test(name));
    if (matters && this.#host.policy.asksFor('appraise')) this.#states.attributeSet(inode);
  }

  use(task: Task, use: FileUse, context: UseContext): Errno | undefined {
    if (this.#isIrrelevant(use)) return undefined;
    if (use.hook === 'made') {
      this.#states.rename(use.was ?? '', use.file);
      return undefined;
    }
    if (use.hook === 'mprotect') return this.#protect(task, use, context);
    const known = this.#states.find(use.file);
    const file = known === undefined ? use.file : this.#updateXattr(known, use.file);
    if (use.hook === 'update-xattr') return undefined;
    const decision = this.#decide(use, context);
    const judged: JudgedUse = { use: { ...use, file }, decision, context, subject: this.#subject(task, use, context) };
    if (decision.actions.size === 0) {
      if (known !== undefined && this.#isViolationHook(use) && use.writes === true) this.#checkViolation(known, judged);
      if (known !== undefined && use.writes === true) known.written = true;
      return undefined;
    }
    const state = known ?? this.#states.get(file);
    const { policy, metadataGuarded } = this.#host;
    state.lookAtAttributes(file, policy.asksFor('appraise'), metadataGuarded(), this.#states.takeSet(file));
    if (this.#isViolationHook(use) && (decision.actions.has('measure') || use.writes === true))
      this.#checkViolation(state, judged);
    const result = this.#process(state, judged);
    if (use.hook === 'open' && use.writes === true) state.written = true;
    return result;
  }

  /** While a program is being loaded the task is called like it already. */
  #subject(task: Task, { program }: FileUse, context: UseContext): IntegritySubject {
    const subject = this.#host.subject(task, context);
    return program === undefined ? subject : { ...subject, comm: program.comm };
  }

  #isIrrelevant({ file }: FileUse): boolean {
    return this.#host.policy.isIdle || (file.mode & S_IFMT) !== S_IFREG;
  }

  #isViolationHook({ hook }: FileUse): boolean {
    return this.#host.policy.asksFor('measure') && (hook === 'open' || hook === 'mmap' || hook === 'mmap-requested');
  }

  #decide(use: FileUse, context: UseContext): RuleMatch {
    const { file, mask, hook } = use;
    const { policy, settings } = this.#host;
    const access = {
      func: FUNC_OF[hook],
      mask,
      credentials: ruleCredentials(use, context),
      file: {
        fsmagic: BigInt(file.superblock.magic),
        fsname: file.inode.filesystem.type,
        fsuuid: file.superblock.uuid,
        uid: file.inode.uid,
        gid: file.inode.gid,
      },
      labelMatches: (field: LabelField, value: string) => this.#host.labelMatches({ field, value }, file, context),
    };
    return policy.match(access, settings.appraise === 'off' ? WITHOUT_APPRAISAL : undefined);
  }

  /** Is a file of the policy made executable after it was mapped: which rules are about it? */
  #protects(use: FileUse, context: UseContext): RuleMatch | undefined {
    if (!this.#host.policy.asksFor('appraise') || this.#host.settings.appraise === 'off') return undefined;
    const decisions = (['mmap', 'mmap-requested'] as const).map((hook) => this.#decide({ ...use, hook }, context));
    const [first, second] = decisions.filter(({ actions }) => actions.has('measure') || actions.has('appraise'));
    return first?.actions.has('appraise') === true ? first : (second ?? first);
  }

  /** ima_file_mprotect(): it cannot be appraised any more. */
  #protect(task: Task, use: FileUse, context: UseContext): Errno | undefined {
    const decision = this.#protects(use, context);
    if (decision === undefined) return undefined;
    const judged: JudgedUse = { use, decision, context, subject: this.#subject(task, use, context) };
    const refused = decision.actions.has('appraise') ? E.EPERM : undefined;
    this.#records.record(judged, INTEGRITY.DATA, 'collect_data', 'failed-mprotect', -(refused?.number ?? 0));
    return refused;
  }

  /** What the end of writing would have done: ima_update_xattr(). @returns the file as it is then. */
  #updateXattr(state: InodeState, file: UsedFile): UsedFile {
    const updates = state.isUpdatedAt(file);
    state.look(file);
    const { algorithm } = this.#host.settings;
    const hex = file.content.digests[algorithm];
    if (!updates || hex === undefined) return file;
    const digest = { algorithm, bytes: Buffer.from(hex, 'hex') };
    const fixed = this.#appraisal.fix(state, file, digest);
    state.collected(digest);
    return fixed;
  }

  /** Is there anything left to be done that takes a digest? */
  #asksForContent(state: InodeState, decision: RuleMatch, use: FileUse, context: UseContext): boolean {
    const { actions, rules } = decision;
    if (actions.has('appraise') && !state.appraised.has(classOf(use, rules.get('appraise')))) return true;
    return this.#records.isDue(state, decision, context) || (actions.has('audit') && !state.audited);
  }

  #checkViolation(state: InodeState, judged: JudgedUse): void {
    const { use, decision } = judged;
    if (use.writes === true) {
      if (!use.file.content.openers || !state.mayEmitToMToU) return;
      state.mayEmitToMToU = false;
      this.#records.violation(judged, 'ToMToU');
      return;
    }
    if (!decision.actions.has('measure')) return;
    state.mayEmitToMToU = true;
    if (!use.file.content.writers || state.emittedOpenWriters) return;
    state.emittedOpenWriters = true;
    this.#records.violation(judged, 'open_writers');
  }

  #process(state: InodeState, judged: JudgedUse): Errno | undefined {
    const { use, decision } = judged;
    const { actions, rules, demands } = decision;
    const appraises = actions.has('appraise');
    const verdictClass = classOf(use, rules.get('appraise'));
    state.demands.signature ||= demands.signature;
    state.demands.modsig ||= demands.modsig;
    state.demands.verity ||= demands.verity;
    state.demands.directIo ||= demands.directIo;
    let refused = this.#act(state, judged, verdictClass);
    if ((use.mask & MAY.WRITE) !== 0 && state.signed && !state.isNew) refused = true;
    if (!appraises) return undefined;
    if (refused && this.#host.settings.appraise === 'enforce') return E.EACCES;
    if (use.writes === true) state.updates = true;
    return undefined;
  }

  /** @returns whether appraisal failed. */
  #act(state: InodeState, judged: JudgedUse, verdictClass: VerdictClass): boolean {
    const { use, decision } = judged;
    const { actions, rules } = decision;
    let measures = this.#records.isDue(state, decision, judged.context);
    const audits = actions.has('audit') && !state.audited;
    const appraises = actions.has('appraise') && !state.appraised.has(verdictClass);
    if (actions.has('hash') && !state.hashed) {
      if (!state.signed) state.signed = use.file.inode.xattrs[XATTR_IMA]?.charCodeAt(0) === XATTR_TYPE.SIGNATURE;
      state.hashes = true;
      state.hashed = true;
      state.updates = true;
    }
    if (!measures && !audits && !appraises)
      return actions.has('appraise') && state.verdicts.get(verdictClass) !== 'pass';
    const modsig = state.demands.modsig ? modsigOf(use, this.#host.digests) : undefined;
    if (modsig !== undefined) measures ||= this.#records.isDueAgain(state, decision);
    const collected = this.#collect(state, judged);
    if (collected === NO_VERITY) return true;
    if (measures) this.#records.store(state, judged, collected, modsig);
    let passed = collected !== undefined;
    if (appraises && collected !== undefined)
      passed =
        !this.#isBlacklisted(state, judged, collected, modsig) &&
        this.#appraisal.appraise(state, judged, verdictClass, { digest: collected, modsig });
    if (audits)
      this.#records.audit(state, judged, collected ?? zeroDigest(fileAlgorithm(use.file, this.#host.settings)));
    if (use.direct === true && state.demands.directIo) passed = true;
    const allowed = rules.get('appraise')?.algorithms;
    if (!passed || allowed === undefined) return !passed;
    if (allowed.has(algorithmNumber(fileAlgorithm(use.file, this.#host.settings)) ?? -1)) return false;
    this.#records.record(judged, INTEGRITY.DATA, 'collect_data', 'denied-hash-algorithm', -E.EACCES.number);
    return true;
  }

  /** ima_check_blacklist(): no verdict is remembered of what is. */
  #isBlacklisted(
    { demands, measured }: InodeState,
    judged: JudgedUse,
    digest: NamedDigest,
    modsig: Modsig | undefined,
  ): boolean {
    const bytes = modsig === undefined ? digest.bytes : (modsig.digest?.bytes ?? NOTHING);
    if (!demands.signature || !this.#host.isBlacklisted(bytes)) return false;
    const { decision, subject, context } = judged;
    if (decision.actions.has('measure') || measured.size > 0)
      this.#host.measureBlacklisted(modsig === undefined ? NOTHING : bytes, decision.pcr, subject, context);
    return true;
  }

  /** `undefined`, and a record, when that was impossible. */
  #collect(state: InodeState, judged: JudgedUse): NamedDigest | typeof NO_VERITY | undefined {
    const { use } = judged;
    const digest = collectDigest(state, use, fileAlgorithm(use.file, this.#host.settings), this.#host.emptyDigest);
    if (typeof digest !== 'string') return digest;
    const name = use.file.path.slice(use.file.path.lastIndexOf('/') + 1);
    this.#records.record(
      judged,
      INTEGRITY.DATA,
      'collect_data',
      digest,
      -(digest === NO_VERITY ? E.ENODATA : E.EINVAL).number,
      name,
    );
    return digest === NO_VERITY ? digest : undefined;
  }
}

/**
 * Appraisal of a file that is used, with what it leaves in the state of the file: ima_appraise_measurement() and ima_fix_xattr() of
 * security/integrity/ima/ima_appraise.c.
 */
import { bytesOf, textOf } from '../../../linux/bytes.ts';
import { E } from '../../../linux/errno.ts';
import { INTEGRITY } from '../../framework/audit/integrity.ts';
import type { NamedDigest } from '../../framework/digests/hash.ts';
import type { UsedFile } from '../../framework/files/file-use.ts';
import { appraise, digestValue } from '../decide/appraise.ts';
import type { InodeState, VerdictClass } from '../decide/inode-state.ts';
import type { Modsig } from '../decide/modsig.ts';
import { XATTR_IMA, XATTR_TYPE } from '../decide/xattr-value.ts';
import type { MeasureHost } from './measure-host.ts';
import type { JudgedUse, UseRecords } from './use-records.ts';

/** What was read of the content. */
interface Collected {
  readonly digest: NamedDigest;
  readonly modsig: Modsig | undefined;
}

export class UseAppraisal {
  readonly #host: MeasureHost;
  readonly #records: UseRecords;

  constructor(host: MeasureHost, records: UseRecords) {
    this.#host = host;
    this.#records = records;
  }

  /** ima_fix_xattr(). @returns the file as it is then. */
  fix(state: InodeState, file: UsedFile, digest: NamedDigest): UsedFile {
    const value = textOf(digestValue(digest));
    const fixed = { ...file, inode: { ...file.inode, xattrs: this.#host.store(file, value) } };
    state.gave(fixed);
    return fixed;
  }

  /** @returns whether it passed. */
  appraise(state: InodeState, judged: JudgedUse, verdictClass: VerdictClass, { digest, modsig }: Collected): boolean {
    const { file, created } = judged.use;
    const { settings, signatures, metadata } = this.#host;
    const text = file.inode.xattrs[XATTR_IMA];
    const value = text === undefined ? undefined : bytesOf(text);
    if (created === true && (value === undefined || value.length === 0)) state.isNew = true;
    const { demands, isNew } = state;
    const result = appraise({
      value,
      digest,
      size: file.content.size,
      isNew,
      demands,
      metadata: () => {
        const { verdict, xattrs } = metadata(file);
        if (xattrs !== file.inode.xattrs) state.gave({ ...file, inode: { ...file.inode, xattrs } });
        return verdict;
      },
      verify: (signature, signed) => signatures.verify(signature, signed, judged.subject.uid, judged.use.hook),
      ...(modsig && { verifyModsig: () => signatures.verifyModsig(modsig, judged.subject.uid, judged.use.hook) }),
      fileIdDigest: (type, known) => signatures.fileIdDigest(type, known),
    });
    if (result.signed !== undefined) state.signed = result.signed;
    let { verdict } = result;
    if (verdict === 'pass') state.appraised.add(verdictClass);
    else {
      if (settings.appraise === 'fix' && modsig === undefined && value?.[0] !== XATTR_TYPE.SIGNATURE) {
        this.fix(state, file, digest);
        verdict = 'pass';
      }
      if (file.content.size === 0 && isNew && state.signed) verdict = 'pass';
      this.#records.record(judged, INTEGRITY.DATA, 'appraise_data', result.cause, -E.EINVAL.number);
    }
    state.verdicts.set(verdictClass, verdict);
    return verdict === 'pass';
  }
}

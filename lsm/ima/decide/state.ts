/**
 * What IMA keeps for the initial namespace, and for each further one that is active (struct ima_namespace).
 */
import { hex } from '../../../linux/bytes.ts';
import { PLATFORM_KEYS } from '../../../linux/kernel-keyrings.ts';
import type { Caller, UserNamespace } from '../../../vfs/tree/caller.ts';
import type { IntegritySubject } from '../../framework/audit/integrity.ts';
import { algorithmName, algorithmNumber, isOld } from '../../framework/digests/hash.ts';
import type { Digests } from '../../framework/facts.ts';
import type { UseContext, UsedFile } from '../../framework/files/file-use.ts';
import type { InodeFacts } from '../../framework/files/inode.ts';
import type { Keyring } from '../../framework/keys/keyring.ts';
import { verifyPkcs7 } from '../../framework/keys/pkcs7.ts';
import type { ModuleHost } from '../../framework/module-host.ts';
import type { Task } from '../../framework/task.ts';
import type { Tpm } from '../../framework/tpm/tpm.ts';
import { storeBuffer } from '../hooks/buffer.ts';
import { FileMeasuring } from '../hooks/measure.ts';
import type { Signatures } from '../hooks/measure-host.ts';
import { bootAggregate, shortBootAggregate } from '../list/boot-aggregate.ts';
import { type Attestation, Measurements } from '../list/measurements.ts';
import { Templates } from '../list/template.ts';
import type { Settings } from '../parameters.ts';
import type { Policy } from '../policy/policy.ts';
import { XATTR_TYPE } from './xattr-value.ts';

/** Name of the first measurement: what the machine booted with. */
export const BOOT_AGGREGATE = 'boot_aggregate';

/** CONFIG_IMA_MEASURE_PCR_IDX */
const PCR = 10;

export interface ImaState {
  readonly measurements: Measurements;
  readonly measuring: FileMeasuring;
}

export interface StateOptions {
  readonly settings: Settings;
  readonly policy: Policy;
  /** The list begins with boot_aggregate. */
  readonly listsBoot: boolean;
  /** What booted the kernel, for boot_aggregate. */
  readonly tpm?: Tpm | undefined;
  /** Of the list. */
  readonly attestation?: Attestation | undefined;
  /** What lists call a user namespace. */
  readonly origin: (userNamespace: UserNamespace | undefined) => string;
  /** Is there still one of this name? */
  readonly isNamed: (name: string) => boolean;
  /** Gives a file a new value of security.ima. @returns the attributes that it has then. */
  store(file: UsedFile, value: string): InodeFacts['xattrs'];
  /** Whose it is; absent: the initial one. */
  readonly userNamespace?: UserNamespace;
}

export function createState(
  host: ModuleHost,
  { settings, policy, listsBoot, tpm, attestation, origin, isNamed, store, userNamespace }: StateOptions,
): ImaState {
  const { digests, log } = host;
  const { algorithm, template } = settings;
  const measurements = new Measurements(digests, algorithm, attestation);
  if (listsBoot) {
    const digest = bootAggregate(algorithm, tpm, digests);
    const short = !isOld(algorithm) && { shortDigest: shortBootAggregate(tpm, digests) };
    const namespace = template.fields.includes('ns') ? origin(userNamespace) : '';
    measurements.add(template, PCR, {
      name: BOOT_AGGREGATE,
      algorithm: digest.algorithm,
      digest,
      namespace,
      ...short,
    });
  }
  const measuring = new FileMeasuring({
    log,
    policy,
    measurements,
    settings,
    tellsViolations: userNamespace === undefined,
    origin: ({ caller }) => origin(caller.userNamespace),
    isNamed,
    signatures: signaturesOf(host.keyring('_ima'), host.kernelKeys.kernelRing(PLATFORM_KEYS), digests),
    subject: (task, { caller, task: facts }: UseContext) => subjectOf(host, task, caller, facts.ids.uid),
    store,
    labelMatches: (rule, { inode }, { caller }) =>
      host.labelRuleMatches(rule, rule.field.startsWith('subj_') ? { task: host.taskOf(caller) } : { inode }),
    metadata: (file) => host.metadataVerdict(file, userNamespace),
    metadataGuarded: () => host.metadataGuarded(),
    isBlacklisted: (digest) => host.kernelKeys.isBlacklisted('bin', digest),
    measureBlacklisted: (digest, pcr, subject, { caller }) => {
      const buffer = new Templates(template).buffer;
      const namespace = buffer.fields.includes('ns') ? origin(caller.userNamespace) : '';
      const told = {
        measurements,
        digests,
        algorithm,
        subject: () => subject,
        ...(userNamespace === undefined && { log }),
      };
      const name = 'blacklisted-hash';
      storeBuffer(told, { operation: 'measuring_none', template: buffer, pcr, name, buffer: digest, namespace });
    },
    digests,
    emptyDigest: (name) => {
      const empty = digests.compute(name, []);
      return empty && hex(empty);
    },
  });
  return { measurements, measuring };
}

export function subjectOf(
  host: Pick<ModuleHost, 'labelOf' | 'loginOf'>,
  task: Task,
  { tgid, comm, uid: fsuid }: Caller,
  uid = fsuid,
): IntegritySubject {
  const { loginuid, sessionid } = host.loginOf(task);
  return { tgid, uid, comm, loginuid, sessionid, label: host.labelOf(task) };
}

function signaturesOf(ring: Keyring, platform: Keyring | undefined, digests: Digests): Signatures {
  return {
    verify: (value, { bytes }, uid, hook) => {
      const result = ring.verify(value, algorithmName, bytes, uid);
      if (platform === undefined || hook !== 'kexec-kernel' || result === 'good' || value[0] !== XATTR_TYPE.SIGNATURE)
        return result;
      return result === 'unsupported' ? result : platform.verify(value, algorithmName, bytes, uid);
    },
    verifyModsig: ({ signers, contents }, uid, hook) =>
      verifyPkcs7(signers, contents, ring.certificates(uid)) ||
      (hook === 'kexec-kernel' && platform !== undefined && verifyPkcs7(signers, contents, platform.certificates(uid))),
    // calc_file_id_hash(): u8 type, u8 algorithm, digest.
    fileIdDigest: (type, { algorithm, bytes }) => {
      const head = Uint8Array.of(type, algorithmNumber(algorithm) ?? 0);
      const id = digests.compute(algorithm, [head, bytes]);
      return id && { algorithm, bytes: id };
    },
  };
}

/**
 * IMA: measures files that are used, in a list that can be read and attested.
 *
 * Model: security/integrity/ima of Linux 6.12. The module is in every kernel that has it compiled in (class `last`),
 * and without a policy does nothing. What it decides about is told by `fileUse`; digests come with the events.
 */

import { E } from '../../linux/errno.ts';
import { CallerSymlink } from '../../vfs/pseudo/index.ts';
import type { Caller } from '../../vfs/tree/caller.ts';
import { type Digests, KERN_ERR, KERN_INFO, KERN_NOTICE } from '../framework/facts.ts';
import type { UseContext } from '../framework/files/file-use.ts';
import type { InodeFacts } from '../framework/files/inode.ts';
import { NamespacedXattr } from '../framework/files/namespaced-xattrs.ts';
import type { Keyring } from '../framework/keys/keyring.ts';
import type { ModuleDefinition, ModuleHost } from '../framework/module.ts';
import type { Task } from '../framework/task.ts';
import { knownModule } from '../known-modules.ts';
import { INTEGRITY, logMessage, type Subject } from './audit.ts';
import { algorithmName, algorithmNumber, zeroDigest } from './hash.ts';
import { Measurements } from './list/measurements.ts';
import { binaryRecord } from './list/show.ts';
import { tellOfList } from './list/tell.ts';
import { Templates } from './list/template.ts';
import { FileMeasuring, type Signatures } from './measure.ts';
import { settingsOf } from './parameters.ts';
import { builtinRules } from './policy/builtin.ts';
import type { RuleReader } from './policy/parse-rule.ts';
import { Policy } from './policy/policy.ts';
import { mayHaveValue } from './setxattr.ts';
import { imaDirectory } from './tree.ts';
import { XATTR_IMA } from './xattr-value.ts';

/** CONFIG_IMA_MEASURE_PCR_IDX */
const PCR = 10;

export const ima: ModuleDefinition = {
  ...knownModule('ima'),
  readMeasurementList: tellOfList,
  create: (host) => {
    const { config, digests, log } = host;
    const options = config.build.options ?? [];
    const warn = (text: string): void => log.print(`ima: ${text}`, KERN_ERR);
    const settings = settingsOf(config.parameters, warn);
    const mayRewrite = options.includes('IMA_WRITE_POLICY');
    const policy = new Policy(builtinRules({ ...settings.builtin, writePolicy: mayRewrite }));
    const measurements = new Measurements(digests, settings.algorithm);
    const templates = new Templates(settings.template);
    // Without a TPM there is nothing to be aggregated.
    const { algorithm } = settings;
    measurements.add(settings.template, PCR, { name: 'boot_aggregate', algorithm, digest: zeroDigest(algorithm) });
    const subjectOf = (task: Task, caller: Caller, uid = caller.uid): Subject => ({
      tgid: caller.tgid,
      uid,
      comm: caller.comm,
      label: host.labelOf(task),
    });
    const measuring = new FileMeasuring({
      log,
      policy,
      measurements,
      settings,
      signatures: signaturesOf(host.keyring('_ima'), digests),
      subject: (task, { caller, task: facts }: UseContext) => subjectOf(task, caller, facts.ids.uid),
      store: ({ key }, value) => host.storeXattr({ key, name: XATTR_IMA, value }),
      metadata: () => 'unknown',
      emptyDigest: (name) => {
        const digest = digests.compute(name, []);
        return digest && Buffer.from(digest).toString('hex');
      },
    });
    const own = new NamespacedXattr(XATTR_IMA);
    const mayChange = (task: Task, inode: InodeFacts, name: string, value: Uint8Array | undefined, caller: Caller) => {
      const may = own.mayChange(name, inode, caller);
      if (may !== 'yes') return may;
      return mayHaveValue(value, {
        allowed: policy.setxattrAlgorithms,
        algorithm,
        refused: (cause) =>
          logMessage(log, INTEGRITY.DATA, subjectOf(task, caller), {
            op: 'set_data',
            cause,
            result: -E.EACCES.number,
            name: inode.entry ?? inode.path,
            file: { dev: inode.filesystem.id, ino: inode.ino },
          }),
      });
    };
    const status = (subject: Subject, op: string, cause: string, result: number): void =>
      logMessage(log, INTEGRITY.STATUS, subject, { op, cause, result });
    const notices = new Set<string>();
    const reader = ruleReader(host, policy, templates, (text) => {
      if (!notices.has(text)) log.print(`ima: ${text}`, KERN_NOTICE);
      notices.add(text);
    });
    if (!policy.isIdle) host.watchFiles();
    const directory = imaDirectory({
      numbers: host.securityfsNumbers,
      changes: host.securityfsChanges,
      time: config.bootTime ?? 0n,
      measurements,
      policy: {
        policy,
        mayRead: options.includes('IMA_READ_POLICY'),
        mayRewrite,
        readerFor: reader,
        subject: (writer) => subjectOf(host.taskOf(writer), writer),
        logFor: (writer) => ({
          rule: (body) => log.audit(INTEGRITY.POLICY_RULE, body),
          invalid: (result) => status(writer, 'update_policy', 'invalid-policy', -result.number),
        }),
        // Before the rules are in force: whoever tells of uses is to look before each of them whether there are any.
        begun: () => host.watchFiles(),
        unsigned: (writer) => {
          warn('signed policy file (specified as an absolute pathname) required');
          status(writer, 'policy_update', 'signed policy required', 1);
        },
        ended: (writer, loaded) => {
          const cause = loaded ? 'completed' : 'failed';
          log.print(`ima: policy update ${cause}`, KERN_INFO);
          status(writer, 'policy_update', cause, loaded ? 0 : 1);
        },
      },
    });
    const link = { ino: host.securityfsNumbers.next(), mode: 0o444, time: config.bootTime ?? 0n };
    return {
      hooks: {
        useNeeds: (_task, use, context) => measuring.needs(use, context),
        fileUse: (task, use, context) => measuring.use(task, use, context),
        ...own.hooks,
        inodeSetxattr: mayChange,
        inodeRemovexattr: (task, inode, name, caller) => mayChange(task, inode, name, undefined, caller),
      },
      measurementList: () =>
        Buffer.concat(measurements.entries.map((entry) => binaryRecord(entry, measurements.digest('sha1', entry)))),
      xattrs: own.names,
      contentXattrs: [XATTR_IMA],
      integrity: [{ name: 'ima', node: directory }],
      securityfs: [{ name: 'ima', node: new CallerSymlink(link, () => 'integrity/ima') }],
    };
  },
};

function signaturesOf(ring: Keyring, digests: Digests): Signatures {
  return {
    verify: (value, { bytes }) => ring.verify(value, algorithmName, bytes),
    // calc_file_id_hash(): u8 type, u8 algorithm, digest.
    fileIdDigest: (type, { algorithm, bytes }) => {
      const head = Uint8Array.of(type, algorithmNumber(algorithm) ?? 0);
      const id = digests.compute(algorithm, [head, bytes]);
      return id && { algorithm, bytes: id };
    },
  };
}

function ruleReader(
  { log }: ModuleHost,
  policy: Policy,
  templates: Templates,
  noticeOnce: (text: string) => void,
): (writer: Caller) => RuleReader {
  return ({ userNamespace }) => {
    // Of the ids of other user namespaces only that of their root is known.
    const mapped = (root: number | undefined) => (id: number) =>
      userNamespace === undefined ? id : id === 0 ? root : undefined;
    return {
      templates,
      mapUid: mapped(userNamespace?.rootUid),
      mapGid: mapped(userNamespace?.rootGid),
      labelKnown: () => false,
      refuseUnknownLabels: policy.isBuiltin,
      measuresKeys: true,
      warn: (text) => log.print(`ima: ${text}`, KERN_ERR),
      noticeOnce,
    };
  };
}

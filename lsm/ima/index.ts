/**
 * IMA: measures files that are used, in a list that can be read and attested.
 *
 * Model: security/integrity/ima of Linux 6.12. The module is in every kernel that has it compiled in (class `last`),
 * and without a policy does nothing. What it decides about is told by `fileUse`; digests come with the events.
 */

import { UNSET } from '../../linux/audit.ts';
import { bytesOf } from '../../linux/bytes.ts';
import { CAP } from '../../linux/capability.ts';
import { E } from '../../linux/errno.ts';
import { tgidOf } from '../../linux/ids.ts';
import { CallerSymlink } from '../../vfs/pseudo/index.ts';
import { type Caller, capable, KERNEL_CALLER, type UserNamespace } from '../../vfs/tree/caller.ts';
import { BOOT_COMM } from '../framework/audit/boot-records.ts';
import { INTEGRITY, type IntegritySubject, integrityRefusal, logMessage } from '../framework/audit/integrity.ts';
import type { CriticalData } from '../framework/critical-data.ts';
import { KERN_ERR, KERN_INFO, KERN_NOTICE } from '../framework/facts.ts';
import type { UsedFile } from '../framework/files/file-use.ts';
import { joinNeeds } from '../framework/files/file-uses.ts';
import type { InodeFacts } from '../framework/files/inode.ts';
import { NamespacedXattr } from '../framework/files/namespaced-xattrs.ts';
import type { AddedKey } from '../framework/keys/key-event.ts';
import type { ModuleDefinition } from '../framework/module.ts';
import type { ModuleHost } from '../framework/module-host.ts';
import type { Task } from '../framework/task.ts';
import { knownModule } from '../known-modules.ts';
import { BOOT_AGGREGATE, createState, subjectOf } from './decide/state.ts';
import { XATTR_IMA } from './decide/xattr-value.ts';
import { imaDirectory } from './fs/index.ts';
import { vpcrFile } from './fs/vpcr.ts';
import { type BufferHost, type MeasuredBuffer, measureBuffer } from './hooks/buffer.ts';
import { EarlyKeys } from './hooks/early-keys.ts';
import { mayHaveValue } from './hooks/setxattr.ts';
import { askedLevels, displayName, INITIAL, inspectNamespaces } from './inspect.ts';
import type { Measurements } from './list/measurements.ts';
import { tellOfList } from './list/tell.ts';
import { MAINLINE_TEMPLATES, NAMESPACE_TEMPLATES, Templates } from './list/template.ts';
import { namespaceFilesystem } from './namespaces/filesystem.ts';
import { ImaNamespaces } from './namespaces/namespaces.ts';
import { IMA_NAMESPACE_RULES } from './namespaces/rules.ts';
import { settingsOf } from './parameters.ts';
import { builtinRules } from './policy/builtin.ts';
import type { RuleReader } from './policy/parse-rule.ts';
import { Policy } from './policy/policy.ts';
import { tell } from './why/why.ts';

const SAME_IDS = { uid: (id: number): number => id, gid: (id: number): number => id };

export const ima: ModuleDefinition = {
  ...knownModule('ima'),
  readMeasurementList: tellOfList,
  refusalAbout: (type, text) =>
    type === 'INTEGRITY_DATA' ? integrityRefusal(text, (path) => `Ask: lsmfs why --lsm=ima ${path}`) : undefined,
  create: (host) => {
    const { config, digests, log, tpm } = host;
    const options = config.build.options ?? [];
    const warn = (text: string): void => log.print(`ima: ${text}`, KERN_ERR);
    const rules = IMA_NAMESPACE_RULES[config.profile];
    const time = config.bootTime ?? 0n;
    const known = rules.full ? NAMESPACE_TEMPLATES : MAINLINE_TEMPLATES;
    const settings = settingsOf(config.parameters, known, warn);
    const mayRewrite = options.includes('IMA_WRITE_POLICY');
    const policy = new Policy(builtinRules({ ...settings.builtin, writePolicy: mayRewrite }));
    const templates = new Templates(settings.template, known);
    const { algorithm } = settings;
    const store = (file: UsedFile, value: string) => host.storeXattr(file, XATTR_IMA, value);
    const namespaces = new ImaNamespaces({
      rules,
      host,
      settings,
      makeFilesystem: (namespace) =>
        namespaceFilesystem(namespace, {
          beside: host.ownEntries,
          time,
          full: rules.full,
          mayRewrite,
          subject,
          readFile: host.readFile,
          begun: () => host.watchFiles(),
          reader: reader(KERNEL_CALLER),
        }),
    });
    const placed = (task: Task, caller: Caller): Caller => {
      const userNamespace = host.userNamespaceOf(task, caller);
      return userNamespace === caller.userNamespace ? caller : { ...caller, userNamespace };
    };
    const origin = (where: UserNamespace | undefined) => namespaces.origin(where);
    const isNamed = (name: string) => namespaces.isNamed(name);
    const outermost = { settings, policy, listsBoot: true, tpm, attestation: tpm, origin, isNamed, store };
    const { measurements, measuring } = createState(host, outermost);
    const subject = (writer: Caller) => subjectOf(host, host.taskOf(writer), writer);
    const own = new NamespacedXattr(XATTR_IMA);
    const mayChange = (task: Task, inode: InodeFacts, name: string, value: Uint8Array | undefined, caller: Caller) => {
      const may = own.mayChange(name, inode, caller);
      if (may !== 'yes') return may;
      if (own.isNamespaced(caller) && namespaces.isPrepared(caller)) return E.EPERM;
      const refused = (cause: string) =>
        logMessage(log, INTEGRITY.DATA, subjectOf(host, task, caller), {
          op: 'set_data',
          cause,
          result: -E.EACCES.number,
          name: inode.entry ?? inode.path,
          file: inode,
        });
      const outer = mayHaveValue(value, { allowed: policy.setxattrAlgorithms, algorithm, refused });
      // What is refused in a namespace is not logged.
      const levels = namespaces.active(caller.userNamespace);
      const inner = levels.map((level) => mayHaveValue(value, { ...level.setxattrRules, refused: () => undefined }));
      return [outer, ...inner].find((errno) => errno !== undefined);
    };
    /** ima_inode_setxattr() and ima_inode_removexattr() */
    const change: typeof mayChange = (task, inode, name, value, caller) => {
      const refused = mayChange(task, inode, name, value, caller);
      if (refused !== undefined) return refused;
      const stored = host.storedName(name, caller);
      if (stored === name) measuring.attributeSet(inode, name);
      for (const namespace of namespaces.all()) namespace.attributeSet(inode, name, stored);
      return undefined;
    };
    const buffers: BufferHost = { policy, measurements, templates, digests, algorithm, log, subject, origin };
    const measureCritical = ({ label, event, data, hashed = false }: CriticalData, caller: Caller): void =>
      measureBuffer(buffers, { func: 'CRITICAL_DATA', data: label, name: event, buffer: data, hashed }, caller);
    // ima_init(): what the kernel measures of itself.
    measureCritical(
      { label: 'kernel_info', event: 'kernel_version', data: () => bytesOf(config.release ?? '') },
      KERNEL_CALLER,
    );
    const status = (subject: IntegritySubject, op: string, cause: string, result: number): void =>
      logMessage(log, INTEGRITY.STATUS, subject, { op, cause, result });
    const early = new EarlyKeys();
    for (const key of host.kernelKeys.atBoot) early.add(key);
    const notices = new Set<string>();
    const reader = ruleReader(host, policy, templates, (text) => {
      if (!notices.has(text)) log.print(`ima: ${text}`, KERN_NOTICE);
      notices.add(text);
    });
    if (!policy.isIdle) host.watchFiles();
    const directory = imaDirectory({
      init: (mode) => ({ ino: host.securityfsNumbers.next(), mode, time }),
      changes: host.securityfsChanges,
      banks: measurements.banks,
      measurements: () => measurements,
      policy: {
        policy,
        mayRead: options.includes('IMA_READ_POLICY'),
        mayRewrite,
        readFile: host.readFile,
        warn: (text) => log.print(text, KERN_ERR),
        unavailable: () => undefined,
        isReader: (caller) => capable(caller, CAP.SYS_ADMIN),
        shownTo: () => SAME_IDS,
        readerFor: reader,
        subject,
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
        inForce: (writer) => {
          for (const key of early.take()) measureBuffer(buffers, measuredKey(key), writer);
        },
      },
    });
    if (rules.full) {
      const registers = () =>
        namespaces.all().flatMap(({ state, register }) => (state && register ? [register.value] : []));
      directory.set('vpcr', vpcrFile({ ino: host.securityfsNumbers.next(), mode: 0o440, time }, tpm, registers));
    }
    const link = { ino: host.securityfsNumbers.next(), mode: 0o444, time };
    const binaryList = (list: Measurements): Uint8Array => Buffer.concat(list.entries.map(({ record }) => record));
    return {
      hooks: {
        useNeeds: (task, use, context) => {
          const where = { ...context, caller: placed(task, context.caller) };
          const levels = [...namespaces.around(where.caller.userNamespace), measuring];
          return joinNeeds(levels.map((level) => level.needs(use, where)));
        },
        // Of user namespaces it is asked anew each time: their capabilities are in theirs.
        useSettled: (_task, use, context) =>
          context.caller.userNamespace === undefined ? measuring.settled(use, context) : 'no',
        // process_measurement(): each level decides, whatever the others said.
        fileUse: (task, use, context) => {
          const where = { ...context, caller: placed(task, context.caller) };
          const levels = [...namespaces.around(where.caller.userNamespace), measuring];
          return levels.map((level) => level.use(task, use, where)).find((refused) => refused !== undefined);
        },
        credFree: (task) => namespaces.left(task),
        keyPostCreateOrUpdate: (task, added, maker) => {
          if (added.type !== 'asymmetric' || added.payload.length === 0) return;
          const caller = placed(task, maker);
          const key = measuredKey(added);
          for (const { policy, state, templates, settings } of namespaces.active(caller.userNamespace)) {
            const level = { policy, measurements: state.measurements, templates, algorithm: settings.algorithm };
            measureBuffer({ ...level, digests, subject, origin }, key, caller);
          }
          if (!early.add(added)) measureBuffer(buffers, key, caller);
        },
        criticalData: measureCritical,
        ...own.hooks,
        inodeSetxattr: change,
        inodeRemovexattr: (task, inode, name, caller) => change(task, inode, name, undefined, caller),
      },
      explain: (request, task) => {
        const initial = { name: INITIAL, policy, measurements, ids: SAME_IDS };
        const levels = askedLevels(namespaces, initial, request.namespace, task && host.userNamespaceOf(task));
        return 'problem' in levels ? levels : tell(levels, request);
      },
      measurementList: (name) => {
        const named = namespaces.all().find((namespace) => displayName(namespace) === name);
        const list = name === undefined || name === INITIAL ? measurements : named?.state?.measurements;
        return list && binaryList(list);
      },
      inspect: (tasks) =>
        inspectNamespaces(
          { policy, measurements },
          namespaces,
          tasks.map((task) => host.userNamespaceOf(task)),
        ),
      ...(rules.exist && {
        keepsForUserNamespace: (id: number) => namespaces.keeps(id),
        ownSecurityfs: {
          mount: (caller) => namespaces.mount(caller),
          instance: (number) => namespaces.instance(number),
          released: (filesystem) => namespaces.released(filesystem),
        },
      }),
      recordBoot: (label) => {
        if (!settings.informs) return;
        const kernel = { tgid: tgidOf(1), uid: 0, loginuid: UNSET, sessionid: UNSET, comm: BOOT_COMM, label };
        const added = { op: 'add_template_measure', cause: 'hash_added', result: 0, name: BOOT_AGGREGATE };
        logMessage(log, INTEGRITY.PCR, kernel, added);
      },
      xattrs: own.names,
      contentXattrs: [XATTR_IMA],
      integrity: [{ name: 'ima', node: directory }],
      securityfs: [{ name: 'ima', node: new CallerSymlink(link, () => 'integrity/ima') }],
    };
  },
};

function measuredKey({ ring, payload }: AddedKey): MeasuredBuffer {
  return { func: 'KEY_CHECK', data: ring, name: ring, buffer: () => payload };
}

function ruleReader(
  host: ModuleHost,
  policy: Policy,
  templates: Templates,
  noticeOnce: (text: string) => void,
): (writer: Caller) => RuleReader {
  const { log } = host;
  return ({ userNamespace }) => {
    // Of the ids of other user namespaces only that of their root is known.
    const mapped = (root: number | undefined) => (id: number) =>
      userNamespace === undefined ? id : id === 0 ? root : undefined;
    return {
      templates,
      mapUid: mapped(userNamespace?.rootUid),
      mapGid: mapped(userNamespace?.rootGid),
      labelKnown: (field, value) => host.labelRuleKnown({ field, value }),
      refuseUnknownLabels: policy.isBuiltin,
      measuresKeys: true,
      appraisesAppended: (host.config.build.options ?? []).includes('IMA_APPRAISE_MODSIG'),
      warn: (text) => log.print(`ima: ${text}`, KERN_ERR),
      noticeOnce,
    };
  };
}

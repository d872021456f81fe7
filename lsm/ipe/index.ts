/**
 * IPE: what may be executed by where it comes from.
 *
 * Model: security/ipe of Linux 6.12. A kernel has its first policy built in (CONFIG_IPE_BOOT_POLICY), Debian's has none; here it is
 * given at boot, as the text that it is. No other policy can be loaded (fs/), so it stays the one in force.
 */
import { AUDIT } from '../../linux/audit.ts';
import { bytesOf } from '../../linux/bytes.ts';
import { fieldOf, untrustedField } from '../framework/audit/audit-text.ts';
import { KERN_WARNING } from '../framework/facts.ts';
import type { RefusalAbout } from '../framework/inspection/refusal.ts';
import type { Module, ModuleDefinition } from '../framework/module.ts';
import { knownModule } from '../known-modules.ts';
import { createNodes, parseBool } from './fs/index.ts';
import { decide, isAsked, type Settings } from './hooks/decide.ts';
import { type Policy, parsePolicy } from './policy/policy.ts';

export const ipe: ModuleDefinition = {
  ...knownModule('ipe'),
  refusalAbout,
  create: (host) => {
    const { config, log, securityfsNumbers } = host;
    const { parameters, bootTime = 0n } = config;
    const atBoot = (name: string, otherwise: boolean): boolean =>
      parseBool(bytesOf(parameters[name] ?? '')) ?? otherwise;
    const settings: Settings = {
      enforce: atBoot('ipe.enforce', true),
      successAudit: atBoot('ipe.success_audit', false),
    };
    const text = parameters['ipe.boot_policy'];
    const parsed = text === undefined ? undefined : parsePolicy(text);
    if (typeof parsed === 'number') log.print(`ipe failed to initialize: -${parsed}`, KERN_WARNING);
    const policy = typeof parsed === 'number' ? undefined : parsed;
    if (policy !== undefined) host.watchFiles();
    return {
      hooks: policy === undefined ? {} : deciding(policy, settings, (body) => log.audit(AUDIT.IPE_ACCESS, body)),
      securityfs: [createNodes(settings, policy, log, securityfsNumbers, bootTime)],
    };
  },
};

/** Without `useSettled` each use is decided: the switches can change at any time. */
function deciding(policy: Policy, settings: Settings, record: (body: string) => void): Module['hooks'] {
  return {
    useNeeds: (_task, { hook }) => (isAsked(hook) ? { digests: [] } : undefined),
    fileUse: (_task, use, context) => decide(policy, settings, use, context, record),
  };
}

/** What a record of ipe_audit_match() is about that tells of a refusal; its `rule` is the text of the rule that decided. */
function refusalAbout(type: string, text: string): RefusalAbout | undefined {
  const [, rule] = / rule="?(.*action=DENY)"?$/.exec(text) ?? [];
  if (type !== 'IPE_ACCESS' || rule === undefined) return undefined;
  const [subject = '', object = ''] = [untrustedField(text, 'comm'), untrustedField(text, 'path')];
  const [operation = '', hook = ''] = [fieldOf(text, 'ipe_op'), fieldOf(text, 'ipe_hook')];
  const permissive = fieldOf(text, 'enforcing') === '0';
  return { subject, object, kind: operation, access: hook, permissive, hint: `The rule that decides: ${rule}` };
}

/**
 * IPE: what may be executed by where it comes from.
 *
 * Model: security/ipe of Linux 6.12. A kernel has its first policy built in (CONFIG_IPE_BOOT_POLICY), Debian's has none; here it is
 * given at boot, as the text that it is. No other policy can be loaded (fs/), so it stays the one in force.
 */
import { AUDIT } from '../../linux/audit.ts';
import { bytesOf } from '../../linux/bytes.ts';
import { KERN_WARNING } from '../framework/facts.ts';
import type { Module, ModuleDefinition } from '../framework/module.ts';
import { knownModule } from '../known-modules.ts';
import { createNodes, parseBool } from './fs/index.ts';
import { decide, isAsked, type Settings } from './hooks/decide.ts';
import { type Policy, parsePolicy } from './policy/policy.ts';

export const ipe: ModuleDefinition = {
  ...knownModule('ipe'),
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

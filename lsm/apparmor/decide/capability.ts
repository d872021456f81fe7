/**
 * Capabilities of confined tasks: aa_capable() of security/apparmor/capability.c, Linux 6.12.
 *
 * The same refusal of a profile is logged once, until another profile is heard about; and who is refused in kill mode is ended by
 * the record, so not by one that is left out.
 */
import { ALL_CAPABILITIES } from '../../../linux/capability.ts';
import type { ActingTask } from '../../framework/audit/lsm-audit.ts';
import type { Label, Profile } from '../policy/index.ts';
import { capabilityRecord } from './audit.ts';

export class CapabilityChecks {
  readonly #audit: (body: string) => void;
  /** The profile that was reported last, and about what. */
  #reported: { readonly profile: Profile; readonly capabilities: Set<number> } | undefined;

  constructor(audit: (body: string) => void) {
    this.#audit = audit;
  }

  /** Do all profiles of the label allow it? @param optional as of {@link allowedBy}. @param kill as there. */
  allows(label: Label, capability: number, subject: ActingTask, optional = false, kill?: () => void): boolean {
    const refusing = label.profiles.filter((profile) => !this.allowedBy(profile, capability, subject, optional, kill));
    return refusing.length === 0;
  }

  /** apparmor_capget(): those that all profiles allow. `undefined` = all. */
  shown({ profiles }: Label): bigint | undefined {
    const confining = profiles.filter(({ unconfined, mode }) => !unconfined && mode !== 'complain');
    if (confining.length === 0) return undefined;
    return confining.reduce((all, { rules }) => all & rules.capabilities.allow, ALL_CAPABILITIES);
  }

  /**
   * @param subject in whose name it is logged; `undefined` = it is not.
   * @param optional the kernel does without the capability as well: it is logged in complain mode only, as such.
   * @param kill ends the task.
   */
  allowedBy(
    profile: Profile,
    capability: number,
    subject: ActingTask | undefined,
    optional = false,
    kill?: () => void,
  ): boolean {
    if (profile.unconfined) return true;
    const { mode, rules } = profile;
    const has = (set: bigint) => (set >> BigInt(capability)) % 2n === 1n;
    const { allow, audit, quiet } = rules.capabilities;
    if (optional && mode !== 'complain') return has(allow);
    if (has(allow)) {
      if (rules.auditAll || has(audit)) this.#report('AUDIT', profile, capability, subject, optional);
      return true;
    }
    if (mode === 'kill') {
      if (this.#report('KILLED', profile, capability, subject)) kill?.();
    } else if (has(quiet) && !rules.auditAll) return false;
    else this.#report(mode === 'complain' ? 'ALLOWED' : 'DENIED', profile, capability, subject, optional);
    return mode === 'complain';
  }

  /** @returns whether there is a record. */
  #report(
    type: 'AUDIT' | 'ALLOWED' | 'DENIED' | 'KILLED',
    profile: Profile,
    capability: number,
    subject: ActingTask | undefined,
    optional = false,
  ): boolean {
    if (subject === undefined) return false;
    if (this.#reported?.profile !== profile) this.#reported = { profile, capabilities: new Set() };
    const { capabilities } = this.#reported;
    if (capabilities.has(capability)) return false;
    capabilities.add(capability);
    this.#audit(capabilityRecord(type, profile, capability, subject, optional));
    return true;
  }
}

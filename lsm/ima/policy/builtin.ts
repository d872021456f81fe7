/**
 * The rules that boot parameters ask for: ima_init_policy() and the tables of security/integrity/ima/ima_policy.c.
 */
import { type ImaRule, MAY } from './rule.ts';

/** Pseudo-filesystems (include/uapi/linux/magic.h): their files are made up at each read. */
const PSEUDO = {
  proc: 0x9fa0n,
  sysfs: 0x62656572n,
  debugfs: 0x64626720n,
  tmpfs: 0x01021994n,
  ramfs: 0x858458f6n,
  devpts: 0x1cd1n,
  binfmt: 0x42494e4dn,
  securityfs: 0x73636673n,
  selinuxfs: 0xf97cff8cn,
  smackfs: 0x43415d53n,
  cgroup: 0x27e0ebn,
  cgroup2: 0x63677270n,
  nsfs: 0x6e736673n,
  efivarfs: 0xde5e81e4n,
} as const;

const ROOT = { comparison: '=', id: 0 } as const;
const EXEC = { bit: MAY.EXEC, contains: false } as const;
const READS = { bit: MAY.READ, contains: true } as const;
const KERNEL_READS = ['MODULE_CHECK', 'FIRMWARE_CHECK', 'KEXEC_KERNEL_CHECK', 'POLICY_CHECK'] as const;

const DONT_MEASURE: readonly ImaRule[] = Object.entries(PSEUDO)
  .filter(([name]) => name !== 'ramfs')
  .map(([, fsmagic]) => ({ action: 'dont_measure', fsmagic }));
const DONT_APPRAISE: readonly ImaRule[] = Object.values(PSEUDO).map((fsmagic) => ({
  action: 'dont_appraise',
  fsmagic,
}));

const MEASURE_EXECUTED: readonly ImaRule[] = [
  { action: 'measure', func: 'MMAP_CHECK', mask: EXEC },
  { action: 'measure', func: 'BPRM_CHECK', mask: EXEC },
];
const MEASURE_TCB: readonly ImaRule[] = [
  ...MEASURE_EXECUTED,
  { action: 'measure', func: 'FILE_CHECK', mask: READS, euid: ROOT },
  { action: 'measure', func: 'FILE_CHECK', mask: READS, uid: ROOT },
  { action: 'measure', func: 'MODULE_CHECK' },
  { action: 'measure', func: 'FIRMWARE_CHECK' },
  { action: 'measure', func: 'POLICY_CHECK' },
];
/** `ima_tcb`, as it was before ima_policy= */
const MEASURE_ORIGINAL: readonly ImaRule[] = [
  ...MEASURE_EXECUTED,
  { action: 'measure', func: 'FILE_CHECK', mask: { bit: MAY.READ, contains: false }, uid: ROOT },
  { action: 'measure', func: 'MODULE_CHECK' },
  { action: 'measure', func: 'FIRMWARE_CHECK' },
];

export interface BuiltinChoice {
  readonly measure: 'none' | 'tcb' | 'original';
  readonly appraiseTcb: boolean;
  readonly secureBoot: boolean;
  readonly criticalData: boolean;
  /** CONFIG_IMA_WRITE_POLICY: then a policy must be signed. */
  readonly writePolicy: boolean;
}

export function builtinRules(choice: BuiltinChoice): readonly ImaRule[] {
  const measured = { none: [], tcb: MEASURE_TCB, original: MEASURE_ORIGINAL }[choice.measure];
  const signed = (func: ImaRule['func']): ImaRule => ({ action: 'appraise', ...(func && { func }), signature: true });
  return [
    ...(choice.measure === 'none' ? [] : DONT_MEASURE),
    ...measured,
    ...(choice.secureBoot ? KERNEL_READS.map(signed) : []),
    ...(choice.appraiseTcb ? DONT_APPRAISE : []),
    ...(choice.appraiseTcb && choice.writePolicy ? [signed('POLICY_CHECK')] : []),
    ...(choice.appraiseTcb ? [{ action: 'appraise', fowner: ROOT } as const] : []),
    ...(choice.criticalData ? [{ action: 'measure', func: 'CRITICAL_DATA' } as const] : []),
  ];
}

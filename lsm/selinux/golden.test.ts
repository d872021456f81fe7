/**
 * The trees of a booted stack against answers recorded from real kernels (test/conformance/scenarios), in this process.
 * Every outcome that can be had without a kernel underneath must be equal, except those listed with a reason.
 */
import { type Expectation, equalRecordedKernels } from '../../test/selinux-golden/recorded.ts';

/** The descriptor was never opened: the probe says so in its own words. */
const NO_DESCRIPTOR = '281.1.0';
/** SIDs of the guest's own filesystems; audit records of file access; records that printk's rate limit swallowed. */
const KERNEL_LOG = ['22', '26', '28'];

const EXPECTATIONS: readonly Expectation[] = [
  { scenario: 'a-attr-selinux', compared: 470 },
  { scenario: 'a-attr-bpf-selinux', compared: 460, different: [NO_DESCRIPTOR] },
  { scenario: 'a-attr-full-selinux', compared: 460, different: [NO_DESCRIPTOR] },
  { scenario: 'a-attr-yama-selinux-tomoyo', compared: 460 },
  { scenario: 'b-selinux-preload', compared: 770 },
  { scenario: 'b-selinux-preload-qemu', compared: 210 },
  { scenario: 'b-selinux-enforcing-boot', compared: 9 },
  { scenario: 'c-selinux-mini', compared: 1300 },
  { scenario: 'c-selinux-minideny', compared: 1280 },
  { scenario: 'c-selinux-minireject', compared: 240 },
  { scenario: 'c-selinux-klog', compared: 25, different: KERNEL_LOG },
  { scenario: 'g-live-selinux-status', compared: 27 },
];

equalRecordedKernels(EXPECTATIONS);

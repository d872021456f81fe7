/**
 * AppArmor in a booted stack against answers recorded from a real kernel (test/conformance/scenarios), in this process.
 * Every outcome that can be had without a kernel underneath must be equal, except those listed with a reason.
 */
import { type Expectation, equalRecordedKernels } from '../../test/selinux-golden/recorded.ts';

/** Stored policy is not compressed. */
const UNCOMPRESSED = /\/compressed_size$|:rawdata_compression_level$/;
/** A profile that denies the policy tree: looking at attributes is not mediated. */
const DENIED_STAT = ['219.11:.'];
/** Sockets: the player has none. */
const SOCKETS = ['26', '64', '66'];
/** A file of the guest. */
const OTHER_FILE = ['25.2'];

const EXPECTATIONS: readonly Expectation[] = [
  { scenario: 'a-attr-apparmor', compared: 480 },
  { scenario: 'd-aa-load', compared: 1280 },
  { scenario: 'd-aa-namespaces', compared: 315 },
  { scenario: 'd-aa-access', compared: 300 },
  { scenario: 'd-aa-attr', compared: 1790, different: DENIED_STAT },
  { scenario: 'd-aa-sets', compared: 160 },
  { scenario: 'd-aa-labels', compared: 210 },
  { scenario: 'd-aa-files', compared: 180, different: SOCKETS },
  { scenario: 'd-aa-klog', compared: 40, different: OTHER_FILE },
];

equalRecordedKernels(EXPECTATIONS, UNCOMPRESSED);

/**
 * Smack in a booted stack against answers recorded from a real kernel (test/conformance/scenarios), in this process.
 * Every outcome that can be had without a kernel underneath must be equal, except those listed with a reason.
 */
import { type Expectation, equalRecordedKernels } from '../../test/selinux-golden/recorded.ts';

/** Files of the guest. */
const OTHER_FILE = ['40.4'];
/** setresuid(2) copies credentials, which turns the list round once more; the stack is not told of it. */
const COPIED_CREDENTIALS = ['159.2'];

const EXPECTATIONS: readonly Expectation[] = [
  { scenario: 'a-attr-smack', compared: 480 },
  { scenario: 'a-attr-smack-first', compared: 470 },
  { scenario: 'e-smack-nodes', compared: 630 },
  { scenario: 'e-smack-nodes-2', compared: 540 },
  { scenario: 'e-smack-rules', compared: 180 },
  { scenario: 'e-smack-lists', compared: 150, different: COPIED_CREDENTIALS },
  { scenario: 'e-smack-decisions', compared: 400 },
  { scenario: 'e-smack-attr', compared: 230, different: OTHER_FILE },
];

equalRecordedKernels(EXPECTATIONS);

/** ioctl questions: the whole way of an ioctl call through a kernel's hooks, as far as it is the policy's business. */

import { failed } from '../../../linux/errno.ts';
import {
  computeAv,
  computeXperms,
  FLAG_PERMISSIVE,
  hasFunction,
  initialSidContext,
  type PolicyState,
  parseContext,
  SID,
} from '../../../lsm/selinux/decide/index.ts';
import type { Context } from '../../../lsm/selinux/policy/index.ts';
import type { IoctlQuestion } from './kernel.ts';
import type { Answer } from './question.ts';

/** Judged by other permissions than ioctl, or refused with EACCES by others than SELinux; the guest does not ask about them. */
export const SPECIAL_IOCTLS = [0x0001, 0x0002, 0x541b, 0x5421, 0x5450, 0x5451, 0x5452, 0x4b47, 0x4b49, 0x894c, 0x894d];

/** The object was opened by the guest's first process, so using its descriptor is a question too. */
export function ioctlsHere(state: PolicyState, question: IoctlQuestion): Answer {
  const { db } = state;
  const source = parseContext(db, question.source);
  const target = parseContext(db, question.target);
  const opener = initialSidContext(db, SID.init);
  if (failed(source) || failed(target) || opener === undefined) return 'not a question';
  const datum = db.classes.byName(question.object);
  const { flags } = computeAv(state, source, target, datum?.value ?? 0);
  const may = (towards: Context, className: string, permission: string) => {
    const found = db.classes.byName(className);
    const bit = 1 << ((found?.permissions.get(permission) ?? 0) - 1);
    return (computeAv(state, source, towards, found?.value ?? 0).allowed & bit) !== 0;
  };
  const base = may(opener, 'fd', 'use') && may(target, question.object, 'ioctl');
  const decision = computeXperms(state, source, target, datum?.value ?? 0, question.driver, 'ioctl');
  const digits = Array.from({ length: 256 }, (_, function_) => {
    if (SPECIAL_IOCTLS.includes((question.driver << 8) | function_)) return '-';
    const granted = base && (decision === undefined || hasFunction(decision.allowed, function_));
    return granted || (flags & FLAG_PERMISSIVE) !== 0 ? '1' : '0';
  });
  return digits.join('');
}

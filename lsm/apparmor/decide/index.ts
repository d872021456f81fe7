/** Every decision made from AppArmor policy. */
export { accessQuery, classPermissions, labelPermissions, type QuerySubject } from './access-query.ts';
export { type Attachment, type Executable, findAttachment } from './attachment.ts';
export { changeHat } from './change-hat.ts';
export { type ChangeProfile, changeProfile } from './change-profile.ts';
export { type CheckRecord, checkPermissions } from './check.ts';
export { type ExecTarget, type ExecTransition, exec, findTarget } from './exec.ts';
export { type FileRequest, type FileSubject, fileAccess, type NamedPath, revalidatedAccess } from './file.ts';
export { linkAccess } from './link.ts';
export { type MountOperation, type MountRecord, type MountRequest, mountAccess } from './mount.ts';
export { peerPermissions } from './peer-match.ts';
export { isAtRest, type TaskLabels } from './task-labels.ts';
export type { Transition, TransitionEnvironment } from './transition.ts';

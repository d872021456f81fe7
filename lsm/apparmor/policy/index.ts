/** AppArmor policy: profiles, namespaces, labels, and every decision made from them. */
export { type Asker, accessQuery, labelPermissions } from './access-query.ts';
export { type Attachment, type Executable, findAttachment } from './attachment.ts';
export type { Audit, DomainAudit, DomainOperation, PolicyAudit } from './audit.ts';
export { changeHat } from './change-hat.ts';
export { type ChangeProfile, changeProfile } from './change-profile.ts';
export { type ExecSubject, type ExecTarget, type ExecTransition, exec, findTarget } from './exec.ts';
export { Label } from './label.ts';
export { type FormatOptions, formatLabel, listProfiles, type ParseOptions, parseLabel } from './label-text.ts';
export { findNamespace, findProfile } from './lookup.ts';
export { PROFILE_MODES, type ProfileMode } from './mode.ts';
export { PolicyNamespace } from './namespace.ts';
export { MAY, type Permissions, X } from './permissions.ts';
export { Policy } from './policy.ts';
export { Profile, ProfileDirectory } from './profile.ts';
export { type Compression, RawData, UNCOMPRESSED } from './raw-data.ts';
export type { PolicyChange } from './remove.ts';
export type { TaskLabels } from './task-labels.ts';
export type { Transition, TransitionEnvironment } from './transition.ts';

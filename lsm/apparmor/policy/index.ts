/** AppArmor policy: profiles, namespaces, labels. Decisions from it are in decide/. */

export { Label } from './label.ts';
export { type FormatOptions, formatLabel, listProfiles, parseLabel } from './label-text.ts';
export { findNamespace, findProfile } from './lookup.ts';
export { PROFILE_MODES, type ProfileMode } from './mode.ts';
export { PolicyNamespace, Profile, ProfileDirectory } from './namespace.ts';
export { MAY, type Permissions, X } from './permissions.ts';
export { Policy } from './policy.ts';
export { type Compression, RawData, UNCOMPRESSED } from './raw-data.ts';
export type { DomainOperation, FileOperation, FileRecord, PolicyAudit, RecordWriter } from './records.ts';
export type { PolicyChange } from './remove.ts';

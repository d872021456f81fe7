/** Builders of pseudo-files. */
export { BlobFile, type BlobOptions } from './blob.ts';
export {
  DynamicDirectory,
  type DynamicDirectoryInit,
  StaticDirectory,
  type StaticDirectoryInit,
} from './directory.ts';
export { PseudoFile, readWhole, TextFile } from './file.ts';
export { type InodeInit, InodeNumbers, SimpleInode } from './inode.ts';
export { SequenceFile, type SequenceOptions, sequenceHandle } from './sequence.ts';
export {
  FlagFile,
  type FlagOptions,
  NumberFile,
  type NumberOptions,
  SimpleWriteFile,
  type SimpleWriteOptions,
} from './simple-write.ts';
export { CallerSymlink, DeviceNode } from './special.ts';
export { SysfsAttribute, SysfsDirectory } from './sysfs.ts';
export { TRANSACTION_LIMIT, TransactionFile, type TransactionOptions } from './transaction.ts';

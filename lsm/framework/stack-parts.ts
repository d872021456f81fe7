import type { InodeNumbers } from '../../vfs/pseudo/index.ts';
import type { UserNamespace } from '../../vfs/tree/caller.ts';
import type { Changes } from '../../vfs/tree/changes.ts';
import type { PathAutomata } from './access/path-automaton.ts';
import type { Audit } from './audit/audit.ts';
import type { AuditSenders } from './audit/senders.ts';
import type { BootConfig } from './config.ts';
import type { KernelLog, ProcessFacts } from './facts.ts';
import type { FileStores } from './files/file-stores.ts';
import type { FileWatch } from './files/file-watch.ts';
import type { OpenNotes } from './files/open-files.ts';
import type { Keyrings } from './keys/keyring.ts';
import type { BootedModule, ModuleDefinition } from './module.ts';
import type { ModuleId } from './module-facts.ts';
import type { TaskBlob, TaskTable } from './task.ts';
import type { Tpm } from './tpm/tpm.ts';

/** What a boot (boot.ts) has made when the stack of its modules is put together. */
export interface StackParts {
  readonly config: BootConfig;
  readonly facts: ProcessFacts;
  readonly log: KernelLog;
  readonly audit: Audit;
  /** Absent: no more is known of them than the facts. */
  readonly auditSenders?: AuditSenders | undefined;
  /** Audit records written so far. */
  recorded(): number;
  /** The modules compiled in, active or not, in link order. */
  readonly compiledIn: readonly ModuleDefinition[];
  readonly modules: readonly BootedModule[];
  readonly tasks: TaskTable;
  /** Do modules want to be told of uses of ordinary files? */
  readonly watch: FileWatch;
  /** Do they want to be asked about changes of metadata? */
  readonly guard: FileWatch;
  /** What they store with them. */
  readonly stores: FileStores;
  /** Each task's choice of a default module. */
  readonly defaultModules: TaskBlob<ModuleId>;
  /** Where each task was seen last. */
  readonly userNamespaces: TaskBlob<UserNamespace | undefined>;
  /** Who opened what each has open. */
  readonly openNotes: TaskBlob<OpenNotes>;
  readonly pathAutomata: PathAutomata;
  readonly securityfsNumbers: InodeNumbers;
  readonly securityfsChanges: Changes;
  readonly sysctlNumbers: InodeNumbers;
  readonly parameterNumbers: InodeNumbers;
  readonly keyrings: Keyrings;
  readonly tpm?: Tpm;
}

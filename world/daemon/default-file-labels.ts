/**
 * Default labels of files on filesystems without stored labels: by path, from file_contexts of the host's policy.
 *
 * Model: a distribution with SELinux labels its disk by that file when it is installed. Nothing is written to the user's disk; nothing is
 * opened before the first policy is loaded, or, where a world boots with one, in the time that its launcher takes to join.
 */

import { type OpenedFileContexts, openFileContexts } from '../../host/files/selabel.ts';
import type { InodeClass } from '../../lsm/framework/files/inode.ts';
import type { DefaultLabels } from '../../lsm/framework/host-side.ts';
import { HOST_SIDES } from '../../lsm/known-modules.ts';
import { HOST_FILES } from '../doctor/host-files.ts';
import type { PolicyChoice } from '../options.ts';
import { PathLabels } from '../path-labels.ts';

export class DefaultFileLabels {
  readonly #rules: DefaultLabels | undefined;
  readonly #file: string | undefined;
  readonly #trouble: (text: string) => void;
  #labels: PathLabels | undefined;
  #opened: OpenedFileContexts | undefined;
  #tried = false;

  /**
   * @param labels the module's library for such rules; absent = no file has a default.
   * @param file path of the rules, `none` = no file has a default; absent = those of the host.
   */
  constructor(labels: DefaultLabels | undefined, file: string | undefined, trouble: (text: string) => void) {
    this.#rules = labels;
    this.#file = file === 'none' ? undefined : (file ?? labels?.systemRules(HOST_FILES));
    this.#trouble = trouble;
  }

  of(path: string, objectClass: InodeClass): string | undefined {
    if (this.opened === undefined) return undefined;
    this.#labels ??= new PathLabels(this.opened);
    return this.#labels.of(path, objectClass);
  }

  /** `undefined` = no file has a default. */
  get opened(): OpenedFileContexts | undefined {
    if (this.#tried || this.#file === undefined || this.#rules === undefined) return this.#opened;
    const { library, libraryName } = this.#rules;
    this.#tried = true;
    this.#opened = openFileContexts(this.#file, library);
    if (this.#opened === undefined) {
      this.#trouble(
        `${this.#file} cannot be read with ${libraryName}: files without a stored label count as unlabeled`,
      );
    }
    return this.#opened;
  }
}

/** Of a store that takes the place of the machine's; `undefined` = those of the machine count. */
export function labelRulesIn(policy: PolicyChoice | undefined): string | undefined {
  if (policy?.store === undefined || !policy.shown) return undefined;
  const { store } = policy;
  return HOST_SIDES.flatMap(({ policyStores }) => policyStores?.labelRules(store) ?? [])[0];
}

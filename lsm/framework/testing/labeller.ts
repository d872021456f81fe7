/**
 * For tests of what is done with the labels of files: a toy (toy.ts) that labels them.
 *
 * A file's label is what is stored with it, else what its mount was given with `labeldef=`, else `-`. A new file has the label of the task
 * that makes it. A label that is empty or begins with `-` cannot be set (EINVAL).
 */
import { bytesOf, textOf } from '../../../linux/bytes.ts';
import { E, failed } from '../../../linux/errno.ts';
import type { ModuleDefinition } from '../module.ts';
import { LSM_ATTR } from '../proc/attr.ts';
import { toy } from './toy.ts';

export const LABEL = 'security.label';
export const LABEL_OPTION = 'labeldef';
const UNLABELLED = '-';

const problem = (label: string) => (label === '' || label.startsWith(UNLABELLED) ? E.EINVAL : undefined);

export function labeller(name: string, id: number): ModuleDefinition {
  const definition = toy(name, id);
  return {
    ...definition,
    create: (host) => {
      const module = definition.create?.(host);
      return {
        xattrs: [LABEL],
        mountOptions: { valued: [LABEL_OPTION], flags: [] },
        labelsFilesFromBoot: true,
        hooks: {
          ...module?.hooks,
          inodeGetsecurity: (_task, { xattrs, filesystem }, asked) =>
            asked === LABEL ? bytesOf(xattrs[LABEL] ?? filesystem.labels?.[LABEL_OPTION] ?? UNLABELLED) : E.EOPNOTSUPP,
          inodeSetxattr: (_task, _inode, asked, value) => (asked === LABEL ? problem(textOf(value)) : undefined),
          inodeListsecurity: () => [LABEL],
          inodeInitSecurity: (task) => {
            const value = module?.hooks.getselfattr?.(task, LSM_ATTR.current) ?? E.EINVAL;
            return { xattrs: failed(value) ? [] : [{ name: LABEL, value }], apart: [] };
          },
          fsContextParseParam: (_task, _before, option, value) =>
            option === LABEL_OPTION ? problem(value) : undefined,
        },
      };
    },
  };
}

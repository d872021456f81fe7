import type { ListModulesInput } from '../../../../lsm/framework/syscalls.ts';
import { upToDate } from './question.ts';
import { storedOf } from './stored.ts';

/** lsm_list_modules(2) */
export const listModules = upToDate(({ backend }, { input }: { readonly input: ListModulesInput }) =>
  storedOf(backend.syscalls.listModules(input)),
);

import { fileURLToPath } from 'node:url';

/** What worlds have where the machine has no policy. */
export const SMALL = 'small';
/** Its store, which the product brings along, beside the bundles. */
export const SMALL_STORE = fileURLToPath(new URL('./policies/small', import.meta.url));

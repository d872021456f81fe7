/** The suites: where they come from, how they are built, and their commands. */
import { CONTAINERS } from './containers.ts';
import { MODULES } from './modules.ts';
import { PROGRAMS } from './programs.ts';
import type { Suite } from './suite.ts';

export const SUITES: readonly Suite[] = [...PROGRAMS, ...MODULES, ...CONTAINERS];

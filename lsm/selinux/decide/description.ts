/** What a policy consists of, as `lsmfs policy` shows it. */
import { failed } from '../../../linux/errno.ts';
import type { WhyProblem } from '../../framework/inspection/why.ts';
import type { PolicyDescription } from '../../framework/policy-image.ts';
import { type Named, type PolicyDb, parsePolicy, whyRejected } from '../policy/index.ts';
import { POLICY_CAPABILITIES } from './policy-capabilities.ts';

/** The newest version that the parser knows; a file need not be one that the emulated kernel would load. */
const NEWEST_VERSION = 35;

export function describePolicy(image: Uint8Array, name: string): PolicyDescription | WhyProblem {
  const db = readImage(image, name);
  return 'problem' in db ? db : described(db);
}

/** @param name the file's, for people. */
export function readImage(image: Uint8Array, name: string): PolicyDb | WhyProblem {
  const db = parsePolicy(image, NEWEST_VERSION);
  if (!failed(db)) return db;
  return {
    code: 'bad-policy',
    problem: `${name} is not a binary SELinux policy: ${whyRejected(image, NEWEST_VERSION) ?? db.code}.`,
    fix: 'Name one such as /etc/selinux/default/policy/policy.34.',
  };
}

function described(db: PolicyDb): PolicyDescription {
  const types = db.types.inValueOrder();
  const names = (things: readonly Named[]): string[] => things.map((thing) => thing.name).sort();
  const classes = db.classes.inValueOrder();
  return {
    version: db.version,
    mls: db.mls,
    handleUnknown: db.handleUnknown,
    counts: {
      classes: classes.length,
      permissions: permissionsOf(db),
      types: types.filter(({ attribute }) => !attribute).length,
      attributes: types.filter(({ attribute }) => attribute).length,
      users: db.users.size,
      roles: db.roles.size,
      booleans: db.booleans.size,
      sensitivities: db.levels.size,
      categories: db.categories.size,
      rules: db.rules.length,
      'conditional rules': db.conditionalRules.length,
      'filename transitions': [...db.filenameTransitions.values()]
        .flat()
        .reduce((sum, { sources }) => sum + [...sources].length, 0),
      'role transitions': db.roleTransitions.size,
      'range transitions': db.rangeTransitions.size,
      'permissive types': [...db.permissiveTypes].length,
      ports: db.objectContexts.ports.length,
    },
    capabilities: [...db.capabilities].map((id) => POLICY_CAPABILITIES[id] ?? `unknown (${id})`),
    booleans: db.booleans
      .inValueOrder()
      .map(({ name, state }) => ({ name, state: state === 1 }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    classes: names(classes),
    users: names(db.users.inValueOrder()),
    roles: names(db.roles.inValueOrder()),
    types: names(types.filter(({ attribute }) => !attribute)),
    attributes: names(types.filter(({ attribute }) => attribute)),
  };
}

/** Each where it is declared: in a class, or in a common that classes inherit. */
function permissionsOf(db: PolicyDb): number {
  const own = db.classes
    .inValueOrder()
    .map(({ permissions, common }) => permissions.size - (common?.permissions.size ?? 0));
  const inherited = db.commons.inValueOrder().map(({ permissions }) => permissions.size);
  return [...own, ...inherited].reduce((sum, count) => sum + count, 0);
}

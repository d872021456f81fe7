/** What is fixed about SELinux: by the kernel's build, and for the world around it. */
import type { HostCheck, HostFiles } from '../framework/host-side.ts';
import type { ModuleFacts } from '../framework/module-facts.ts';
import { loginLabels } from './policy/login.ts';
import { NEWEST_LOADED, policyVersion } from './policy/version.ts';

const DIRECTORY = '/etc/selinux';
const CONFIG = `${DIRECTORY}/config`;
/** In the order of preference; the names that distributions use. */
const USUAL_TYPES = ['default', 'targeted', 'mls'];
const TOOLS = ['getenforce', 'sestatus', 'load_policy'];

export const SELINUX: ModuleFacts = {
  name: 'selinux',
  id: 101,
  order: 'mutable',
  legacyMajor: true,
  exclusive: true,
  labelling: true,
  labelsFiles: true,
  explains: { words: ['source', 'target', 'class'], perTask: true, fileLabel: 'security.selinux' },
  claims: ['secmark', 'netlabel'],
  addedAttrDirectory: ['current', 'prev', 'exec', 'fscreate', 'keycreate', 'sockcreate'],
  filesystem: {
    type: 'selinuxfs',
    mountPoint: '/sys/fs/selinux',
    registeredAfter: ['mqueue'],
    devices: true,
    relabelsWriter: true,
  },
  host: {
    configuration: {
      directory: DIRECTORY,
      file: CONFIG,
      content: (host) => configText(usualType(typesWithPolicy(host))),
      without: 'libselinux programs will say that SELinux is disabled',
    },
    defaultLabels: { library: 'libselinux.so.1', libraryName: 'libselinux', systemRules: systemFileContexts },
    // Where libsemanage and libselinux have them.
    policyStores: {
      directory: DIRECTORY,
      moduleDirectory: '/var/lib/selinux',
      packageDirectory: '/usr/share/selinux',
      packageCompilers: ['/usr/libexec/selinux/hll/pp', '/usr/lib/selinux/hll/pp'],
      configuration: CONFIG,
      configurationFor: configText,
      systemStore: (host) => {
        const type = policyType(host);
        return type === undefined ? undefined : `${DIRECTORY}/${type}`;
      },
      policies: policiesIn,
      unloadable,
      policyFile: (image) => `policy/policy.${policyVersion(image) ?? 0}`,
      labelRules,
      loginLabels,
    },
    checks: (host) => [policies(host), tools(host)],
    withoutSupervisor: 'statfs(2) says FUSE, so libselinux programs find SELinux disabled',
  },
};

/** selinux_config(5). SELINUXTYPE names the directory below /etc/selinux whose policy load_policy(8) loads. */
export function configText(policyType: string | undefined): string {
  const type = policyType === undefined ? '' : `SELINUXTYPE=${policyType}\n`;
  return `# Made by lsmfs for this world only.\nSELINUX=permissive\n${type}`;
}

/** The directory to name, given those that have a policy. */
export function usualType(withPolicy: readonly string[]): string | undefined {
  return USUAL_TYPES.find((type) => withPolicy.includes(type)) ?? [...withPolicy].sort()[0];
}

function typesWithPolicy(host: HostFiles): string[] {
  return host.list(DIRECTORY).filter((name) => host.exists(`${DIRECTORY}/${name}/policy`));
}

/** SELINUXTYPE of the host, or what a world without a configuration is given. */
function policyType(host: HostFiles): string | undefined {
  const [, named] = /^\s*SELINUXTYPE\s*=\s*(\S+)/m.exec(host.read(CONFIG) ?? '') ?? [];
  return named ?? usualType(typesWithPolicy(host));
}

function labelRules(store: string): string {
  return `${store}/contexts/files/file_contexts`;
}

/** policy.VERSION, the newest first. */
function policiesIn(store: string, host: HostFiles): string[] {
  const versions = host.list(`${store}/policy`).flatMap((name) => /^policy\.(\d+)$/.exec(name)?.[1] ?? []);
  return versions.sort((a, b) => Number(b) - Number(a)).map((version) => `${store}/policy/policy.${version}`);
}

function unloadable(start: Uint8Array): string | undefined {
  const version = policyVersion(start);
  if (version === undefined) return 'is no policy';
  return version > NEWEST_LOADED ? `has version ${version}, the newest that is loaded is ${NEWEST_LOADED}` : undefined;
}

/** The rules by which `restorecon` labels the host's files. */
function systemFileContexts(host: HostFiles): string | undefined {
  const type = policyType(host);
  const file = labelRules(`${DIRECTORY}/${type}`);
  return type !== undefined && host.exists(file) ? file : undefined;
}

function policies(host: HostFiles): HostCheck {
  const id = 'policies';
  const directories = host.list(DIRECTORY).map((type) => `${DIRECTORY}/${type}/policy`);
  const found = directories.flatMap((directory) => host.list(directory).map((name) => `${directory}/${name}`));
  if (found.length > 0) return { id, status: 'ok', detail: found.join(' ') };
  return { id, status: 'ok', detail: `none in ${DIRECTORY}: worlds have our small one` };
}

function tools(host: HostFiles): HostCheck {
  const id = 'selinux-tools';
  const missing = TOOLS.filter((tool) => !host.hasProgram(tool));
  if (missing.length === 0) return { id, status: 'ok', detail: TOOLS.join(', ') };
  return {
    id,
    status: 'warn',
    detail: `not found: ${missing.join(', ')}`,
    fix: 'Debian: apt install selinux-utils policycoreutils.',
  };
}

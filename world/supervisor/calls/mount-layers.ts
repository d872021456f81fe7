/**
 * The layers of an overlay that the caller mounts, of which the kernel remembers who did: overlayfs asks about them with the
 * mounter's rights (access/layer-checks.ts).
 */
import { AT_FDCWD, O_DIRECTORY } from '../../../linux/fcntl.ts';
import { credentialsOf } from '../access/calls.ts';
import { LAYERED } from '../access/layers.ts';
import type { InspectedFile } from '../caller/file-inspector.ts';
import type { WorkerContext } from '../context.ts';
import type { LayerOptions, NewLayers } from '../pending/new-layers.ts';
import { goesOn } from './mediated-mounts.ts';

const OPTION = /(?:^|,)(lowerdir\+?|upperdir)=((?:\\.|[^,\\])*)/g;
/** Up to the next layer below; colons in names are escaped. */
const FIRST = /^(?:\\.|[^:\\])*/;

/** From the data of mount(2). */
export function layerOptionsIn(data: string): LayerOptions {
  let options: LayerOptions = {};
  for (const [, name = '', value = ''] of data.matchAll(OPTION))
    options = withLayer(options, name, value.replace(/\\,/g, ','));
  return options;
}

/** @param name of an option, maybe another one. */
export function withLayer(options: LayerOptions, name: string, value: string): LayerOptions {
  if (name === 'upperdir') return { ...options, upperdir: value };
  if (name === 'lowerdir') return { ...options, lowerdir: FIRST.exec(value)?.[0] ?? value };
  return name === 'lowerdir+' && options.lowerdir === undefined ? { ...options, lowerdir: value } : options;
}

/**
 * Notes the caller as the mounter, if it may mount at all: nobody else is to crowd out those who are noted.
 * @returns `undefined`: it is no such mount, not mediated, or its layers cannot be looked at.
 */
export function noteMounter(context: WorkerContext, type: string, options: LayerOptions): NewLayers | undefined {
  const { call, mediator } = context;
  if (type !== LAYERED || mediator?.families.has('files') !== true || !goesOn(context)) return undefined;
  const lower = lookAt(context, options.lowerdir);
  const upper = lookAt(context, options.upperdir);
  const namespace = context.view.readlinkAt(AT_FDCWD, `/proc/${call.tid}/ns/mnt`);
  if (lower === undefined || namespace === undefined || (upper === undefined && options.upperdir !== undefined))
    return undefined;
  const noted = `mounting ${call.id}`;
  context.ask({ kind: 'maker-note', tid: call.tid, object: noted });
  return {
    noted,
    layers: {
      lower: placeOf(lower),
      ...(upper && { upper: { ...placeOf(upper), path: upper.path, ino: upper.inode.ino, namespace } }),
      capabilities: credentialsOf(context)?.capabilities ?? 0n,
    },
  };
}

const placeOf = ({ device, inode: { filesystem } }: InspectedFile) => ({ device, filesystem });

function lookAt({ call, files, view }: WorkerContext, path: string | undefined): InspectedFile | undefined {
  const fd =
    path === undefined ? -1 : view.resolveForCaller(call.tid, AT_FDCWD, path.replace(/\\(.)/g, '$1'), O_DIRECTORY);
  if (fd < 0) return undefined;
  const file = files.look(fd, call.tid);
  view.close(fd);
  return file;
}

/**
 * The content of node `policy`: the image that was loaded, with present boolean values and conditional states.
 */
import type { PolicyState } from './state.ts';

export function dumpPolicy(state: PolicyState): Uint8Array {
  const { db } = state;
  const image = new Uint8Array(db.image);
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  for (const { value, stateOffset } of db.booleans.inValueOrder()) {
    view.setUint32(stateOffset, state.booleans[value - 1] ?? 0, true);
  }
  db.conditionals.forEach((node, index) => {
    const value = state.condition(index);
    view.setInt32(node.stateOffset, value === undefined ? -1 : Number(value), true);
  });
  return image;
}

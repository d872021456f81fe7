/**
 * Brings a world back to the state that it had after its boot: policy, mode and settings of its modules, labels that are not stored on
 * disks, rules of audit, the log.
 */
import { connectToWorld } from './worlds.ts';

/** A daemon answers in milliseconds, unless it is busy. */
const PATIENCE_MS = 5000;

/** @returns names of what came back: modules, and `audit`. @throws WorldError */
export function resetWorld(name: string): readonly string[] {
  const channel = connectToWorld(name, PATIENCE_MS);
  try {
    channel.send({ kind: 'reset' });
    return channel.receive('reset').modules;
  } finally {
    channel.close();
  }
}

/** Commands of shmctl(2), msgctl(2) and semctl(2) that are alike: ipc/{shm,msg,sem}.c, Linux 6.12. */
import {
  IPC_INFO,
  MSG_INFO,
  MSG_STAT,
  MSG_STAT_ANY,
  SEM_INFO,
  SEM_STAT,
  SEM_STAT_ANY,
  SHM_INFO,
  SHM_STAT,
  SHM_STAT_ANY,
} from '../../../linux/ipc.ts';
import type { IpcType } from '../../../lsm/framework/access/ipc-access.ts';

/** Those that take an index. */
export const BY_INDEX: Readonly<Record<IpcType, readonly number[]>> = {
  shm: [SHM_STAT, SHM_STAT_ANY],
  msg: [MSG_STAT, MSG_STAT_ANY],
  sem: [SEM_STAT, SEM_STAT_ANY],
};
/** Those that are about no object. */
export const INFOS: Readonly<Record<IpcType, readonly number[]>> = {
  shm: [IPC_INFO, SHM_INFO],
  msg: [IPC_INFO, MSG_INFO],
  sem: [IPC_INFO, SEM_INFO],
};
/** Size of the structure that IPC_SET reads: struct shmid64_ds, msqid64_ds, semid64_ds. */
export const SET_SIZES: Readonly<Record<IpcType, number>> = { shm: 112, msg: 120, sem: 104 };

/**
 * The program of a helper (helper.ts), as machine code: V8 cannot run in a process that may be killed at any moment and
 * shares our memory, and Node has no other code to offer. `control` points to the block that {@link CONTROL} lays out.
 *
 *     for (;;) {
 *       if (getppid() != control->parent) exit();
 *       futex(&control->wanted, FUTEX_WAIT_PRIVATE, 0, NULL);
 *       if (control->wanted == 0) continue;
 *       for (i = 0; i < control->count; i++) call[i].result = syscall(call[i].number, call[i].argument[0..5]);
 *       control->wanted = 0;
 *       futex(&control->wanted, FUTEX_WAKE_PRIVATE, 1);
 *     }
 *
 * It never wakes by itself: its parent's end kills it once a list of calls has prepared that (PR_SET_PDEATHSIG), and a
 * parent that has ended before is noticed after the list.
 */

/** Offsets. `calls`: for each u64 number, six u64 arguments, i64 result. */
export const CONTROL = { wanted: 0, count: 4, parent: 8, calls: 64 } as const;
export const CALL = { arguments: 8, result: 56, size: 64 } as const;

/** As GNU as and LLVM assemble it. Begins as a function of one argument; never returns. */
const X86_64 = `
  48 89 fb              # mov    rbx, rdi
  b8 6e 00 00 00        # idle:  mov eax, 110 (getppid)
  0f 05                 # syscall
  3b 43 08              # cmp    eax, [rbx + parent]
  74 07                 # je     wait
  b8 3c 00 00 00        # mov    eax, 60 (exit)
  0f 05                 # syscall
  b8 ca 00 00 00        # wait:  mov eax, 202 (futex)
  48 89 df              # mov    rdi, rbx
  be 80 00 00 00        # mov    esi, FUTEX_WAIT_PRIVATE
  31 d2                 # xor    edx, edx
  45 31 d2              # xor    r10d, r10d
  0f 05                 # syscall
  83 3b 00              # cmp    dword [rbx + wanted], 0
  74 d4                 # je     idle
  4c 8d 63 40           # lea    r12, [rbx + calls]
  44 8b 6b 04           # mov    r13d, [rbx + count]
  49 8b 04 24           # next:  mov rax, [r12]
  49 8b 7c 24 08        # mov    rdi, [r12 + 8]
  49 8b 74 24 10        # mov    rsi, [r12 + 16]
  49 8b 54 24 18        # mov    rdx, [r12 + 24]
  4d 8b 54 24 20        # mov    r10, [r12 + 32]
  4d 8b 44 24 28        # mov    r8, [r12 + 40]
  4d 8b 4c 24 30        # mov    r9, [r12 + 48]
  0f 05                 # syscall
  49 89 44 24 38        # mov    [r12 + result], rax
  49 83 c4 40           # add    r12, 64
  41 ff cd              # dec    r13d
  75 ce                 # jnz    next
  c7 03 00 00 00 00     # mov    dword [rbx + wanted], 0
  b8 ca 00 00 00        # mov    eax, 202 (futex)
  48 89 df              # mov    rdi, rbx
  be 81 00 00 00        # mov    esi, FUTEX_WAKE_PRIVATE
  ba 01 00 00 00        # mov    edx, 1
  0f 05                 # syscall
  e9 7b ff ff ff        # jmp    idle`;

const ARM64 = `
  f3 03 00 aa           # mov    x19, x0
  a8 15 80 d2           # idle:  mov x8, 173 (getppid)
  01 00 00 d4           # svc    0
  69 0a 40 b9           # ldr    w9, [x19, parent]
  1f 00 09 6b           # cmp    w0, w9
  60 00 00 54           # b.eq   wait
  a8 0b 80 d2           # mov    x8, 93 (exit)
  01 00 00 d4           # svc    0
  48 0c 80 d2           # wait:  mov x8, 98 (futex)
  e0 03 13 aa           # mov    x0, x19
  01 10 80 d2           # mov    x1, FUTEX_WAIT_PRIVATE
  02 00 80 d2           # mov    x2, 0
  03 00 80 d2           # mov    x3, 0
  01 00 00 d4           # svc    0
  69 fe df 88           # ldar   w9, [x19]
  49 fe ff 34           # cbz    w9, idle
  74 02 01 91           # add    x20, x19, calls
  75 06 40 b9           # ldr    w21, [x19, count]
  88 02 40 f9           # next:  ldr x8, [x20]
  80 86 40 a9           # ldp    x0, x1, [x20, 8]
  82 8e 41 a9           # ldp    x2, x3, [x20, 24]
  84 96 42 a9           # ldp    x4, x5, [x20, 40]
  01 00 00 d4           # svc    0
  80 1e 00 f9           # str    x0, [x20, result]
  94 02 01 91           # add    x20, x20, 64
  b5 06 00 71           # subs   w21, w21, 1
  01 ff ff 54           # b.ne   next
  7f fe 9f 88           # stlr   wzr, [x19]
  48 0c 80 d2           # mov    x8, 98 (futex)
  e0 03 13 aa           # mov    x0, x19
  21 10 80 d2           # mov    x1, FUTEX_WAKE_PRIVATE
  22 00 80 d2           # mov    x2, 1
  01 00 00 d4           # svc    0
  e0 ff ff 17           # b      idle`;

/** @param arch as `process.arch` names it. */
export function helperProgram(arch: string): Uint8Array {
  const listing = arch === 'arm64' ? ARM64 : X86_64;
  return Buffer.from(listing.replace(/#.*$/gm, '').replace(/\s/g, ''), 'hex');
}

"""Steps for the LSM system calls (lsm_list_modules, lsm_get_self_attr, lsm_set_self_attr) and for SO_PEERSEC."""
import ctypes
import socket
import struct

from outcome import error_name, failure, show
from syscalls import libc

# Numbers of the calls on x86-64 and all newer tables (asm-generic).
LSM_GET_SELF_ATTR, LSM_SET_SELF_ATTR, LSM_LIST_MODULES = 459, 460, 461
MOST_IDS = 32
# struct lsm_ctx: id, flags, len, ctx_len (u64 each), then the context.
HEADER = struct.Struct("<QQQQ")
SMALLEST_BUFFER = 64
SO_PEERSEC = 31


def list_modules(_session, step):
    ids = (ctypes.c_uint64 * MOST_IDS)()
    size = ctypes.c_uint32(step.get("size", 8 * MOST_IDS))
    count = libc.syscall(LSM_LIST_MODULES, ids, ctypes.byref(size), step.get("lflags", 0))
    if count < 0:
        return {"err": error_name(ctypes.get_errno()), "size": size.value}
    return {"ret": count, "ids": list(ids[:count]), "size": size.value}


def unpack_contexts(raw, count):
    contexts, at = [], 0
    for _ in range(count):
        ident, flags, length, context_length = HEADER.unpack_from(raw, at)
        start = at + HEADER.size
        contexts.append({"id": ident, "flags": flags, "len": length, "ctx_len": context_length,
                         "ctx": show(raw[start:start + context_length])})
        at += length
    return contexts


def get_self_attr(_session, step):
    size = ctypes.c_uint32(step.get("size", 4096))
    room = ctypes.create_string_buffer(max(SMALLEST_BUFFER, size.value))
    if "inid" in step:
        HEADER.pack_into(room, 0, step["inid"], 0, 0, 0)
    count = libc.syscall(LSM_GET_SELF_ATTR, step["attr"], None if step.get("null") else room, ctypes.byref(size),
                         step.get("lflags", 0))
    if count < 0:
        return {"err": error_name(ctypes.get_errno()), "size": size.value}
    contexts = [] if step.get("null") else unpack_contexts(room.raw, count)
    return {"ret": count, "ctx": contexts, "size": size.value}


def set_self_attr(session, step):
    data = session.data(step.get("data"))
    raw = HEADER.pack(step["lsm"], step.get("cflags", 0), step.get("len", HEADER.size + len(data)),
                      step.get("ctx_len", len(data))) + data
    result = libc.syscall(LSM_SET_SELF_ATTR, step["attr"], raw, ctypes.c_uint32(step.get("size", len(raw))),
                          step.get("lflags", 0))
    return {"ret": result} if result >= 0 else {"err": error_name(ctypes.get_errno())}


def peer_context(_session, step):
    try:
        one, other = socket.socketpair()
        with one, other:
            return {"value": show(one.getsockopt(socket.SOL_SOCKET, SO_PEERSEC, step.get("size", 256)))}
    except OSError as error:
        return failure(error)


STEPS = {"lsm_list": list_modules, "lsm_get": get_self_attr, "lsm_set": set_self_attr, "peersec": peer_context}

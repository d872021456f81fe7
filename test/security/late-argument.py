"""
An execve(2) that lasts: its one argument lies in a page that comes when FILE is there (userfaultfd(2)).

usage: late-argument.py DEVICE PROGRAM FILE    DEVICE: /dev/userfaultfd or a node like it
"""
import ctypes, fcntl, mmap, os, struct, sys, time

device, program, file = sys.argv[1:]
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
address = libc.mmap(None, 4096, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
handler = fcntl.ioctl(os.open(device, os.O_RDWR), 0xAA00, os.O_CLOEXEC)  # USERFAULTFD_IOC_NEW
fcntl.ioctl(handler, 0xC018AA3F, struct.pack("QQQ", 0xAA, 0, 0))  # UFFDIO_API
fcntl.ioctl(handler, 0xC020AA00, struct.pack("QQQQ", address, 4096, 1, 0))  # UFFDIO_REGISTER, missing pages
if os.fork() == 0:
    while not os.path.exists(file):
        time.sleep(0.01)
    fcntl.ioctl(handler, 0xC020AA04, struct.pack("QQQQ", address, 4096, 0, 0))  # UFFDIO_ZEROPAGE
    os._exit(0)
libc.execv(program.encode(), (ctypes.c_void_p * 2)(address, None))

// Asks audit for its status as go-libaudit does: the port that the socket has, and whether the kernel answers, are looked at by their types.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"syscall"
)

const auditGet, auditFirstUserMsg = 1000, 1100

func fail(what string, err error) {
	if err != nil {
		fmt.Println(what, err)
		os.Exit(1)
	}
}

func message(kind uint16, sequence uint32, data []byte) []byte {
	raw := make([]byte, syscall.NLMSG_HDRLEN, syscall.NLMSG_HDRLEN+len(data))
	binary.LittleEndian.PutUint32(raw, uint32(syscall.NLMSG_HDRLEN+len(data)))
	binary.LittleEndian.PutUint16(raw[4:], kind)
	binary.LittleEndian.PutUint16(raw[6:], syscall.NLM_F_REQUEST|syscall.NLM_F_ACK)
	binary.LittleEndian.PutUint32(raw[8:], sequence)
	return append(raw, data...)
}

func receive(fd, flags int) string {
	buffer := make([]byte, syscall.NLMSG_HDRLEN+8970)
	count, from, err := syscall.Recvfrom(fd, buffer, flags)
	if err != nil {
		return err.Error()
	}
	kernel, ok := from.(*syscall.SockaddrNetlink)
	if !ok || kernel.Pid != 0 {
		return fmt.Sprintf("not from the kernel: %T", from)
	}
	messages, err := syscall.ParseNetlinkMessage(buffer[:count])
	fail("parse", err)
	return fmt.Sprint(messages[0].Header.Type, " for ", messages[0].Header.Seq, " from ", kernel.Family)
}

func main() {
	fd, err := syscall.Socket(syscall.AF_NETLINK, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, syscall.NETLINK_AUDIT)
	fail("socket", err)
	fail("bind", syscall.Bind(fd, &syscall.SockaddrNetlink{Family: syscall.AF_NETLINK}))
	name, err := syscall.Getsockname(fd)
	fail("getsockname", err)
	address, ok := name.(*syscall.SockaddrNetlink)
	fmt.Println("port is the process number:", ok && address.Pid == uint32(os.Getpid()))
	fail("send", syscall.Sendto(fd, message(auditGet, 1, nil), 0, &syscall.SockaddrNetlink{}))
	fmt.Println(receive(fd, 0))
	fmt.Println(receive(fd, 0))
	fmt.Println(receive(fd, syscall.MSG_DONTWAIT))
	fail("send", syscall.Sendto(fd, message(auditFirstUserMsg+5, 2, []byte("hello\x00")), 0, &syscall.SockaddrNetlink{}))
	fmt.Println(receive(fd, syscall.MSG_DONTWAIT))
}

// What a container runtime asks before it labels anything, as a static Go program: raw system calls, no C library.
package main

import (
	"fmt"
	"runtime"

	"github.com/opencontainers/selinux/go-selinux"
)

func main() {
	runtime.LockOSThread() // the exec label is that of a thread
	fmt.Println("enabled", selinux.GetEnabled())
	fmt.Println("enforce mode", selinux.EnforceMode())
	label, err := selinux.CurrentLabel()
	fmt.Println("current", label, err)
	exec := "system_u:system_r:kernel_t:s0"
	fmt.Println("set exec label", selinux.SetExecLabel(exec))
	label, err = selinux.ExecLabel()
	fmt.Println("exec", label, err)
	fmt.Println("clear exec label", selinux.SetExecLabel(""))
	label, err = selinux.ExecLabel()
	fmt.Println("exec", label, err)
}

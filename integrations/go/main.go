// Package lsmtest runs the tests of a package where SELinux, AppArmor or Smack is on, on kernels that lack them: [Main], called in TestMain,
// executes the test binary again in a world of lsmfs. [Require] skips a test where modules are missing; [Denied], [Why] and others ask the
// world.
package lsmtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// Name of the world, in each of its processes.
	worldVariable = "LSMFS_WORLD"
	// With "off" tests run where they are.
	switchVariable = "LSMTEST"
	ownFailure     = 125
	parentPoll     = 200 * time.Millisecond
)

// Options of the world, as of lsmfs run.
type Options struct {
	// Modules: "selinux" (default), "apparmor", "selinux,yama", ...
	LSM string
	// SELinux policy: "small", a name below /etc/selinux, a file. Default: that of the machine, or the small one.
	Policy string
	// Begin enforcing.
	Enforcing bool
	// AppArmor profiles to begin with: a directory or a file.
	Profiles string
	// Further options.
	Args []string
	// Path of lsmfs. Default: the one on PATH.
	Program string
}

// Of the only Main of a test binary.
var options Options

// Main executes the test binary again in a world, once, and runs the tests there. It does not return. Without lsmfs, or with LSMTEST=off,
// tests run where they are, and those that [Require] what is missing there are skipped.
func Main(m *testing.M, o Options) {
	options = o
	if World() != "" {
		endWithGo()
		os.Exit(m.Run())
	}
	program, err := findProgram()
	if err != nil || os.Getenv(switchVariable) == "off" {
		os.Exit(m.Run())
	}
	err = enter(program)
	fmt.Fprintf(os.Stderr, "lsmtest: %s: %v\n", program, err)
	os.Exit(ownFailure)
}

// World is the name of the world that the tests are in; empty: they are in none.
func World() string {
	return os.Getenv(worldVariable)
}

func findProgram() (string, error) {
	name := options.Program
	if name == "" {
		name = "lsmfs"
	}
	return exec.LookPath(name)
}

func enter(program string) error {
	binary, err := os.Executable()
	if err != nil {
		return err
	}
	args := append([]string{program, "run", "--end-with-command"}, options.words()...)
	args = append(append(args, "--", binary), os.Args[1:]...)
	return syscall.Exec(program, args, os.Environ())
}

func (o Options) words() []string {
	lsm := o.LSM
	if lsm == "" {
		lsm = "selinux"
	}
	words := []string{"--lsm=" + lsm}
	if o.Policy != "" {
		words = append(words, "--policy="+o.Policy)
	}
	if o.Profiles != "" {
		words = append(words, "--profiles="+o.Profiles)
	}
	if o.Enforcing {
		words = append(words, "--enforcing")
	}
	return append(words, o.Args...)
}

// The test binary outlives a go command that is killed: here it ends with it, and so does the world.
func endWithGo() {
	parent := os.Getppid()
	program, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", parent))
	if err != nil || filepath.Base(program) != "go" {
		return
	}
	go func() {
		for os.Getppid() == parent {
			time.Sleep(parentPoll)
		}
		os.Exit(1)
	}()
}

// Modules are the names of the security modules that run.
func Modules() []string {
	if text, err := os.ReadFile("/sys/kernel/security/lsm"); err == nil && len(text) > 0 {
		return strings.Split(strings.TrimSpace(string(text)), ",")
	}
	// Where securityfs is not mounted.
	traces := map[string]string{
		"selinux": "/sys/fs/selinux/enforce", "smack": "/sys/fs/smackfs/load2", "yama": "/proc/sys/kernel/yama/ptrace_scope",
	}
	var found []string
	for name, trace := range traces {
		if _, err := os.Stat(trace); err == nil {
			found = append(found, name)
		}
	}
	return found
}

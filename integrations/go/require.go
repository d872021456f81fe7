package lsmtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// What is kept of a test that has called Require.
type state struct {
	began time.Time
	// What is done when it ends, the last first.
	undo []func()
}

var (
	mutex  sync.Mutex
	states = map[testing.TB]*state{}
)

func stateOf(t testing.TB) *state {
	mutex.Lock()
	defer mutex.Unlock()
	return states[t]
}

// Require skips the test, with the reason, where one of these modules does not run. When the test fails, its log tells what was refused
// meanwhile in the world, with the rule that is missing.
func Require(t testing.TB, modules ...string) {
	t.Helper()
	running := Modules()
	for _, module := range modules {
		if !contains(running, module) {
			t.Skip(lacks(module))
		}
	}
	if stateOf(t) != nil {
		return
	}
	mutex.Lock()
	states[t] = &state{began: time.Now().Truncate(time.Millisecond)}
	mutex.Unlock()
	t.Cleanup(func() {
		t.Helper()
		// Asked before anything is undone.
		if t.Failed() && World() != "" {
			report(t)
		}
		undo := stateOf(t).undo
		for index := len(undo) - 1; index >= 0; index-- {
			undo[index]()
		}
		mutex.Lock()
		delete(states, t)
		mutex.Unlock()
	})
}

// When the test ends, and its report is written.
func cleanup(t testing.TB, undo func()) {
	if state := stateOf(t); state != nil {
		state.undo = append(state.undo, undo)
	} else {
		t.Cleanup(undo)
	}
}

func report(t testing.TB) {
	t.Helper()
	if denials, err := denialsSince(since(t)); err != nil {
		t.Log(err)
	} else if len(denials) > 0 {
		t.Logf("refused during this test:\n%s", Summary(denials))
	}
}

func lacks(module string) string {
	if World() != "" {
		return fmt.Sprintf("the world lacks %s: Options{LSM: %q}", module, module)
	}
	text := fmt.Sprintf("the kernel lacks %s", module)
	if os.Getenv(switchVariable) == "off" {
		return text + ", and " + switchVariable + "=off keeps the tests out of a world"
	}
	if _, err := findProgram(); err != nil {
		return text + ", and there is no lsmfs to have it in a world: " + err.Error()
	}
	return text + ": call lsmtest.Main in TestMain, which runs the tests in a world"
}

func since(t testing.TB) time.Time {
	if state := stateOf(t); state != nil {
		return state.began
	}
	return time.Time{}
}

func contains(words []string, word string) bool {
	for _, one := range words {
		if one == word {
			return true
		}
	}
	return false
}

// SetBool sets a boolean of SELinux's policy until the test ends. Outside of a world it skips the test.
func SetBool(t testing.TB, name string, value bool) {
	t.Helper()
	requireWorld(t)
	file := filepath.Join("/sys/fs/selinux/booleans", filepath.Base(name))
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	set := func(value string) {
		t.Helper()
		write(t, file, value)
		write(t, "/sys/fs/selinux/commit_pending_bools", "1")
	}
	before := strings.Fields(string(text))[0]
	cleanup(t, func() { set(before) })
	set(digit(value))
}

// SetEnforcing sets SELinux's mode until the test ends. Outside of a world it skips the test.
func SetEnforcing(t testing.TB, value bool) {
	t.Helper()
	requireWorld(t)
	const file = "/sys/fs/selinux/enforce"
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	cleanup(t, func() { write(t, file, strings.TrimSpace(string(before))) })
	write(t, file, digit(value))
}

func requireWorld(t testing.TB) {
	t.Helper()
	if World() == "" {
		t.Skip("the machine's own modules are not changed: call lsmtest.Main in TestMain, which runs the tests in a world")
	}
}

func write(t testing.TB, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0); err != nil {
		t.Fatal(err)
	}
}

func digit(value bool) string {
	if value {
		return "1"
	}
	return "0"
}

package lsmtest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"lsmfs.invalid/lsmtest"
)

func TestMain(m *testing.M) {
	lsmtest.Main(m, lsmtest.Options{LSM: "selinux", Policy: "small"})
}

const (
	web    = "system_u:system_r:httpd_t:s0"
	shadow = "system_u:object_r:shadow_t:s0"
)

func TestContext(t *testing.T) {
	lsmtest.Require(t, "selinux")
	context, err := os.ReadFile("/proc/self/attr/current")
	if err != nil || !strings.HasPrefix(string(context), "unconfined_u:") {
		t.Errorf("%q, %v", context, err)
	}
}

func TestDenied(t *testing.T) {
	lsmtest.Require(t, "selinux")
	lsmtest.SetEnforcing(t, true)
	if exec.Command("runcon", "-t", "httpd_t", "cat", "/etc/shadow").Run() == nil {
		t.Error("the web server has read shadow")
	}
	lsmtest.Denied(t, lsmtest.Want{Scontext: "httpd_t", Tcontext: "shadow_t", Tclass: "file", Permission: "read"})
	lsmtest.Denied(t, lsmtest.Want{Fields: map[string]string{"comm": "cat", "permissive": "0"}})
	lsmtest.NotDenied(t, lsmtest.Want{Permission: "write"})
}

func TestNothingIsLeft(t *testing.T) {
	lsmtest.Require(t, "selinux")
	if mode, _ := os.ReadFile("/sys/fs/selinux/enforce"); string(mode) != "0" {
		t.Errorf("mode %q", mode)
	}
	lsmtest.NotDenied(t, lsmtest.Want{})
}

func TestWhy(t *testing.T) {
	lsmtest.Require(t, "selinux")
	if why := lsmtest.Why(t, web, shadow, "file", "read"); !strings.Contains(why, "allow httpd_t shadow_t:file read;") {
		t.Error(why)
	}
	if lsmtest.Allowed(t, web, shadow, "file", "read") {
		t.Error("allowed")
	}
}

func TestBoolean(t *testing.T) {
	lsmtest.Require(t, "selinux")
	lsmtest.SetBool(t, "httpd_enable_cgi", false)
	value, err := os.ReadFile("/sys/fs/selinux/booleans/httpd_enable_cgi")
	if err != nil || string(value) != "0 0" {
		t.Errorf("%q, %v", value, err)
	}
}

func TestReset(t *testing.T) {
	lsmtest.Require(t, "selinux")
	if err := os.WriteFile("/sys/fs/selinux/enforce", []byte("1"), 0); err != nil {
		t.Fatal(err)
	}
	lsmtest.Reset(t)
	if mode, _ := os.ReadFile("/sys/fs/selinux/enforce"); string(mode) != "0" {
		t.Errorf("mode %q", mode)
	}
}

package lsmtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Denial is one record of a refusal, also of one that was let through because nothing is enforced.
type Denial struct {
	// Name of the module.
	Module string `json:"module"`
	// Who was refused, and what was to be used: a type, a profile, a label, a path.
	Subject string `json:"subject"`
	Object  string `json:"object"`
	// A class or an operation, and permissions.
	Kind   string `json:"kind"`
	Access string `json:"access"`
	// It was only recorded.
	Permissive bool `json:"permissive"`
	// The module's answer: the rule that is missing, and what to do.
	Why string `json:"-"`
	// Of the audit record: scontext, tclass, comm, ...
	Fields map[string]any `json:"-"`
}

func (d Denial) String() string {
	text := d.Module + ": " + strings.Join(strings.Fields(d.Subject+" -> "+d.Object+" "+d.Kind+" "+d.Access), " ")
	if d.Permissive {
		text += " (permissive: let through)"
	}
	return text
}

// Want says what a refusal must have; an empty field may be anything.
type Want struct {
	// A whole context or its type.
	Scontext, Tcontext string
	Tclass             string
	// One of those that were refused.
	Permission string
	// Any other field of the record: comm, name, profile, ...
	Fields map[string]string
}

func (w Want) String() string {
	var words []string
	add := func(name, value string) {
		if value != "" {
			words = append(words, name+"="+value)
		}
	}
	add("scontext", w.Scontext)
	add("tcontext", w.Tcontext)
	add("tclass", w.Tclass)
	add("permission", w.Permission)
	for name, value := range w.Fields {
		add(name, value)
	}
	return strings.Join(words, " ")
}

func (w Want) matches(d Denial) bool {
	context := func(name, value string) bool {
		text, _ := d.Fields[name].(string)
		parts := strings.Split(text, ":")
		return value == "" || value == text || len(parts) > 2 && parts[2] == value
	}
	permission := w.Permission == "" || w.Permission == d.Access || contains(strings.Fields(d.Access), w.Permission)
	fits := context("scontext", w.Scontext) && context("tcontext", w.Tcontext) && permission
	fields := map[string]string{"tclass": w.Tclass}
	for name, value := range w.Fields {
		fields[name] = value
	}
	for name, value := range fields {
		fits = fits && (value == "" || fmt.Sprint(d.Fields[name]) == value)
	}
	return fits
}

// Denied fails the test unless the world has refused this since the test called [Require], or else at any time.
func Denied(t testing.TB, want Want) {
	t.Helper()
	denials := Denials(t)
	for _, denial := range denials {
		if want.matches(denial) {
			return
		}
	}
	others := "nothing was refused"
	if len(denials) > 0 {
		others = "refused was:\n" + Summary(denials)
	}
	t.Errorf("not refused: %s; %s", want, others)
}

// NotDenied fails the test if the world has refused this since the test called [Require], or else at any time.
func NotDenied(t testing.TB, want Want) {
	t.Helper()
	var found []Denial
	for _, denial := range Denials(t) {
		if want.matches(denial) {
			found = append(found, denial)
		}
	}
	if len(found) > 0 {
		t.Errorf("refused:\n%s", Summary(found))
	}
}

// Denials are what the world has refused since the test called [Require], or else at any time.
func Denials(t testing.TB) []Denial {
	t.Helper()
	requireWorld(t)
	denials, err := denialsSince(since(t))
	if err != nil {
		t.Fatal(err)
	}
	return denials
}

// Why tells why an access is allowed or denied, in the words of lsmfs why: source, target, class, permissions. Without words: why the newest
// refusal was one.
func Why(t testing.TB, words ...string) string {
	t.Helper()
	requireWorld(t)
	question := append([]string{"why", "--world=" + World()}, words...)
	if len(words) == 0 {
		question = []string{"why", "--last", World()}
	}
	text, _, err := ask(question...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// Allowed says whether all of that is allowed; words as of [Why].
func Allowed(t testing.TB, words ...string) bool {
	t.Helper()
	requireWorld(t)
	_, status, err := ask(append([]string{"why", "--world=" + World()}, words...)...)
	if err != nil {
		t.Fatal(err)
	}
	return status == 0
}

// Reset brings the world back to the state that it had after its boot: policy, mode, profiles, rules, log.
func Reset(t testing.TB) {
	t.Helper()
	requireWorld(t)
	if _, _, err := ask("reset", World()); err != nil {
		t.Fatal(err)
	}
}

// Summary has each refusal once, with its number, rule and fix.
func Summary(denials []Denial) string {
	counts := map[string]int{}
	var order []Denial
	for _, denial := range denials {
		if counts[denial.String()]++; counts[denial.String()] == 1 {
			order = append(order, denial)
		}
	}
	var lines []string
	for _, denial := range order {
		title := denial.String()
		if count := counts[title]; count > 1 {
			title += fmt.Sprintf(", %d times", count)
		}
		lines = append(lines, title)
		for _, line := range strings.Split(strings.TrimSpace(denial.Why), "\n") {
			lines = append(lines, "  "+line)
		}
	}
	return strings.Join(lines, "\n")
}

func denialsSince(start time.Time) ([]Denial, error) {
	words := []string{"log", "--denials", "--why", "--json"}
	if !start.IsZero() {
		words = append(words, fmt.Sprintf("--since=%.3f", float64(start.UnixMilli())/1000))
	}
	text, _, err := ask(append(words, World())...)
	if err != nil {
		return nil, err
	}
	var denials []Denial
	decoder := json.NewDecoder(strings.NewReader(text))
	for decoder.More() {
		var record struct {
			Refusal Denial         `json:"refusal"`
			Why     string         `json:"why"`
			Fields  map[string]any `json:"fields"`
		}
		if err := decoder.Decode(&record); err != nil {
			return nil, err
		}
		denial := record.Refusal
		denial.Why, denial.Fields = record.Why, record.Fields
		denials = append(denials, denial)
	}
	return denials, nil
}

// What lsmfs prints, and its exit status where that is an answer.
func ask(words ...string) (string, int, error) {
	program, err := findProgram()
	if err != nil {
		return "", 0, err
	}
	var stdout, stderr bytes.Buffer
	command := exec.Command(program, words...)
	command.Stdout, command.Stderr = &stdout, &stderr
	err = command.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() > 0 && exit.ExitCode() < ownFailure {
		return stdout.String(), exit.ExitCode(), nil
	}
	if err != nil {
		return "", 0, fmt.Errorf("lsmfs %s: %w: %s", words[0], err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), 0, nil
}

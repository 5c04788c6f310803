package kustomize

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"sync"
	"time"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/openapi"
)

// How long the library may take for one build, and how long for all that tell origins. It
// cannot be interrupted, only left behind.
const (
	maxTime  = 30 * time.Second
	maxTrace = 20 * time.Second
)

// errLimit is what is left of a build that took too long.
var errLimit = errors.New("took too long")

// turn is held while the library runs: it keeps the schema of Kubernetes, and what it
// writes warnings to, in variables of the process.
var turn = make(chan struct{}, 1)

// object is one object that the library put out.
type object struct {
	yaml                  string
	kind, name, namespace string
}

// library runs kustomize.
type library struct {
	anywhere bool // no load restrictions
	loud     bool // uses deprecated fields, of which the library warns
	schema   bool // brings its own schema
}

type outcome struct {
	objects []object
	err     error
}

// run builds the overlay in dir. It holds no text of a file in its error unless the
// library put it there: see [explain].
func (l library) run(ctx context.Context, limit time.Duration, view confined, dir string) ([]object, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return nil, overdue(ctx)
	}
	if ctx.Err() != nil {
		<-turn
		return nil, overdue(ctx)
	}
	done := make(chan outcome, 1)
	unmute := sync.OnceFunc(l.mute())
	go func() {
		o := l.build(view, dir)
		unmute() // before the next one takes its turn
		<-turn
		done <- o
	}()
	select {
	case o := <-done:
		return o.objects, o.err
	case <-ctx.Done():
		unmute()
		return nil, overdue(ctx)
	}
}

func overdue(ctx context.Context) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return errLimit
	}
	return ctx.Err()
}

// mute keeps the warnings of the library off the user's screen: they may quote values, and
// what they say of deprecated fields is not what keyfit was asked.
func (l library) mute() (unmute func()) {
	logged := log.Writer()
	log.SetOutput(io.Discard)
	undo := func() { log.SetOutput(logged) }
	if !l.loud {
		return undo
	}
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return undo
	}
	shown := os.Stderr
	os.Stderr = null
	return func() {
		os.Stderr = shown
		_ = null.Close()
		undo()
	}
}

func (l library) build(view confined, dir string) (o outcome) {
	defer func() {
		if recover() != nil {
			o = outcome{err: errors.New("kustomize broke off")}
		}
		if l.schema {
			openapi.ResetOpenAPI()
		}
	}()
	options := krusty.MakeDefaultOptions()
	options.Reorder = krusty.ReorderOptionUnspecified
	if l.anywhere {
		options.LoadRestrictions = types.LoadRestrictionsNone
	}
	m, err := krusty.MakeKustomizer(options).Run(view, outside(dir))
	if err != nil {
		return outcome{err: err}
	}
	for _, r := range m.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			return outcome{err: err}
		}
		o.objects = append(o.objects, object{
			yaml: string(text), kind: r.GetKind(), name: r.GetName(), namespace: r.GetNamespace(),
		})
	}
	return o
}

package shell

import (
	"maps"
	"strconv"
	"strings"

	"github.com/keyfit/keyfit/internal/model"
)

// target is where a file descriptor leads.
type target struct {
	kind targetKind
	id   int    // of a buffer or stream
	path string // of a file that is written
}

type targetKind uint8

const (
	toTerminal targetKind = iota // the caller's own channel: nothing is known of it
	toNothing                    // /dev/null
	toBuffer                     // a command substitution or a pipe
	toFile                       // a file of the overlay
	fromStream                   // a file, here-document or pipe that is read
	toClosed
)

// channels are the file descriptors, with what was written to and is left to read from
// what they lead to.
type channels struct {
	fds     map[int]target // never changed in place
	buffers map[int]sym
	streams map[int]sym
	next    int
}

func newChannels() channels {
	return channels{
		fds:     map[int]target{0: {}, 1: {}, 2: {}},
		buffers: map[int]sym{},
		streams: map[int]sym{},
		next:    1,
	}
}

func (c channels) clone() channels {
	c.buffers = maps.Clone(c.buffers)
	c.streams = maps.Clone(c.streams)
	return c
}

func (c *channels) set(fd int, t target) {
	fds := maps.Clone(c.fds)
	fds[fd] = t
	c.fds = fds
}

func (c *channels) newBuffer() target {
	c.next++
	c.buffers[c.next] = nil
	return target{kind: toBuffer, id: c.next}
}

func (c *channels) newStream(s sym) target {
	c.next++
	c.streams[c.next] = s
	return target{kind: fromStream, id: c.next}
}

// ofPath is where a descriptor leads that is named by a path.
func (c *channels) ofPath(name string) (target, bool) {
	for _, dir := range []string{"/dev/fd/", "/proc/self/fd/"} {
		if n, err := strconv.Atoi(strings.TrimPrefix(name, dir)); err == nil && strings.HasPrefix(name, dir) {
			t, ok := c.fds[n]
			return t, ok
		}
	}
	return target{}, false
}

// input is what is left to read from fd.
func (c *channels) input(fd int) sym {
	t, ok := c.fds[fd]
	switch {
	case !ok || t.kind == toClosed || t.kind == toNothing:
		return nil
	case t.kind == fromStream:
		return c.streams[t.id]
	}
	return mystery(model.WhyInput, "what standard input holds")
}

// consume says what is left to read from fd.
func (c *channels) consume(fd int, rest sym) {
	if t := c.fds[fd]; t.kind == fromStream {
		c.streams[t.id] = rest
	}
}

func (c *channels) join(o *channels) {
	c.next = max(c.next, o.next)
	joinTexts(c.buffers, o.buffers)
	joinTexts(c.streams, o.streams)
	if !maps.Equal(c.fds, o.fds) {
		fds := maps.Clone(c.fds)
		for fd, t := range o.fds {
			if fds[fd] != t {
				fds[fd] = target{}
			}
		}
		c.fds = fds
	}
}

func joinTexts(a, b map[int]sym) {
	for id, s := range b {
		if mine, ok := a[id]; !ok {
			a[id] = s
		} else if !mine.same(s) {
			a[id] = joinTails(mine, s)
		}
	}
}

// joinTails keeps what both texts begin with, so that a choice covers only the rest.
func joinTails(a, b sym) sym {
	n := 0
	for n < len(a) && n < len(b) && samePiece(a[n], b[n]) {
		n++
	}
	if n < len(a) && n < len(b) && a[n].unk == nil && b[n].unk == nil && a[n].trail == b[n].trail {
		k := 0
		for k < len(a[n].text) && k < len(b[n].text) && a[n].text[k] == b[n].text[k] {
			k++
		}
		head, x, y := a[n], a[n], b[n]
		head.text, x.text, y.text = a[n].text[:k], a[n].text[k:], b[n].text[k:]
		return cat(a[:n], sym{head}, choose(cat(sym{x}, a[n+1:]), cat(sym{y}, b[n+1:])))
	}
	return cat(a[:n], choose(a[n:], b[n:]))
}

func (c *channels) same(o *channels) bool {
	return maps.Equal(c.fds, o.fds) && sameTexts(c.buffers, o.buffers) && sameTexts(c.streams, o.streams)
}

// sameTexts compares what both sides know of; channels opened since do not count.
func sameTexts(a, b map[int]sym) bool {
	for id, s := range a {
		if t, ok := b[id]; ok && !s.same(t) {
			return false
		}
	}
	return true
}

func (c *channels) widen(old *channels, u *unknown) {
	for id, s := range c.buffers {
		if o, ok := old.buffers[id]; ok && !s.same(o) {
			c.buffers[id] = sym{{unk: &unknown{why: u.why, needs: u.needs, multi: true}}}
		}
	}
	for id, s := range c.streams {
		if o, ok := old.streams[id]; ok && !s.same(o) {
			c.streams[id] = sym{{unk: &unknown{why: u.why, needs: u.needs, multi: true}}}
		}
	}
}

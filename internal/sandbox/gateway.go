package sandbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/secret"
)

// maxBody bounds the body of a request, in bytes.
const maxBody = 64 << 10

// question is the body of POST /path.
type question struct {
	Query struct {
		UserID string `json:"userId"`
	} `json:"query"`
}

// userView is how the gateway shows a user.
type userView struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Active bool   `json:"active"`
}

// callerView is how the gateway shows whoever stands behind a key.
type callerView struct {
	User    *userView `json:"user,omitempty"`
	Tenant  string    `json:"tenant_id,omitempty"`
	Account string    `json:"account,omitempty"`
	Mode    string    `json:"mode,omitempty"`
	Scopes  []string  `json:"scopes,omitempty"`
	Expires string    `json:"expires_at,omitempty"`
}

type errorView struct {
	Code     string    `json:"code"`
	Message  string    `json:"message"`
	Required string    `json:"required,omitempty"`
	User     *userView `json:"user,omitempty"`
}

type envelope struct {
	*callerView
	Error     *errorView `json:"error,omitempty"`
	RequestID string     `json:"request_id"`
}

// ServeHTTP answers one request.
func (d *directory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, sent := bearer(r.Header)
	entry := Request{Environment: d.name, At: d.now(), Method: r.Method, Path: r.URL.Path}
	if sent {
		entry.Key = d.printer.Fingerprint(text)
	}
	number := d.arrive(entry)
	id := fmt.Sprintf("req_%s_%06d", d.name, number)
	w.Header().Set("X-Request-Id", id)
	w.Header().Set("Server", "payments-gateway")
	if fault, ok := d.takeFault(); ok && d.stumble(w, r, fault, number, id) {
		return
	}
	c, refused := d.decide(w, r, text, sent)
	if refused != nil {
		d.leave(number, id, refused.status, refused.code)
		d.refuse(w, refused, id)
		return
	}
	d.leave(number, id, http.StatusOK, "")
	write(w, http.StatusOK, envelope{callerView: view(c), RequestID: id})
}

// decide finds out who asks, and whether the question may be answered.
func (d *directory) decide(w http.ResponseWriter, r *http.Request, text secret.Text, sent bool) (caller, *refusal) {
	asked := r.Method + " " + r.URL.Path
	if asked != "POST /path" && asked != "GET /v1/whoami" {
		return caller{}, &refusal{status: http.StatusNotFound, code: "not_found", message: "No such resource."}
	}
	if !sent {
		return caller{}, &refusal{status: http.StatusUnauthorized, code: "credentials_missing", message: "Send your API key as a bearer token."}
	}
	c, refused := d.authenticate(text)
	if refused != nil {
		return c, refused
	}
	userID := ""
	if r.Method == http.MethodPost {
		if userID, refused = readQuestion(w, r); refused != nil {
			return c, refused
		}
	}
	if refused = d.fits(c, strings.TrimSpace(r.Header.Get("X-Tenant")), userID); refused != nil {
		return c, refused
	}
	if r.Method == http.MethodPost {
		return c, d.permits(c)
	}
	return c, nil
}

// bearer takes the key out of the header. Two Authorization headers are none: it is not
// the gateway's place to choose.
func bearer(h http.Header) (secret.Text, bool) {
	values := h.Values("Authorization")
	if len(values) != 1 {
		return secret.Text{}, false
	}
	scheme, text, ok := strings.Cut(values[0], " ")
	if text = strings.TrimSpace(text); !ok || text == "" || !strings.EqualFold(scheme, "bearer") {
		return secret.Text{}, false
	}
	return secret.New(text), true
}

func readQuestion(w http.ResponseWriter, r *http.Request) (string, *refusal) {
	var q question
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
	if err := dec.Decode(&q); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return "", &refusal{status: http.StatusRequestEntityTooLarge, code: "request_too_large", message: "The body is too large."}
		}
		return "", &refusal{status: http.StatusBadRequest, code: "invalid_request", message: "The body is not a JSON object."}
	}
	if _, err := dec.Token(); err != io.EOF {
		return "", &refusal{status: http.StatusBadRequest, code: "invalid_request", message: "The body holds more than one JSON value."}
	}
	if q.Query.UserID == "" {
		return "", &refusal{status: http.StatusBadRequest, code: "invalid_request", message: "query.userId is required."}
	}
	return q.Query.UserID, nil
}

// refuse writes a refusal: in full, or as a bare status where the gateway is opaque.
func (d *directory) refuse(w http.ResponseWriter, refused *refusal, id string) {
	if refused.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="payments-gateway"`)
	}
	if d.settings.Opaque {
		w.Header().Del("X-Request-Id")
		w.WriteHeader(refused.status)
		return
	}
	out := envelope{Error: &errorView{Code: refused.code, Message: refused.message, Required: refused.required}, RequestID: id}
	if refused.caller != nil {
		out.callerView = view(*refused.caller)
		out.Error.User = out.User
	}
	write(w, refused.status, out)
}

func view(c caller) *callerView {
	kind := c.user.Kind
	if kind == "" {
		kind = "person"
	}
	v := &callerView{
		User:   &userView{ID: c.userID, Name: c.user.Name, Kind: kind, Active: c.user.State == "" || c.user.State == Active},
		Tenant: c.user.Tenant, Account: c.user.Account, Mode: c.user.Mode, Scopes: c.key.Scopes,
	}
	if !c.key.Expires.IsZero() {
		v.Expires = c.key.Expires.Format(time.RFC3339)
	}
	return v
}

func write(w http.ResponseWriter, status int, body envelope) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}

// stumble plays a fault; it reports whether the request ended with it.
func (d *directory) stumble(w http.ResponseWriter, r *http.Request, fault Fault, number int, id string) bool {
	if fault.Delay > 0 || fault.Hang {
		// The server notices that the client is gone only once the body is read.
		body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	if fault.Delay > 0 && !wait(r, time.Duration(fault.Delay)) {
		return true
	}
	switch {
	case fault.Hang:
		<-r.Context().Done()
		return true
	case fault.Close:
		hangUp(w)
		return true
	case fault.Status == 0:
		return false
	}
	for name, value := range map[string]string{"Retry-After": fault.RetryAfter, "Location": fault.Location} {
		if value != "" {
			w.Header().Set(name, value)
		}
	}
	d.leave(number, id, fault.Status, faultCode(fault.Status))
	if fault.Body == "" && fault.ContentType == "" {
		write(w, fault.Status, envelope{Error: &errorView{Code: faultCode(fault.Status), Message: http.StatusText(fault.Status)}, RequestID: id})
		return true
	}
	if fault.ContentType != "" {
		w.Header().Set("Content-Type", fault.ContentType)
	}
	w.WriteHeader(fault.Status)
	_, _ = io.WriteString(w, fault.Body)
	return true
}

func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

func faultCode(status int) string {
	switch {
	case status == http.StatusTooManyRequests:
		return "rate_limited"
	case status >= 500:
		return "internal_error"
	}
	return "fault"
}

func wait(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

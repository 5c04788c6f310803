package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/keyfit/keyfit/internal/provider"
)

// failure is why no answer came. Its text is made of fixed phrases and the host's name:
// errors of the network layer print URLs, and URLs may hold keys.
type failure struct {
	reason provider.Reason
	text   string
	again  bool // trying once more may help, and can do no harm
	sent   bool // the request may have arrived
	status int  // of an answer whose body did not arrive whole; zero when there was none
}

// classify turns an error of the transport into a failure. host is what was asked.
func classify(err error, host string) *failure {
	for _, rule := range []func(error, string) *failure{proxyFailure, dnsFailure, tlsFailure, timeFailure, connectFailure, protocolFailure} {
		if f := rule(err, host); f != nil {
			return f
		}
	}
	return &failure{reason: provider.NetworkConnect, text: "the request to " + host + " failed", sent: true}
}

func proxyFailure(err error, host string) *failure {
	var refused proxyRefusal
	if errors.As(err, &refused) {
		return proxyAnswer(refused.status, host)
	}
	var op *net.OpError
	if !errors.As(err, &op) || (op.Op != "proxyconnect" && !strings.HasPrefix(op.Op, "socks")) {
		return nil
	}
	inner := classifyDirect(op.Err, "the proxy")
	return &failure{reason: provider.NetworkProxy, text: "the way to " + host + " leads through a proxy, and " + inner.text, again: inner.again}
}

// classifyDirect classifies an error of the way to the proxy itself.
func classifyDirect(err error, host string) *failure {
	for _, rule := range []func(error, string) *failure{dnsFailure, tlsFailure, timeFailure, connectFailure} {
		if f := rule(err, host); f != nil {
			return f
		}
	}
	return &failure{text: host + " cannot be used"}
}

// proxyAnswer is a proxy's refusal to pass the request on.
func proxyAnswer(status int, host string) *failure {
	f := &failure{reason: provider.NetworkProxy}
	switch status {
	case http.StatusProxyAuthRequired:
		f.text = "the proxy asks for a user and a password (status 407)"
	case http.StatusForbidden:
		f.text = "the proxy does not allow connections to " + host + " (status 403)"
	default:
		f.text = fmt.Sprintf("the proxy answered status %d instead of connecting to %s", status, host)
		f.again = status >= 500
	}
	return f
}

func dnsFailure(err error, host string) *failure {
	var dns *net.DNSError
	if !errors.As(err, &dns) {
		return nil
	}
	f := &failure{reason: provider.NetworkDNS, again: !dns.IsNotFound}
	switch {
	case dns.IsNotFound:
		f.text = "the name of " + host + " does not exist in the DNS of this machine"
	case dns.IsTimeout:
		f.text = "the DNS server did not answer when asked for " + host
	default:
		f.text = "the DNS server could not tell the address of " + host
	}
	return f
}

func tlsFailure(err error, host string) *failure {
	text := ""
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &unknown):
		text = "the certificate of " + host + " is signed by a CA that this machine does not know; if the network inspects TLS, pass its CA with --ca-file"
	case errors.As(err, &name):
		text = "the certificate is not for the name " + host
	case errors.As(err, &invalid):
		text = "the certificate of " + host + " " + whatIsInvalid(invalid)
	case errors.As(err, &record):
		text = host + " does not speak TLS on this port"
	case errors.As(err, &alert):
		text = host + " refused the TLS handshake"
	case errors.As(err, &certificate):
		text = "the certificate of " + host + " could not be verified"
	case strings.HasPrefix(err.Error(), "tls: "), strings.HasPrefix(err.Error(), "remote error: tls: "):
		text = "the TLS handshake with " + host + " failed"
	default:
		return nil
	}
	return &failure{reason: provider.NetworkTLS, text: text}
}

func whatIsInvalid(e x509.CertificateInvalidError) string {
	if e.Reason != x509.Expired || e.Cert == nil {
		return "is not valid"
	}
	if time.Now().Before(e.Cert.NotBefore) {
		return "is not valid before " + e.Cert.NotBefore.UTC().Format(time.DateOnly) + "; is the clock of this machine right?"
	}
	return "expired on " + e.Cert.NotAfter.UTC().Format(time.DateOnly)
}

func timeFailure(err error, host string) *failure {
	var timeout net.Error
	if !errors.Is(err, context.DeadlineExceeded) && !(errors.As(err, &timeout) && timeout.Timeout()) {
		return nil
	}
	var op *net.OpError
	switch {
	case errors.As(err, &op) && op.Op == "dial":
		return &failure{reason: provider.NetworkTimeout, text: fmt.Sprintf("%s accepted no connection within %s", host, dialTimeout), again: true}
	case strings.Contains(err.Error(), "TLS handshake timeout"):
		return &failure{reason: provider.NetworkTimeout, text: fmt.Sprintf("%s did not finish the TLS handshake within %s", host, tlsTimeout)}
	}
	return &failure{reason: provider.NetworkTimeout, text: host + " did not answer in time", sent: true}
}

func connectFailure(err error, host string) *failure {
	var op *net.OpError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return &failure{reason: provider.NetworkConnect, text: host + " refused the connection", again: true}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return &failure{reason: provider.NetworkConnect, text: host + " cannot be reached from here", again: true}
	case errors.As(err, &op) && op.Op == "dial":
		return &failure{reason: provider.NetworkConnect, text: "no connection to " + host + " could be opened", again: true}
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.As(err, &op):
		return &failure{reason: provider.NetworkConnect, text: host + " closed the connection before the answer was complete", again: true, sent: true}
	}
	return nil
}

// protocolFailure recognises what is no HTTP. net/http has no types for these errors.
func protocolFailure(err error, host string) *failure {
	text := err.Error()
	for _, mark := range []string{"malformed HTTP", "malformed MIME", "response headers exceeded", "transfer encoding", "chunk", "Content-Length", "protocol error", "too many 1xx", "gzip:", "flate:"} {
		if strings.Contains(text, mark) {
			return &failure{reason: provider.Intermediary, text: "what answered as " + host + " does not speak HTTP correctly", sent: true}
		}
	}
	return nil
}

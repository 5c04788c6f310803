package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strconv"
)

// errOther stands for what a driver says in words of its own, which may hold the URL.
var errOther = errors.New("the server's answer is not that of this protocol")

// cause takes out of a driver's error what is wrong with the connection. Nothing of the
// driver's own words is kept: they may repeat the URL with its password.
func cause(err error) error {
	var (
		dns       *net.DNSError
		operation *net.OpError
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		verify    *tls.CertificateVerificationError
	)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.As(err, &dns):
		return dns
	case errors.As(err, &verify):
		return verify
	case errors.As(err, &authority):
		return authority
	case errors.As(err, &hostname):
		return hostname
	case errors.As(err, &invalid):
		return invalid
	case errors.As(err, &record):
		return record
	case errors.As(err, &operation):
		return operation
	case errors.Is(err, errNotTLS):
		return errNotTLS
	case errors.Is(err, errStray):
		return errStray
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF
	}
	return errOther
}

// Words gives what an error of [Ask] says where it is a refusal of keyfit's own to go on; empty for
// those of the network.
func Words(err error) string {
	for _, own := range []error{errNotTLS, errStray} {
		if errors.Is(err, own) {
			return own.Error()
		}
	}
	return ""
}

func portNumber(t Target) uint16 {
	port := t.URL.Port()
	if port == "" {
		port = Port(t.Protocol, t.URL.Scheme)
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

package probe

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// ReachTLS is what a host said of itself in the handshake.
type ReachTLS struct {
	Version string // TLS 1.3; empty when the handshake failed
	Issuer  string // who signed the host's certificate
	Expires time.Time
	// Own says that only the certificates of --ca-file vouch for the host.
	Own bool
	// Unlogged says that no public log of certificates vouches for it. All public CAs log theirs;
	// a private CA does not, nor a proxy that inspects TLS.
	Unlogged bool
	Public   bool // the host is a vendor's, whose certificate should come from a public CA
}

// Inspected reports whether something in between seems to read the traffic.
func (t *ReachTLS) Inspected() bool { return t != nil && t.Public && (t.Own || t.Unlogged) }

func (c *Client) spokenTLS(state *tls.ConnectionState, p Place) *ReachTLS {
	if state == nil || len(state.PeerCertificates) == 0 {
		return nil
	}
	leaf := state.PeerCertificates[0]
	return &ReachTLS{
		Version: tls.VersionName(state.Version), Issuer: issuer(leaf), Expires: leaf.NotAfter,
		Own:      c.transport.TLSClientConfig.RootCAs != nil && !systemTrusts(state),
		Unlogged: len(state.SignedCertificateTimestamps) == 0 && len(state.OCSPResponse) == 0 && !isLogged(leaf), Public: p.Public,
	}
}

// refusedTLS tells of a certificate that is not trusted, which is often that of a proxy.
func refusedTLS(err error) *ReachTLS {
	var unknown x509.UnknownAuthorityError
	var verify *tls.CertificateVerificationError
	var leaf *x509.Certificate
	switch {
	case errors.As(err, &verify) && len(verify.UnverifiedCertificates) > 0:
		leaf = verify.UnverifiedCertificates[0]
	case errors.As(err, &unknown):
		leaf = unknown.Cert
	}
	if leaf == nil {
		return nil
	}
	return &ReachTLS{Issuer: issuer(leaf), Expires: leaf.NotAfter}
}

func issuer(c *x509.Certificate) string {
	name := c.Issuer.CommonName
	if name == "" && len(c.Issuer.Organization) > 0 {
		name = c.Issuer.Organization[0]
	}
	if name == "" {
		return "a CA without a name"
	}
	return name
}

// systemTrusts reports whether the system's own CAs vouch for a host.
func systemTrusts(state *tls.ConnectionState) bool {
	between := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		between.AddCert(c)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Intermediates: between})
	return err == nil
}

// isLogged reports whether a certificate carries the receipt of a public log (RFC 6962).
func isLogged(c *x509.Certificate) bool {
	for _, e := range c.Extensions {
		if e.Id.String() == "1.3.6.1.4.1.11129.2.4.2" {
			return true
		}
	}
	return false
}

// CAFile is what stands in a file of CA certificates.
type CAFile struct {
	Certificates int
	Expired      int // of them, at the time that was given
}

// ReadCAFile counts the certificates of a PEM file.
func ReadCAFile(data []byte, now time.Time) (CAFile, error) {
	var out CAFile
	for rest := bytes.TrimSpace(data); len(rest) > 0; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return out, fmt.Errorf("certificate %d of it cannot be read", out.Certificates+1)
		}
		out.Certificates++
		if now.After(c.NotAfter) {
			out.Expired++
		}
	}
	if out.Certificates == 0 {
		return out, errors.New("it holds no certificate, expected PEM blocks that start with -----BEGIN CERTIFICATE-----")
	}
	return out, nil
}

// HasSystemRoots reports whether this machine trusts any CA at all.
func HasSystemRoots() bool {
	pool, err := x509.SystemCertPool()
	return err == nil && !pool.Equal(x509.NewCertPool())
}

package cli

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/keyfit/keyfit/internal/checks"
	"github.com/keyfit/keyfit/internal/keys"
	"github.com/keyfit/keyfit/internal/probe"
	"github.com/keyfit/keyfit/internal/provider"
	"github.com/keyfit/keyfit/internal/report"
	"github.com/keyfit/keyfit/internal/strict"
)

// certificateFile looks at a file of CA certificates that is to be trusted.
func (d *diagnosis) certificateFile(setting, name, path string) {
	f := report.Fact{Section: "certificates", Level: report.FactOK, Name: setting}
	data, err := os.ReadFile(path)
	if err != nil {
		f.Level, f.Message = report.FactError, fmt.Sprintf("%s names %s, which cannot be read", setting, strict.Path(name))
		f.Fix = "name a PEM file that this job can read"
		d.add(f)
		return
	}
	found, err := probe.ReadCAFile(data, d.Now())
	switch {
	case err != nil:
		f.Level, f.Message = report.FactError, fmt.Sprintf("%s names %s, and %s", setting, strict.Path(name), err)
		f.Fix = "name a PEM file of CA certificates"
	case found.Expired > 0 && (setting == "--ca-file" || found.Expired == found.Certificates): // a system's bundle always holds some
		f.Level = report.FactWarning
		f.Message = fmt.Sprintf("%s names %s: %s, of which %d expired", setting, strict.Path(name), counted(found.Certificates, "certificate"), found.Expired)
		f.Fix = "take the expired ones out, and see that the new ones are in"
	default:
		f.Message = fmt.Sprintf("%s names %s: %s", setting, strict.Path(name), counted(found.Certificates, "certificate"))
	}
	if setting != "--ca-file" && (runtime.GOOS == "darwin" || runtime.GOOS == "windows") {
		f.Level, f.Fix = report.FactWarning, "use --ca-file: on this system "+setting+" counts for nothing"
	}
	d.add(f)
}

// visit is a host with everyone who would ask it.
type visit struct {
	place        probe.Place
	environments []string
	providers    []string
}

// hostFacts knock at every host that a check would ask, and look at the clock.
func (d *diagnosis) hostFacts(ctx context.Context, client *probe.Client, slots []keys.Slot) {
	visits := d.visits(client, slots)
	places := make([]probe.Place, len(visits))
	for i, v := range visits {
		places[i] = v.place
	}
	var skews []time.Duration
	for i, r := range client.Reach(ctx, places) {
		d.hostFact(visits[i], r)
		if r.HasDate && r.Reason == provider.OK {
			skews = append(skews, r.Skew)
		}
	}
	d.clockFact(skews)
}

// visits lists the hosts in the order of the slots. What cannot be told without the key is said.
func (d *diagnosis) visits(client *probe.Client, slots []keys.Slot) []*visit {
	var out []*visit
	known := map[string]*visit{}
	said := map[string]bool{}
	for _, slot := range slots {
		if slot.Stranger != nil {
			continue
		}
		places, why := client.Places(question(slot))
		if id := slot.Environment + "\x00" + slot.Variable + why; why != "" && !said[id] {
			said[id] = true
			d.add(report.Fact{Section: "hosts", Level: report.FactNote, Environment: slot.Environment,
				Message: fmt.Sprintf("no host is asked about %s of %s: %s", strict.Name(slot.Variable), slot.Environment, why)})
		}
		for _, p := range places {
			v := known[p.URL.Host]
			if v == nil {
				v = &visit{place: p}
				known[p.URL.Host] = v
				out = append(out, v)
			}
			v.place.Sibling = v.place.Sibling && p.Sibling
			v.environments, v.providers = with(v.environments, slot.Environment), with(v.providers, slot.Provider.ID)
		}
	}
	return out
}

func with(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// soon is how close the end of a certificate is worth telling.
const soon = 14 * 24 * time.Hour

func (d *diagnosis) hostFact(v *visit, r probe.Reach) {
	f := report.Fact{Section: "hosts", Level: report.FactOK, Name: r.Host, Host: hostReport(v, r)}
	switch {
	case r.Reason == provider.Offline || r.Reason == provider.NotProbeable:
		f.Level, f.Message = report.FactNote, fmt.Sprintf("%s was not asked: %s", r.Host, r.Failure)
	case r.Reason != provider.OK:
		f.Level, f.Message, f.Fix = report.FactUnreachable, fmt.Sprintf("%s cannot be reached: %s", r.Host, r.Failure), checks.Advice(r.Reason)
		if v.place.Sibling {
			f.Level = report.FactWarning
			f.Message += "; it is asked only about a key that its own host rejects"
		}
	case v.place.Wire != "":
		f.Message = fmt.Sprintf("%s accepts connections (%s), in %d ms", r.Host, v.place.Wire, r.Duration.Milliseconds())
	default:
		f.Message = fmt.Sprintf("%s answers: HTTP %d, in %d ms", r.Host, r.Status, r.Duration.Milliseconds())
	}
	f.Details = append(f.Details, "for "+strings.Join(v.providers, ", ")+" in "+strings.Join(v.environments, ", "))
	switch {
	case r.Proxy != "":
		f.Details = append(f.Details, "through the proxy "+r.Proxy)
	case v.place.Wire == "" && r.Reason != provider.Offline && len(probe.ProxySettings(d.env)) > 0:
		f.Details = append(f.Details, "directly, past the proxy")
	}
	if len(r.Addresses) > 0 {
		f.Details = append(f.Details, "DNS: "+strings.Join(r.Addresses, ", "))
	}
	d.certificateDetails(&f, r)
	d.add(f)
}

// certificateDetails tell of the certificate that a host showed.
func (d *diagnosis) certificateDetails(f *report.Fact, r probe.Reach) {
	t := r.TLS
	if t == nil {
		return
	}
	left := t.Expires.Sub(d.Now())
	text := fmt.Sprintf("its certificate is by %q and ends in %s", t.Issuer, counted(int(left/(24*time.Hour)), "day"))
	if left < 0 {
		text = fmt.Sprintf("its certificate is by %q and has ended", t.Issuer)
	}
	if t.Version != "" {
		text = t.Version + "; " + text
	}
	f.Details = append(f.Details, text)
	switch {
	case t.Inspected():
		f.Level = worse(f.Level)
		f.Details = append(f.Details, "no public CA vouches for that certificate: a proxy seems to read the traffic, keys included")
		f.Fix = "have the network's owner except " + r.Host + " from inspection, or trust that proxy with the keys"
	case t.Version != "" && left < soon:
		f.Level = worse(f.Level)
		f.Fix = "have the certificate of " + r.Host + " renewed"
	case t.Own:
		f.Details = append(f.Details, "trusted because of --ca-file alone")
	}
}

// worse makes a fact that was fine a warning.
func worse(level string) string {
	if level == report.FactOK {
		return report.FactWarning
	}
	return level
}

func hostReport(v *visit, r probe.Reach) *report.Host {
	h := &report.Host{
		Environments: v.environments, Providers: v.providers, Reason: string(r.Reason), Proxy: r.Proxy, Addresses: r.Addresses,
		Status: r.Status, LatencyMS: r.Duration.Milliseconds(),
	}
	if r.TLS != nil {
		h.TLS, h.Issuer, h.Expires = r.TLS.Version, r.TLS.Issuer, r.TLS.Expires.UTC().Format(time.RFC3339)
	}
	if r.HasDate {
		seconds := int64(r.Skew.Round(time.Second) / time.Second)
		h.SkewSeconds = &seconds
	}
	return h
}

// The limits of a clock that is wrong.
const (
	maxSkew   = time.Minute     // worth telling
	fatalSkew = 5 * time.Minute // signatures and tokens are refused
)

// clockFact judges this machine's clock by the middle of what the hosts say.
func (d *diagnosis) clockFact(skews []time.Duration) {
	f := report.Fact{Section: "clock", Level: report.FactNote, Message: "no host told the time, so this machine's clock could not be compared"}
	if n := len(skews); n > 0 {
		slices.Sort(skews)
		skew := skews[n/2]
		off := skew.Abs().Round(time.Second)
		way := "behind"
		if skew < 0 {
			way = "ahead of"
		}
		f.Message = fmt.Sprintf("this machine's clock is %s %s that of %s", off, way, counted(n, "host"))
		switch {
		case off > fatalSkew:
			f.Level = report.FactError
		case off > maxSkew:
			f.Level = report.FactWarning
		default:
			f.Level, f.Message = report.FactOK, fmt.Sprintf("this machine's clock agrees with that of %s, within a minute", counted(n, "host"))
		}
		if f.Level != report.FactOK {
			f.Fix = "set the clock (NTP): tokens and signed requests, such as JWT and AWS's, are refused when it is five minutes off"
		}
	}
	d.add(f)
}

package report

import (
	"encoding/json"
	"io"
	"time"
)

// Evidence is what `check --evidence FILE` writes for the support of an API's vendor. It holds
// what the vendor's API was asked and answered, and nothing of the repository: no names of
// environments, consumers and variables, no places in files, no fingerprints, no proxy.
type Evidence struct {
	SchemaVersion int            `json:"schema_version" doc:"always 1"`
	Tool          Tool           `json:"tool" doc:"what wrote the packet"`
	Started       string         `json:"started" doc:"when the run began: RFC 3339, UTC"`
	Note          string         `json:"note" doc:"what the packet holds, and what it does not"`
	Cases         []EvidenceCase `json:"cases" doc:"one for each key that was asked about and not accepted"`
}

// EvidenceCase is one key that an API did not accept, or about which nothing could be learned.
type EvidenceCase struct {
	API           string          `json:"api" doc:"whose API it is"`
	Documentation string          `json:"documentation,omitempty" doc:"the vendor's page about authentication"`
	KeyKind       string          `json:"key_kind,omitempty" doc:"what the vendor calls such a key"`
	KeyHint       string          `json:"key_hint,omitempty" doc:"the key as the vendor itself shows it in its list of keys"`
	Outcome       string          `json:"outcome" enum:"passed,failed,unverified" doc:"what keyfit makes of it"`
	Reason        string          `json:"reason" doc:"the stable word that this rests on"`
	Conclusion    string          `json:"conclusion" doc:"the same in a sentence"`
	Request       Request         `json:"request" doc:"what was asked and answered"`
	Proxy         bool            `json:"proxy" doc:"a proxy stood on the way"`
	OwnCA         bool            `json:"own_ca" doc:"CA files of one's own are trusted beside or instead of the system's"`
	Rungs         Rungs           `json:"rungs" doc:"how far the key gets"`
	Identity      Identity        `json:"identity" doc:"whose key it is, as the API told"`
	Tried         []EvidenceTrial `json:"tried" doc:"every request, in order"`
}

// EvidenceTrial is one request of a case.
type EvidenceTrial struct {
	What    string  `json:"what" doc:"what it was for"`
	Reason  string  `json:"reason" doc:"what it came to"`
	Request Request `json:"request" doc:"what was asked and answered"`
}

// EvidenceInput is everything that an Evidence is built from.
type EvidenceInput struct {
	Document Document
	All      bool                                      // of the keys that were accepted too
	API      func(provider string) (name, docs string) // how a provider is called, and its vendor's page
	Via      func(host string) bool                    // whether a proxy stands on the way to a host
	OwnCA    bool
}

// evidenceNote is told in every packet.
const evidenceNote = "For the support of the API's vendor. It holds no key and no fingerprint of one, and no name out of the repository: " +
	"only what the API was asked, what it answered, and whose key it says this is. Host and path are those of the request itself."

// BuildEvidence makes the packet, and lists for each of its cases the slots that it is about:
// those are for the user, and not part of it.
func BuildEvidence(in EvidenceInput) (e Evidence, slots [][]string) {
	e = Evidence{
		SchemaVersion: SchemaVersion, Tool: in.Document.Tool, Started: in.Document.Started, Note: evidenceNote, Cases: []EvidenceCase{},
	}
	known := map[string]int{}
	for _, s := range in.Document.Slots {
		if s.Request.Attempts == 0 || s.Outcome == Passed && !in.All {
			continue
		}
		c := in.evidenceCase(s)
		same, _ := json.Marshal(c) // texts and numbers: nothing that cannot be encoded
		i, ok := known[string(same)]
		if !ok {
			i = len(e.Cases)
			known[string(same)] = i
			e.Cases, slots = append(e.Cases, c), append(slots, nil)
		}
		slots[i] = append(slots[i], s.title())
	}
	cleanAll(&e)
	return e, slots
}

func (in EvidenceInput) evidenceCase(s Slot) EvidenceCase {
	c := EvidenceCase{
		KeyKind: s.Kind, KeyHint: s.KeyHint, Outcome: s.Outcome, Reason: s.Reason, Conclusion: conclusion(s),
		Request: s.Request, OwnCA: in.OwnCA, Rungs: s.Rungs, Identity: s.Identity, Tried: trials(s),
	}
	if in.API != nil {
		c.API, c.Documentation = in.API(s.Provider)
	}
	if c.API == "" {
		c.API = s.Request.Host
	}
	if in.Via != nil {
		c.Proxy = in.Via(s.Request.Host)
	}
	return c
}

// conclusion is the doubt of a slot, or what was found, without a name out of the repository.
func conclusion(s Slot) string {
	text := doubt(Slot{State: s.State, Reason: s.Reason, Says: s.Says, Request: s.Request, Causes: s.Causes, Unconfirmed: s.Unconfirmed})
	if s.Permission != "" {
		text += ": " + s.Permission
	}
	if s.Elsewhere != nil {
		text += ": another host of the same API accepts it"
	}
	if s.OpenEndpoint {
		text += ": a random key is accepted as well"
	}
	return text
}

// trials lists the requests of a slot. Those that rest on names of environments lose them.
func trials(s Slot) []EvidenceTrial {
	asked := s.Asked
	if len(asked) == 0 {
		asked = []Asked{{What: "key", Reason: s.Reason, Request: s.Request}}
	}
	out := make([]EvidenceTrial, 0, len(asked)+1)
	for _, a := range asked {
		out = append(out, EvidenceTrial{What: trialText(a), Reason: a.Reason, Request: a.Request})
	}
	if k := s.Control; k != nil && k.Request.Attempts > 0 {
		out = append(out, EvidenceTrial{What: "the same question about another key, which is known to be good", Reason: k.Reason, Request: k.Request})
	}
	return out
}

func trialText(a Asked) string {
	switch a.What {
	case "step":
		return "a further request about the key (" + a.Step + ")"
	case "elsewhere":
		return "the key at another host of the same API"
	case "control-request":
		return "the same request with a random key"
	}
	return "the key"
}

// WriteEvidence writes the packet as Markdown, or as JSON.
func WriteEvidence(w io.Writer, e Evidence, asJSON bool) error {
	if asJSON {
		return encode(w, e)
	}
	_, err := io.WriteString(w, e.markdown())
	return err
}

// moment writes a time as people read it.
func moment(stamp string) string {
	t, err := time.Parse(time.RFC3339, stamp)
	if err != nil {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05") + " UTC"
}

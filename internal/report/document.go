// Package report turns what a run found into what people and machines read.
//
// Everything starts from two plain structures: [Document], the answer of `check`, and
// [Resolved], the answer of `resolve`. They hold no key, only fingerprints, so they can
// be saved, merged and rendered again later. Each output format stands in a file of its
// own and works from these structures alone.
//
// Names that come out of an API's answer are written by strangers. Every string is
// therefore cleaned once, on the way into a Document (see [Clean]), and escaped again
// by each format in the way that the format needs.
package report

// SchemaVersion is the version of the JSON structures. Fields may be added within one
// version; none is renamed or changes meaning.
const SchemaVersion = 1

// Document is the answer of `keyfit check`, as `--format json` prints it.
type Document struct {
	SchemaVersion int          `json:"schema_version" doc:"always 1"`
	Tool          Tool         `json:"tool" doc:"what wrote the report"`
	Started       string       `json:"started" doc:"when the run began: RFC 3339, UTC"`
	DurationMS    int64        `json:"duration_ms" doc:"how long the run took, in milliseconds"`
	Summary       Summary      `json:"summary" doc:"the counts; passed, failed and unverified add up to slots"`
	Slots         []Slot       `json:"slots" doc:"every key variable of every consumer in every environment"`
	Findings      []Finding    `json:"findings" doc:"what is wrong, worst first"`
	Unverified    []Unverified `json:"unverified" doc:"the slots that could be neither passed nor failed"`
	Problems      []Problem    `json:"problems" doc:"files that could not be read or understood"`
	Ignored       []Ignored    `json:"ignored" doc:"findings that the configuration or a comment silences, with the reasons"`
	Environments  []string     `json:"environments,omitempty" doc:"the names of the environments that were looked at, also of those without a key"`

	FingerprintKey *FingerprintKey `json:"fingerprint_key,omitempty" doc:"what the fingerprints were made with: whether those of two reports can be compared"`
	ReuseAllowed   bool            `json:"reuse_allowed,omitempty" doc:"the configuration lets one key serve several environments"`
	Shard          *Shard          `json:"shard,omitempty" doc:"of a run with --shard: which part of the slots this is"`
	Incomplete     []ShardSet      `json:"incomplete,omitempty" doc:"of a merged report: runs with --shard of which parts are missing"`
	Unseen         []Unseen        `json:"unseen,omitempty" doc:"of a merged report: where one of its sources shows no key, whatever the others show"`
	Repository     string          `json:"repository,omitempty" doc:"the address of the repository's origin, without a user and a password; left out when it is not known, or of a merged report when there are several"`
	Notes          []string        `json:"notes,omitempty" doc:"what else has to be known of this run, or of the sources of a merged report"`
}

// Tool names the program that wrote a report.
type Tool struct {
	Name    string `json:"name" doc:"keyfit"`
	Version string `json:"version" doc:"of the program; empty in a build from source"`
}

// Summary counts.
type Summary struct {
	Environments int `json:"environments" doc:"environments that were looked at"`
	Slots        int `json:"slots" doc:"key slots in all of them"`
	Passed       int `json:"passed" doc:"slots whose key fits"`
	Failed       int `json:"failed" doc:"slots whose key does not fit"`
	Unverified   int `json:"unverified" doc:"slots that could be neither passed nor failed"`
	Errors       int `json:"errors" doc:"findings of severity error"`
	Warnings     int `json:"warnings" doc:"findings of severity warning"`
	Notes        int `json:"notes" doc:"findings of severity note"`
}

// The outcomes of a slot.
const (
	Passed    = "passed"
	Failed    = "failed"
	Unsettled = "unverified"
)

// Slot is one key variable of one consumer in one environment.
type Slot struct {
	ID           string        `json:"id,omitempty" doc:"names this slot in this report and in those of other runs: findings refer to it"`
	Environment  string        `json:"environment" doc:"where the deploy goes"`
	Consumer     string        `json:"consumer" doc:"what receives the variable"`
	Container    string        `json:"container" doc:"of a workload with containers; else empty"`
	Variable     string        `json:"variable" doc:"the variable's name"`
	Provider     string        `json:"provider" doc:"whose key it is; empty when nobody knows"`
	Kind         string        `json:"kind" doc:"what the vendor calls such a key"`
	State        string        `json:"state" enum:"known,absent,unknown" doc:"what is known of the value"`
	Fingerprint  string        `json:"fingerprint" doc:"of a known value: equal values have equal fingerprints"`
	Rungs        Rungs         `json:"rungs" doc:"the five steps that a gateway takes with a key"`
	Reason       string        `json:"reason" doc:"the stable word that the outcome rests on"`
	Identity     Identity      `json:"identity" doc:"whose key it is, as far as the API told"`
	Request      Request       `json:"request" doc:"what was asked and answered; attempts is 0 when nothing was sent"`
	Trail        []Hop         `json:"trail" doc:"the journey of the value, origin first"`
	Shadowed     []Definition  `json:"shadowed" doc:"definitions that lost, strongest first"`
	Outcome      string        `json:"outcome" enum:"passed,failed,unverified" doc:"what became of the slot"`
	ConsumerKind string        `json:"consumer_kind" doc:"kubernetes, compose, ci-step, process, …"`
	Namespace    string        `json:"namespace,omitempty" doc:"of a Kubernetes object"`
	Also         []Consumer    `json:"also,omitempty" doc:"further consumers that receive the very same value"`
	Alternatives []Alternative `json:"alternatives,omitempty" doc:"of an ambiguous value: every candidate"`
	ValueReason  string        `json:"value_reason,omitempty" doc:"of an unknown value: why it is unknown"`
	ValueNeeds   string        `json:"value_needs,omitempty" doc:"of an unknown value: what would make it known"`
	Says         string        `json:"says,omitempty" doc:"what the vendor means by its answer"`
	Causes       []string      `json:"causes,omitempty" doc:"of an ambiguous answer: what it may be"`
	Permission   string        `json:"permission,omitempty" doc:"of a missing permission: which one"`
	Elsewhere    *Elsewhere    `json:"elsewhere,omitempty" doc:"the environment whose API accepts a key that its own rejects"`
	OpenEndpoint bool          `json:"open_endpoint,omitempty" doc:"the API accepted a random key too"`
	Doubt        string        `json:"doubt,omitempty" doc:"what could not be told of an accepted key: whether the API checks keys at all, what further requests would have told"`
	Unconfirmed  []string      `json:"unconfirmed,omitempty" doc:"of an accepted key: what is expected of it and was not told, and why; its outcome is unverified and its reason not_probeable"`
	File         bool          `json:"file,omitempty" doc:"the variable is a file, and its name the absolute path"`
	DecidedBy    []Hop         `json:"decided_by,omitempty" doc:"what chose this value among others, such as the condition of a template"`
	Reference    *Reference    `json:"reference,omitempty" doc:"where a secret store keeps the text"`
	Asked        []Asked       `json:"asked,omitempty" doc:"every request that the outcome rests on, in order; left out when it is the one of request"`
	KeyHint      string        `json:"key_hint,omitempty" doc:"the key as its vendor itself shows it in a list of keys; left out unless it did"`
	Control      *Control      `json:"control,omitempty" doc:"what became of the control key, one that is known to be good, at the same host; left out when there is none, or none was needed"`
}

// Reference is a place in a secret store outside the repository.
type Reference struct {
	Store    string `json:"store" doc:"the kind of store: aws-secretsmanager, vault, …"`
	Name     string `json:"name,omitempty" doc:"which of these stores, as the repository calls it"`
	Path     string `json:"path,omitempty" doc:"the entry"`
	Property string `json:"property,omitempty" doc:"within the entry"`
	Version  string `json:"version,omitempty" doc:"of the entry"`
}

// Rungs holds pass, fail or unverified for each step, lowest first.
type Rungs struct {
	Format     string `json:"format" enum:"pass,fail,unverified" doc:"the text has the form of such a key"`
	Known      string `json:"known" enum:"pass,fail,unverified" doc:"the API knows the key"`
	Linked     string `json:"linked" enum:"pass,fail,unverified" doc:"somebody stands behind it"`
	Active     string `json:"active" enum:"pass,fail,unverified" doc:"that owner and its plan are active"`
	Authorised string `json:"authorised" enum:"pass,fail,unverified" doc:"it may do what the deploy needs"`
}

// Identity is whose key it is. Empty fields were not told.
type Identity struct {
	Principal Principal `json:"principal" doc:"the user, service account or project behind the key"`
	Account   string    `json:"account" doc:"account, project or organisation"`
	Tenant    string    `json:"tenant" doc:"tenant"`
	Mode      string    `json:"mode" doc:"test, live, or the vendor's own word"`
	Scopes    []string  `json:"scopes" doc:"what the key may do"`
	Expires   string    `json:"expires" doc:"RFC 3339, UTC; empty when not told"`
	Created   string    `json:"created,omitempty" doc:"RFC 3339, UTC"`
	Active    *bool     `json:"active,omitempty" doc:"whether the principal is active"`
	Admin     bool      `json:"admin,omitempty" doc:"the key has administrator's rights"`
}

// Principal is who stands behind a key.
type Principal struct {
	ID   string `json:"id" doc:"the vendor's id"`
	Name string `json:"name" doc:"the vendor's name"`
	Kind string `json:"kind" doc:"person, service, project, …"`
}

// Request is what was asked and answered, without anything secret.
type Request struct {
	Method     string `json:"method" doc:"of the request; empty when nothing was sent"`
	Host       string `json:"host" doc:"who was asked"`
	Path       string `json:"path" doc:"without the query"`
	Status     int    `json:"status" doc:"of the answer; 0 without one"`
	Code       string `json:"code" doc:"the vendor's error code"`
	RequestID  string `json:"request_id" doc:"what the vendor's support asks for"`
	Attempts   int    `json:"attempts" doc:"how often it was sent"`
	DurationMS int64  `json:"duration_ms" doc:"in milliseconds"`
	Failure    string `json:"failure,omitempty" doc:"what went wrong when no answer came"`
	At         string `json:"at,omitempty" doc:"when it was first sent: RFC 3339, UTC"`
}

// Asked is one of the requests that an outcome rests on.
type Asked struct {
	What        string  `json:"what" enum:"key,step,elsewhere,control-request" doc:"the key where it belongs, a further request about it, the key at another environment's host, or the request with a random key"`
	Step        string  `json:"step,omitempty" doc:"of a further request: its name"`
	Environment string  `json:"environment,omitempty" doc:"of another environment's host: which one"`
	Reason      string  `json:"reason" doc:"what it came to"`
	Request     Request `json:"request" doc:"what was asked and answered"`
}

// Control is what became of a key that is known to be good.
type Control struct {
	State    string  `json:"state" enum:"passed,failed,unverified,absent" doc:"absent: its variable is not set"`
	Variable string  `json:"variable" doc:"of keyfit's own process, which holds it"`
	Reason   string  `json:"reason" doc:"the stable word that this rests on"`
	Says     string  `json:"says,omitempty" doc:"what the vendor means by its answer"`
	Request  Request `json:"request" doc:"what was asked and answered; attempts is 0 when nothing was sent"`
}

// Elsewhere is the environment whose API accepts a key that its own one rejects.
type Elsewhere struct {
	Environment string   `json:"environment" doc:"where the key is accepted"`
	Identity    Identity `json:"identity" doc:"whose key it is there"`
	Request     Request  `json:"request" doc:"what was asked there"`
}

// At is a place in a file. File is empty for what comes from no file.
type At struct {
	File   string `json:"file" doc:"slash-separated, relative to the repository's root"`
	Line   int    `json:"line" doc:"1-based; 0 when the place has none"`
	Column int    `json:"column" doc:"1-based, in code points; 0 when the place has none"`
}

// Hop is one stop of a value's journey.
type Hop struct {
	At      At     `json:"at" doc:"where"`
	Kind    string `json:"kind" doc:"dotenv, shell, helm, …"`
	What    string `json:"what" doc:"what stands there; never the value"`
	Literal bool   `json:"literal,omitempty" doc:"the text itself stands here"`
}

// Definition is one definition that lost.
type Definition struct {
	At          At     `json:"at" doc:"where"`
	Kind        string `json:"kind" doc:"dotenv, shell, helm, …"`
	What        string `json:"what" doc:"what stands there; never the value"`
	Fingerprint string `json:"fingerprint" doc:"of its value, when that is known"`
	State       string `json:"state,omitempty" enum:"known,absent,unknown" doc:"what is known of its value"`
	Reason      string `json:"reason,omitempty" doc:"of an unknown value: why it is unknown"`
}

// Alternative is one candidate of an ambiguous value.
type Alternative struct {
	State       string `json:"state" enum:"known,absent,unknown" doc:"what is known of the candidate"`
	Fingerprint string `json:"fingerprint" doc:"of a known candidate"`
	Reason      string `json:"reason" doc:"of an unknown candidate: why"`
	Needs       string `json:"needs" doc:"of an unknown candidate: what would make it known"`
	Trail       []Hop  `json:"trail" doc:"its journey, origin first"`
}

// Consumer names one receiver.
type Consumer struct {
	Kind      string `json:"kind" doc:"kubernetes, compose, ci-step, process, …"`
	Namespace string `json:"namespace,omitempty" doc:"of a Kubernetes object"`
	Workload  string `json:"workload" doc:"the service, job/step, function or command"`
	Container string `json:"container,omitempty" doc:"of a workload with containers"`
}

// Finding is one thing wrong.
type Finding struct {
	ID          string    `json:"id" doc:"such as K304"`
	Name        string    `json:"name" doc:"such as owner-inactive"`
	Severity    string    `json:"severity" enum:"error,warning,note" doc:"how much it weighs"`
	Environment string    `json:"environment" doc:"of the slot"`
	Consumer    string    `json:"consumer" doc:"of the slot"`
	Variable    string    `json:"variable" doc:"of the slot"`
	At          At        `json:"at" doc:"where to mend it"`
	Message     string    `json:"message" doc:"what is wrong"`
	Fix         string    `json:"fix" doc:"what to do"`
	Related     []Related `json:"related" doc:"other places that belong to it"`
	Help        string    `json:"help" doc:"its manual page"`
	Container   string    `json:"container,omitempty" doc:"of the slot"`
	Slots       []string  `json:"slots,omitempty" doc:"the ids of the slots that it is about; several where it says the very same of each"`
}

// Related is another place that belongs to a finding.
type Related struct {
	At      At     `json:"at" doc:"where"`
	Message string `json:"message" doc:"what is there"`
}

// Unverified is a slot that could be neither passed nor failed.
type Unverified struct {
	Environment string `json:"environment" doc:"of the slot"`
	Consumer    string `json:"consumer" doc:"of the slot"`
	Variable    string `json:"variable" doc:"of the slot"`
	Reason      string `json:"reason" doc:"the stable word"`
	Message     string `json:"message" doc:"the same in a sentence"`
	Container   string `json:"container,omitempty" doc:"of the slot"`
	Ignored     bool   `json:"ignored,omitempty" doc:"the configuration says that this is accepted"`
	Slot        string `json:"slot,omitempty" doc:"the id of the slot"`
}

// Problem is something that could not be read or understood.
type Problem struct {
	At      At     `json:"at" doc:"where"`
	Message string `json:"message" doc:"what was expected"`
	Fix     string `json:"fix,omitempty" doc:"what to do"`
}

// Ignored is a finding that the configuration or a comment silences.
type Ignored struct {
	Finding Finding `json:"finding" doc:"what was found"`
	Reason  string  `json:"reason" doc:"why it is accepted"`
	Expires string  `json:"expires" doc:"until when: a day such as 2027-01-31"`
	Source  string  `json:"source" enum:"config,comment" doc:"where that is said: under ignore in keyfit.yaml, or in a comment"`
	At      At      `json:"at" doc:"the place of that entry or comment"`
}

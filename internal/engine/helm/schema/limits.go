package schema

// Limits. What goes beyond them is not known.
const (
	maxBytes      = 8 << 20  // of a schema
	maxRoom       = 32 << 20 // bytes of the pointers to all subschemas together
	maxNesting    = 256      // of subschemas within each other
	maxLevels     = 1000     // of rules that apply within each other
	maxSteps      = 4 << 20  // of one validation
	maxPatterns   = 2 << 20  // size of all patterns, with what they repeat
	maxDigits     = 400      // of a number
	maxViolations = 50
)

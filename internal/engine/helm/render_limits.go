package helm

// Limits. What goes beyond them is a problem, and what depends on it is not known.
const (
	maxText    = 16 << 20  // bytes of one text
	maxWritten = 256 << 20 // bytes that all templates of a chart write, texts within texts included
	maxSteps   = 4 << 20   // actions and function calls
	maxNodes   = 1 << 20   // values that one function looks at
	maxLevels  = 2000      // of a value
	maxNested  = 1000      // calls of one template within itself, as in Helm
	maxForks   = 10        // conditions that nobody can decide, within each other
	maxDepth   = 3000      // templates within templates
)

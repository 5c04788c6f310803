package azure

import "github.com/keyfit/keyfit/internal/pipeline/tree"

// answer is what a condition gives.
type answer = tree.Answer

const (
	maybe = tree.Maybe
	no    = tree.No
	yes   = tree.Yes
)

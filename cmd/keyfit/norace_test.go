//go:build !race

package main

// slack is how much slower than in a release everything is.
const slack = 1

//go:build race

package main

// slack is how much slower the race detector makes everything.
const slack = 8

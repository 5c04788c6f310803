// Package order sorts lists.
package order

import (
	"cmp"
	"slices"
)

// By sorts list by compare, which tells as [cmp.Compare] does how two elements stand to each
// other. Elements that compare as equal keep their order.
//
// The sorts of the standard library are compiled anew for every type of element, about 15 kB
// of program for each. Here the places are sorted, which are numbers for all of them.
func By[T any](list []T, compare func(a, b T) int) {
	if len(list) < 2 {
		return
	}
	places := make([]int, len(list))
	for i := range places {
		places[i] = i
	}
	slices.SortFunc(places, func(i, j int) int { return cmp.Or(compare(list[i], list[j]), i-j) })
	before := slices.Clone(list)
	for i, place := range places {
		list[i] = before[place]
	}
}

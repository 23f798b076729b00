// Package near finds the name that was probably meant by one that does not exist.
package near

// lettersMax bounds the work on what a user may have pasted.
const lettersMax = 64

// Name gives the known name nearest to what was typed; empty when none is near. A name of which it is the beginning
// counts as near.
func Name(typed string, known []string) string {
	best, bestCost := "", len(typed)/3+2
	for _, name := range known {
		cost := distance(typed, name)
		if len(typed) > 0 && len(typed) < len(name) && name[:len(typed)] == typed {
			cost = 1
		}
		if cost < bestCost {
			best, bestCost = name, cost
		}
	}
	return best
}

// distance is the number of letters to change, add or drop between a and b (Levenshtein).
func distance(a, b string) int {
	if len(a) > lettersMax {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

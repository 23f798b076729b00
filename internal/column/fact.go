package column

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"ptop/detect"
	"ptop/internal/sanitize"
)

// Fact says one fact: "oldest dead 7.6s", "sigchld blocked: no". The unit in the key decides the form.
func Fact(e *detect.Evidence) string {
	name := strings.ReplaceAll(e.Key, "_", " ")
	figure, isFigure := asFigure(e.Value)
	switch {
	case isFigure && strings.HasSuffix(e.Key, "_seconds"):
		return strings.TrimSuffix(name, " seconds") + " " + FormatSeconds(figure)
	case isFigure && strings.HasSuffix(e.Key, "_bytes"):
		return strings.TrimSuffix(name, " bytes") + " " + FormatBytes(figure)
	case isFigure && strings.HasSuffix(e.Key, "_percent"):
		return strings.TrimSuffix(name, " percent") + " " + FormatPercent(figure) + " %"
	case isFigure && strings.HasSuffix(e.Key, "_per_s"):
		return strings.TrimSuffix(name, " per s") + " " + FormatRate(figure) + "/s"
	}
	switch v := e.Value.(type) {
	case bool:
		if v {
			return name + ": yes"
		}
		return name + ": no"
	case float64:
		return name + " " + strconv.FormatFloat(math.Round(100*v)/100, 'f', -1, 64)
	case []string:
		return name + " " + sanitize.Text(strings.Join(v, ", "))
	}
	return name + " " + sanitize.Text(fmt.Sprint(e.Value))
}

func asFigure(value any) (float64, bool) {
	switch v := value.(type) {
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, true
	case time.Duration:
		return v.Seconds(), true
	}
	return 0, false
}

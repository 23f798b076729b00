package column

import (
	"strconv"
	"time"

	"ptop/internal/sanitize"
)

// Absence is what a person reads where a value is unknown.
const Absence = "-"

// Format gives the value as a person reads it, sanitised; "-" for an absent one.
func (c *Column) Format(v Value) string {
	switch v.Kind {
	case Int:
		return c.formatFigure(float64(v.Int), v.Int)
	case Float:
		return c.formatFigure(v.Float, int64(v.Float))
	case Text:
		return sanitize.Text(Spaced(v.Text))
	case Time:
		return Clock(v.Time)
	case Bool:
		if v.Int != 0 {
			return "yes"
		}
		return "no"
	}
	return Absence
}

func (c *Column) formatFigure(f float64, n int64) string {
	switch c.Unit {
	case Bytes, BytesPerS:
		return FormatBytes(f)
	case Percent:
		return FormatPercent(f)
	case PerSecond:
		return FormatRate(f)
	case Seconds:
		return FormatSeconds(f)
	case Count:
		return formatCount(n)
	}
	return strconv.FormatInt(n, 10)
}

// FormatBytes gives a number of bytes in at most five characters: 0, 512, 18M, 1.2G (units of 1024).
func FormatBytes(f float64) string { return scaled(f, 1024, "KMGTPE") }

// FormatRate gives a figure a second in at most five characters: 0, 0.3, 61, 9999, 41k, 1.2M (units of 1000).
func FormatRate(f float64) string {
	switch {
	case f == 0:
		return "0"
	case f < 9.95:
		return strconv.FormatFloat(f, 'f', 1, 64)
	case f < 9999.5:
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return scaled(f, 1000, "kMGTPE")
}

func formatCount(n int64) string {
	if n > -10000 && n < 10000 {
		return strconv.FormatInt(n, 10)
	}
	return scaled(float64(n), 1000, "kMGTPE")
}

// scaled divides by step until at most three digits stand before the point, and gives one after it below ten.
func scaled(f, step float64, units string) string {
	unit := -1
	for (f >= 999.5 || f <= -999.5) && unit < len(units)-1 {
		f /= step
		unit++
	}
	if unit < 0 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	digits := 0
	if f < 9.95 && f > -9.95 {
		digits = 1
	}
	return strconv.FormatFloat(f, 'f', digits, 64) + units[unit:unit+1]
}

// FormatPercent gives one decimal, none from 1000 on.
func FormatPercent(f float64) string {
	if f >= 999.95 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'f', 1, 64)
}

// FormatSeconds gives a duration in its two largest units: 0s, 3.2s, 42s, 7m12s, 3h05m, 12d04h.
func FormatSeconds(f float64) string {
	switch {
	case f <= 0:
		return "0s"
	case f < 9.95:
		return strconv.FormatFloat(f, 'f', 1, 64) + "s"
	case f >= 1e14: // beyond any clock
		return scaled(f/86400, 1000, "kMGTPE") + "d"
	}
	s := int64(f + 0.5)
	switch {
	case s < 60:
		return strconv.FormatInt(s, 10) + "s"
	case s < 3600:
		return pair(s/60, "m", s%60, "s")
	case s < 86400:
		return pair(s/3600, "h", s%3600/60, "m")
	}
	return pair(s/86400, "d", s%86400/3600, "h")
}

// FormatDuration is FormatSeconds of a Duration.
func FormatDuration(d time.Duration) string { return FormatSeconds(d.Seconds()) }

func pair(large int64, largeUnit string, small int64, smallUnit string) string {
	pad := ""
	if small < 10 {
		pad = "0"
	}
	return strconv.FormatInt(large, 10) + largeUnit + pad + strconv.FormatInt(small, 10) + smallUnit
}

// Clock gives a time as a person reads it: date and time of day, local.
func Clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

package column

import "ptop/pcb"

var inputOutput = []*Column{
	{
		ID: "read_bytes_per_s", Title: "READ/s", Group: "io", Kind: Float, Unit: BytesPerS, Width: 7, Sum: true,
		Help:  "bytes a second read from storage (/proc/PID/io read_bytes)",
		Value: ofRates(func(r *pcb.Rates) float64 { return r.ReadBytes }),
	}, {
		ID: "write_bytes_per_s", Title: "WRITE/s", Group: "io", Kind: Float, Unit: BytesPerS, Width: 7, Sum: true,
		Help:  "bytes a second written to storage (/proc/PID/io write_bytes)",
		Value: ofRates(func(r *pcb.Rates) float64 { return r.WriteBytes }),
	}, {
		ID: "read_chars_bytes_per_s", Title: "RCH/s", Group: "io", Kind: Float, Unit: BytesPerS, Width: 7, Sum: true,
		Help:  "bytes a second through read calls, from storage or not (/proc/PID/io rchar)",
		Value: ofRates(func(r *pcb.Rates) float64 { return r.ReadChars }),
	}, {
		ID: "write_chars_bytes_per_s", Title: "WCH/s", Group: "io", Kind: Float, Unit: BytesPerS, Width: 7, Sum: true,
		Help:  "bytes a second through write calls (/proc/PID/io wchar)",
		Value: ofRates(func(r *pcb.Rates) float64 { return r.WriteChars }),
	}, {
		ID: "read_calls_per_s", Title: "RDC/s", Group: "io", Kind: Float, Unit: PerSecond, Width: 6, Sum: true,
		Help:  "read calls a second (/proc/PID/io syscr)",
		Value: ofRates(func(r *pcb.Rates) float64 { return r.ReadCalls }),
	}, {
		ID: "write_calls_per_s", Title: "WRC/s", Group: "io", Kind: Float, Unit: PerSecond, Width: 6, Sum: true,
		Help:  "write calls a second (/proc/PID/io syscw)",
		Value: ofRates(func(r *pcb.Rates) float64 { return r.WriteCalls }),
	}, {
		ID: "read_bytes", Title: "READ", Group: "io", Kind: Int, Unit: Bytes, Width: 6, Sum: true,
		Help:  "bytes read from storage (/proc/PID/io read_bytes)",
		Value: onlyProc(pcb.FieldIO, func(p *pcb.Process) Value { return counter(p.ReadBytes) }),
	}, {
		ID: "write_bytes", Title: "WRITE", Group: "io", Kind: Int, Unit: Bytes, Width: 6, Sum: true,
		Help:  "bytes written to storage (/proc/PID/io write_bytes)",
		Value: onlyProc(pcb.FieldIO, func(p *pcb.Process) Value { return counter(p.WriteBytes) }),
	}, {
		ID: "read_chars_bytes", Title: "RCH", Group: "io", Kind: Int, Unit: Bytes, Width: 6, Sum: true,
		Help:  "bytes through read calls (/proc/PID/io rchar)",
		Value: onlyProc(pcb.FieldIO, func(p *pcb.Process) Value { return counter(p.ReadChars) }),
	}, {
		ID: "write_chars_bytes", Title: "WCH", Group: "io", Kind: Int, Unit: Bytes, Width: 6, Sum: true,
		Help:  "bytes through write calls (/proc/PID/io wchar)",
		Value: onlyProc(pcb.FieldIO, func(p *pcb.Process) Value { return counter(p.WriteChars) }),
	}, {
		ID: "read_calls", Title: "RDC", Group: "io", Kind: Int, Unit: Count, Width: 6, Sum: true,
		Help:  "read calls (/proc/PID/io syscr)",
		Value: onlyProc(pcb.FieldIO, func(p *pcb.Process) Value { return counter(p.ReadCalls) }),
	}, {
		ID: "write_calls", Title: "WRC", Group: "io", Kind: Int, Unit: Count, Width: 6, Sum: true,
		Help:  "write calls (/proc/PID/io syscw)",
		Value: onlyProc(pcb.FieldIO, func(p *pcb.Process) Value { return counter(p.WriteCalls) }),
	}, {
		ID: "fds", Title: "FD", Group: "io", Kind: Int, Unit: Count, Width: 5, Sum: true,
		Help:  "open descriptors (size of /proc/PID/fd; before Linux 6.2 counted), of one that rested since as when it was last counted",
		Value: onlyProc(pcb.FieldFDs, func(p *pcb.Process) Value { return counter(uint64(p.FDs)) }),
	},
}

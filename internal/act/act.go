// Package act does things to processes: it signals them and changes their settings. What is acted on is bound by identity first, so that
// it reaches those who were meant or nobody.
package act

import "errors"

// ErrEnded is within the error of an Outcome whose process has ended.
var ErrEnded = errors.New("the process has ended")

// ErrZombie is within the error of an Outcome whose process is dead and not yet waited for.
var ErrZombie = errors.New("the process is a zombie, it is already dead")

package ui

import "github.com/gdamore/tcell/v2"

// index is an entry of the 256-colour palette. From 16 on they are the same on every terminal, as the named ones below are
// not.
func index(n int) tcell.Color { return tcell.PaletteColor(n) }

var black, white = index(16), index(231)

// balanced is for a background that nobody told: its colours are of a middling lightness, and stand out from black as from
// white.
var balanced = newTheme("default", palette{
	roleTitle: {index(32), none, tcell.AttrBold}, roleHead: {black, index(34), 0},
	roleHeadSort: {black, index(44), tcell.AttrBold}, roleCursor: {black, index(37), 0},
	roleDim: {index(243), none, 0}, roleTag: {index(99), none, tcell.AttrBold}, roleKey: {none, none, tcell.AttrBold},
	roleHint: {black, index(73), 0}, roleGood: {index(28), none, 0}, roleInfo: {index(31), none, 0},
	roleWarning: {index(136), none, tcell.AttrBold}, roleCritical: {index(196), none, tcell.AttrBold},
	roleRunning: {index(64), none, tcell.AttrBold}, roleWaiting: {index(164), none, tcell.AttrBold},
	roleStopped: {index(130), none, 0}, roleZombie: {index(161), none, tcell.AttrBold}, roleKernel: {index(66), none, 0},
	roleBarUser: {index(28), none, 0}, roleBarSystem: {index(160), none, 0}, roleBarOther: {index(31), none, 0},
	roleBarWait: {index(244), none, 0}, roleBarMemory: {index(28), none, 0}, roleBarCache: {index(136), none, 0},
	roleFrame: {index(30), none, 0}, roleStrong: {none, none, tcell.AttrBold},
	roleOwn: {index(31), none, tcell.AttrBold}, roleBorn: {index(29), none, 0}, roleDead: {index(161), none, 0}, roleOrphan: {index(166), none, 0},
}, sixteen)

// light is for a white background.
var light = newTheme("light", palette{
	roleTitle: {index(18), none, tcell.AttrBold}, roleHead: {white, index(18), 0},
	roleHeadSort: {white, index(90), tcell.AttrBold}, roleCursor: {white, index(25), 0},
	roleDim: {index(243), none, 0}, roleTag: {index(90), none, tcell.AttrBold}, roleKey: {none, none, tcell.AttrBold},
	roleHint: {black, index(252), 0}, roleGood: {index(28), none, 0}, roleInfo: {index(24), none, 0},
	roleWarning: {index(94), none, tcell.AttrBold}, roleCritical: {index(124), none, tcell.AttrBold},
	roleRunning: {index(28), none, tcell.AttrBold}, roleWaiting: {index(127), none, tcell.AttrBold},
	roleStopped: {index(130), none, 0}, roleZombie: {index(88), none, tcell.AttrBold}, roleKernel: {index(66), none, 0},
	roleBarUser: {index(28), none, 0}, roleBarSystem: {index(124), none, 0}, roleBarOther: {index(31), none, 0},
	roleBarWait: {index(245), none, 0}, roleBarMemory: {index(28), none, 0}, roleBarCache: {index(136), none, 0},
	roleFrame: {index(25), none, 0}, roleStrong: {none, none, tcell.AttrBold},
	roleOwn: {index(24), none, tcell.AttrBold}, roleBorn: {index(29), none, 0}, roleDead: {index(125), none, 0}, roleOrphan: {index(166), none, 0},
}, lightSixteen)

// contrast is for a black background and eyes, or a sun, that need more.
var contrast = newTheme("contrast", palette{
	roleTitle: {white, none, tcell.AttrBold}, roleHead: {black, white, tcell.AttrBold},
	roleHeadSort: {black, index(226), tcell.AttrBold}, roleCursor: {black, index(226), tcell.AttrBold},
	roleDim: {index(250), none, 0}, roleTag: {index(226), none, tcell.AttrBold}, roleKey: {index(226), none, tcell.AttrBold},
	roleHint: {black, white, 0}, roleGood: {index(46), none, tcell.AttrBold}, roleInfo: {index(51), none, tcell.AttrBold},
	roleWarning: {index(226), none, tcell.AttrBold}, roleCritical: {white, index(124), tcell.AttrBold},
	roleRunning: {index(46), none, tcell.AttrBold}, roleWaiting: {index(207), none, tcell.AttrBold},
	roleStopped: {index(220), none, tcell.AttrBold}, roleZombie: {white, index(88), tcell.AttrBold},
	roleKernel: {index(248), none, 0}, roleBarUser: {index(46), none, 0}, roleBarSystem: {index(203), none, 0},
	roleBarOther: {index(51), none, 0}, roleBarWait: {index(250), none, 0}, roleBarMemory: {index(46), none, 0},
	roleBarCache: {index(220), none, 0}, roleFrame: {white, none, tcell.AttrBold},
	roleStrong: {white, none, tcell.AttrBold},
	roleOwn:    {index(51), none, tcell.AttrBold}, roleBorn: {index(120), none, 0}, roleDead: {index(203), none, tcell.AttrBold}, roleOrphan: {index(214), none, 0},
}, contrastSixteen)

// sixteen has the named colours, which are what the terminal makes of them.
var sixteen = newTheme("16", palette{
	roleTitle: {tcell.ColorAqua, none, tcell.AttrBold}, roleHead: {tcell.ColorBlack, tcell.ColorGreen, 0},
	roleHeadSort: {tcell.ColorBlack, tcell.ColorAqua, tcell.AttrBold}, roleCursor: {tcell.ColorBlack, tcell.ColorAqua, 0},
	roleDim: {tcell.ColorGray, none, 0}, roleTag: {tcell.ColorYellow, none, tcell.AttrBold}, roleKey: {none, none, tcell.AttrBold},
	roleHint: {tcell.ColorBlack, tcell.ColorTeal, 0}, roleGood: {tcell.ColorGreen, none, 0}, roleInfo: {tcell.ColorAqua, none, 0},
	roleWarning: {tcell.ColorYellow, none, tcell.AttrBold}, roleCritical: {tcell.ColorRed, none, tcell.AttrBold},
	roleRunning: {tcell.ColorLime, none, 0}, roleWaiting: {tcell.ColorFuchsia, none, tcell.AttrBold},
	roleStopped: {tcell.ColorYellow, none, 0}, roleZombie: {tcell.ColorRed, none, tcell.AttrBold}, roleKernel: {tcell.ColorGray, none, 0},
	roleBarUser: {tcell.ColorGreen, none, 0}, roleBarSystem: {tcell.ColorRed, none, 0}, roleBarOther: {tcell.ColorTeal, none, 0},
	roleBarWait: {tcell.ColorGray, none, 0}, roleBarMemory: {tcell.ColorGreen, none, 0}, roleBarCache: {tcell.ColorOlive, none, 0},
	roleFrame: {tcell.ColorTeal, none, 0}, roleStrong: {none, none, tcell.AttrBold},
	roleOwn: {tcell.ColorAqua, none, 0}, roleBorn: {tcell.ColorLime, none, 0}, roleDead: {tcell.ColorRed, none, 0}, roleOrphan: {tcell.ColorYellow, none, 0},
}, nil)

// lightSixteen is light where there are no more colours than those with a name.
var lightSixteen = newTheme("light", palette{
	roleTitle: {tcell.ColorNavy, none, tcell.AttrBold}, roleHead: {tcell.ColorWhite, tcell.ColorNavy, 0},
	roleHeadSort: {tcell.ColorWhite, tcell.ColorPurple, tcell.AttrBold}, roleCursor: {tcell.ColorWhite, tcell.ColorTeal, 0},
	roleDim: {tcell.ColorGray, none, 0}, roleTag: {tcell.ColorPurple, none, tcell.AttrBold}, roleKey: {none, none, tcell.AttrBold},
	roleHint: {tcell.ColorBlack, tcell.ColorSilver, 0}, roleGood: {tcell.ColorGreen, none, 0}, roleInfo: {tcell.ColorTeal, none, 0},
	roleWarning: {tcell.ColorOlive, none, tcell.AttrBold}, roleCritical: {tcell.ColorMaroon, none, tcell.AttrBold},
	roleRunning: {tcell.ColorGreen, none, tcell.AttrBold}, roleWaiting: {tcell.ColorPurple, none, tcell.AttrBold},
	roleStopped: {tcell.ColorOlive, none, 0}, roleZombie: {tcell.ColorMaroon, none, tcell.AttrBold}, roleKernel: {tcell.ColorGray, none, 0},
	roleBarUser: {tcell.ColorGreen, none, 0}, roleBarSystem: {tcell.ColorMaroon, none, 0}, roleBarOther: {tcell.ColorTeal, none, 0},
	roleBarWait: {tcell.ColorGray, none, 0}, roleBarMemory: {tcell.ColorGreen, none, 0}, roleBarCache: {tcell.ColorOlive, none, 0},
	roleFrame: {tcell.ColorNavy, none, 0}, roleStrong: {none, none, tcell.AttrBold},
	roleOwn: {tcell.ColorTeal, none, tcell.AttrBold}, roleBorn: {tcell.ColorGreen, none, 0}, roleDead: {tcell.ColorMaroon, none, 0}, roleOrphan: {tcell.ColorPurple, none, 0},
}, nil)

// contrastSixteen is contrast where there are no more colours than those with a name.
var contrastSixteen = newTheme("contrast", palette{
	roleTitle: {tcell.ColorWhite, none, tcell.AttrBold}, roleHead: {tcell.ColorBlack, tcell.ColorWhite, tcell.AttrBold},
	roleHeadSort: {tcell.ColorBlack, tcell.ColorYellow, tcell.AttrBold}, roleCursor: {tcell.ColorBlack, tcell.ColorYellow, tcell.AttrBold},
	roleDim: {tcell.ColorSilver, none, 0}, roleTag: {tcell.ColorYellow, none, tcell.AttrBold}, roleKey: {tcell.ColorYellow, none, tcell.AttrBold},
	roleHint: {tcell.ColorBlack, tcell.ColorWhite, 0}, roleGood: {tcell.ColorLime, none, tcell.AttrBold}, roleInfo: {tcell.ColorAqua, none, tcell.AttrBold},
	roleWarning: {tcell.ColorYellow, none, tcell.AttrBold}, roleCritical: {tcell.ColorWhite, tcell.ColorMaroon, tcell.AttrBold},
	roleRunning: {tcell.ColorLime, none, tcell.AttrBold}, roleWaiting: {tcell.ColorFuchsia, none, tcell.AttrBold},
	roleStopped: {tcell.ColorYellow, none, tcell.AttrBold}, roleZombie: {tcell.ColorWhite, tcell.ColorMaroon, tcell.AttrBold},
	roleKernel: {tcell.ColorSilver, none, 0}, roleBarUser: {tcell.ColorLime, none, 0}, roleBarSystem: {tcell.ColorRed, none, 0},
	roleBarOther: {tcell.ColorAqua, none, 0}, roleBarWait: {tcell.ColorSilver, none, 0}, roleBarMemory: {tcell.ColorLime, none, 0},
	roleBarCache: {tcell.ColorYellow, none, 0}, roleFrame: {tcell.ColorWhite, none, tcell.AttrBold},
	roleStrong: {tcell.ColorWhite, none, tcell.AttrBold},
	roleOwn:    {tcell.ColorAqua, none, tcell.AttrBold}, roleBorn: {tcell.ColorLime, none, 0}, roleDead: {tcell.ColorRed, none, tcell.AttrBold}, roleOrphan: {tcell.ColorYellow, none, 0},
}, nil)

// monochrome is the look under NO_COLOR.
var monochrome = newTheme("mono", palette{
	roleTitle: {none, none, tcell.AttrBold}, roleHead: {none, none, tcell.AttrReverse},
	roleHeadSort: {none, none, tcell.AttrReverse | tcell.AttrBold | tcell.AttrUnderline}, roleCursor: {none, none, tcell.AttrReverse},
	roleDim: {none, none, tcell.AttrDim}, roleTag: {none, none, tcell.AttrBold}, roleKey: {none, none, tcell.AttrBold},
	roleHint: {none, none, tcell.AttrReverse}, roleWarning: {none, none, tcell.AttrBold}, roleCritical: {none, none, tcell.AttrBold | tcell.AttrUnderline},
	roleZombie: {none, none, tcell.AttrBold}, roleWaiting: {none, none, tcell.AttrBold}, roleKernel: {none, none, tcell.AttrDim},
	roleStrong: {none, none, tcell.AttrBold},
	roleOwn:    {none, none, tcell.AttrBold}, roleDead: {none, none, tcell.AttrDim},
}, nil)

package main

import (
	"os"

	"golang.org/x/sys/windows"
)

// screen tells how many columns the console behind f has, 0 when there is none, and whether
// it understands colours: older ones have to be asked to, and some refuse.
func screen(f *os.File) (columns int, colors bool) {
	handle, mode := windows.Handle(f.Fd()), uint32(0)
	if windows.GetConsoleMode(handle, &mode) != nil {
		return 0, false
	}
	colors = windows.SetConsoleMode(handle, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
	var info windows.ConsoleScreenBufferInfo
	if windows.GetConsoleScreenBufferInfo(handle, &info) != nil {
		return 0, colors
	}
	return int(info.Window.Right-info.Window.Left) + 1, colors
}

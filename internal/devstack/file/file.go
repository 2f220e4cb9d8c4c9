// Package file writes files that a process may die upon.
package file

import "os"

// Replace gives a file its content whole or not at all, for its owner only.
func Replace(path string, content []byte) error {
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

package api

// Patterns gives what [New] registers.
func Patterns(o Options) ([]string, error) {
	_, patterns, err := build(o)
	return patterns, err
}

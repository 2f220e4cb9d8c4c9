package api

import "strings"

// anonymous is who sends no key, or one that nobody has.
const anonymous = "anonymous"

// principal is whom an Authorization header speaks for. Idempotency keys are
// scoped to it.
func (c Config) principal(authorization string) string {
	if key, ok := strings.CutPrefix(authorization, "Bearer "); ok {
		if name, known := c.APIKeys[key]; known {
			return name
		}
	}
	return anonymous
}

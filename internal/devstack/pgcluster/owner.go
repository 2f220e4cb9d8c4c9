package pgcluster

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"strconv"
)

// owner is the user whom Postgres's processes run as, where that is another
// than the one who starts them. A nil owner is oneself.
type owner struct{ uid, gid int }

// unprivileged is whom to run as: oneself, but root steps down to the user
// postgres, or nobody.
func unprivileged() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is oneself, by the type's comment
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		return &owner{uid: uid, gid: gid}, nil
	}
	return nil, errors.New("start Postgres: it refuses to run as root, and there is no user postgres or nobody to run it as: start this as another user")
}

// own gives a path to the owner.
func (o *owner) own(path string) error {
	if o == nil {
		return nil
	}
	return os.Chown(path, o.uid, o.gid)
}

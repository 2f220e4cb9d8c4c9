package told_test

import (
	"context"
	"math/rand/v2"
	"os/exec"
	"syscall"
	"time"

	"github.com/skaldhq/skald/test/stack/stacktest"
)

// victim is a process that is killed and started again.
type victim struct {
	name   string
	deaths int
	kill   func()
	start  func() (kill func(), err error)
}

// die kills the process and starts it again.
func (v *victim) die() (err error) {
	v.kill()
	v.deaths++
	v.kill, err = v.start()
	return err
}

// killAtRandom kills one victim after the other until there is no more to see, and
// each has died often enough. All live when it returns.
func killAtRandom(ctx context.Context, victims []*victim, over func() bool) error {
	random := rand.New(rand.NewPCG(5, 2)) //nolint:gosec // repeatable
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Duration(300+random.IntN(1500)) * time.Millisecond):
		}
		open := victims[:0:0]
		for _, v := range victims {
			if !over() || v.deaths < deathsAtLeast {
				open = append(open, v)
			}
		}
		if len(open) == 0 {
			return nil
		}
		if err := open[random.IntN(len(open))].die(); err != nil {
			return err
		}
	}
	return nil
}

// victim is a process of the platform.
func (b *bench) victim(name string) *victim {
	p := b.Stack.Process(name)
	return &victim{
		name: name, kill: func() {
			for syscall.Kill(p.PID, syscall.SIGKILL) == nil { // until it is gone, and its address free
				<-time.After(10 * time.Millisecond)
			}
		},
		start: func() (func(), error) { return stacktest.Launch(b.T, exec.Command(p.Command[0], p.Command[1:]...)) },
	}
}

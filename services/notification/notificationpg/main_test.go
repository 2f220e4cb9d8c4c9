package notificationpg_test

import (
	"os"
	"testing"

	"github.com/skaldhq/skald/internal/pgtest"
)

var cluster pgtest.Cluster

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

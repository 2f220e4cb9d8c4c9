// Package notificationhttp is the notification service in another process: what the
// front door asks of it, over HTTP.
package notificationhttp

import (
	"github.com/skaldhq/skald/internal/rpc"
	"github.com/skaldhq/skald/services/notification"
)

// name is the service's in the paths of its operations.
const name = "notification"

// Serve mounts what the front door asks of the service.
func Serve(to *rpc.Server, s notification.FrontDoor) {
	rpc.Handle(to, name, "list", s.ListNotifications)
	rpc.Handle(to, name, "list-dead-letters", s.ListDeadLetters)
	rpc.Handle(to, name, "get-dead-letter", s.GetDeadLetter)
	rpc.Handle(to, name, "request-replay", s.RequestReplay)
	rpc.Handle(to, name, "dismiss-dead-letter", s.DismissDeadLetter)
	rpc.Handle(to, name, "ready", rpc.Asking(s.Ready))
}

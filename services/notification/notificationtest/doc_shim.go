// Package notificationtest is what any implementation of the notification service must
// pass.
package notificationtest

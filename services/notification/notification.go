// Package notification is the domain of the notification service: what customers
// are told about their orders and payments.
package notification

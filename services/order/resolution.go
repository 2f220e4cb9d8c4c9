package order

import (
	"encoding/json"
	"time"
)

// Resolution is what an operator decided on a parked saga, as it is kept for
// good: who, when, why, and the saga's state before and after.
type Resolution struct {
	WorkflowID string          `json:"workflow_id"`
	ID         string          `json:"id"`
	Step       string          `json:"step"`
	Action     string          `json:"action"` // retry, retry_with, skip or compensate
	Reason     string          `json:"reason"`
	Input      json.RawMessage `json:"input,omitempty"`
	By         string          `json:"by"`
	Before     SagaState       `json:"before"`
	After      SagaState       `json:"after"`
	At         time.Time       `json:"at"`
}

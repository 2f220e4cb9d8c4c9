package temporaldev

import "go.temporal.io/server/common/config"

// faults has the store of the executions fail: the writes in each of three ways
// equally often, one of which does what it reports as timed out; the reads in
// two, half as often. Nil: it does not.
func faults(rate float64) *config.FaultInjection {
	if rate <= 0 {
		return nil
	}
	inject := &config.FaultInjection{}
	for _, method := range []string{"CreateWorkflowExecution", "UpdateWorkflowExecution", "AppendHistoryNodes"} {
		for _, kind := range []string{"ResourceExhausted", "Timeout", "ExecuteAndTimeout"} {
			inject.WithError(config.ExecutionStoreName, method, kind, rate/3)
		}
	}
	for _, method := range []string{"GetWorkflowExecution", "GetCurrentExecution", "ReadHistoryBranch"} {
		for _, kind := range []string{"ResourceExhausted", "Timeout"} {
			inject.WithError(config.ExecutionStoreName, method, kind, rate/4)
		}
	}
	return inject
}
